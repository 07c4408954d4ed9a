"""The control port: faults, loads, records and ground truth, behind a token; never reachable without it."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import orjson

from connectors.simulator.department import stream_of
from connectors.simulator.faults import CITY_FAULTS, CONNECTION_FAULTS, FAULTS, Fault
from connectors.simulator.row_faults import PLANTED
from connectors.simulator.stream import Stream
from connectors.simulator.wire import Answer, Request
from dashboard.clock import unix

if TYPE_CHECKING:
    from connectors.simulator.server import Simulation

Document = dict[str, Any]
PORTION = 500


class Wrong(Exception):
    """A request that cannot be followed; says why."""


class Control:
    """Routes of the control port. Every answer carries the exact city and real time it was true."""

    def __init__(self, simulation: Simulation) -> None:
        self._sim = simulation
        self._routes: dict[tuple[str, str], Callable[[Request, Document], Any]] = {
            ("GET", "/ports"): lambda request, body: {"ports": simulation.ports},
            ("GET", "/clock"): lambda request, body: {"rate": simulation.clock.rate},
            ("GET", "/faults"): lambda request, body: self._faults(),
            ("GET", "/served"): self._served,
            ("GET", "/requests"): self._requests,
            ("GET", "/planted"): self._planted,
            ("POST", "/load"): self._load,
            ("POST", "/records"): self._records,
        }

    async def answer(self, request: Request) -> Answer:
        if not self._may(request):
            return Answer(401, b'{"error":"token"}')
        try:
            body = orjson.loads(request.body) if request.body else {}
            if not isinstance(body, dict):
                raise Wrong("body must be an object")
            if request.path == "/fault" and request.method in ("POST", "DELETE"):
                document = await (self._set(body) if request.method == "POST" else self._lift(body))
            else:
                route = self._routes.get((request.method, request.path))
                if route is None:
                    return Answer(
                        404, orjson.dumps({"error": "unknown", "routes": [f"{m} {p}" for m, p in self._routes]})
                    )
                document = route(request, body)
                if isawaitable(document):
                    document = await document
        except (Wrong, ValueError, TypeError, KeyError) as error:
            return Answer(400, orjson.dumps({"error": str(error)}))
        real = unix()
        stamp = {"real_at": real, "city_at": self._sim.clock.at(real).isoformat()}
        return Answer(200, orjson.dumps({**stamp, **document}, default=str))

    def _may(self, request: Request) -> bool:
        header = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return hmac.compare_digest(header.encode(), self._sim.token.encode())

    # -- faults ----------------------------------------------------------------------------------------------
    def _departments(self, body: Document) -> list[str]:
        asked = body.get("department", "*")
        if asked == "*":
            return list(self._sim.spoilt)
        if asked not in self._sim.spoilt:
            raise Wrong(f"department must be one of {', '.join(self._sim.spoilt)} or *")
        return [asked]

    async def _set(self, body: Document) -> Document:
        name = body.get("fault")
        if name not in FAULTS:
            raise Wrong(f"fault must be one of {', '.join(FAULTS)}")
        params = {k: v for k, v in body.items() if k not in ("department", "fault", "times")}
        done: Document = {"fault": name}
        for department in self._departments(body):
            if name in CITY_FAULTS:
                done.setdefault("ids", {})[department] = self._happen(name, department, params)
                continue
            self._sim.spoilt[department].set(Fault(name, params, body.get("times")))
            if name in CONNECTION_FAULTS or department not in self._sim.listeners:
                await self._sim.apply_connection(department)
        return done

    async def _lift(self, body: Document) -> Document:
        for department in self._departments(body):
            self._sim.spoilt[department].lift(body.get("fault"))
            await self._sim.apply_connection(department)
        return self._faults()

    def _faults(self) -> Document:
        active = {name: spoilt.names for name, spoilt in self._sim.spoilt.items() if spoilt.names}
        return {"active": active, "known": FAULTS}

    def _happen(self, name: str, department: str, params: Document) -> list[int]:
        stream, now = stream_of(self._sim.city, department), self._now()
        if stream is None:
            return []
        count = int(params.get("count", 400 if name == "bulk_closing" else 20))
        if name == "bulk_closing":
            return stream.close(now, count, timedelta(minutes=float(params.get("minutes", 3))))
        if name == "backdate":
            return stream.backdate(now, count)
        return stream.edit(now, count) if name == "late_edits" else stream.delete(now, count)

    # -- loads and records -----------------------------------------------------------------------------------
    async def _load(self, request: Request, body: Document) -> Document:
        stream, now = self._stream(body), self._now()
        duplicates = float(body.get("duplicates", 0.6 if "per_hour" in body else 0.05))
        if "standing" in body:
            return await self._stand(stream, int(body["standing"]), float(body.get("open_share", 0.1)))
        if "per_hour" in body:
            planned = stream.surge(
                now, per_hour=float(body["per_hour"]), hours=float(body.get("hours", 1)), duplicates=duplicates
            )
            return {"planned": planned}
        if "per_day" in body:
            return {"planned": self._pace(stream, float(body["per_day"]), now)}
        raise Wrong("say standing, per_hour or per_day")

    async def _stand(self, stream: Stream, count: int, open_share: float) -> Document:
        """Many records at once, in portions, so that the other departments go on answering."""
        for done in range(0, count, PORTION):
            stream.stand(self._now(), min(PORTION, count - done), open_share)
            await asyncio.sleep(0)
        return {"standing": count, "total": len(stream.reports)}

    def _pace(self, stream: Stream, per_day: float, now: datetime) -> int:
        """Another daily mean: from tomorrow on by the generator, for the rest of today by a surge."""
        more, stream.per_day = max(0.0, per_day - stream.per_day), per_day
        local = now.astimezone(self._sim.city.zone)
        hours = 24 - (local.hour + local.minute / 60)
        return stream.surge(now, per_hour=more / 24, hours=hours, duplicates=0.05)

    def _records(self, request: Request, body: Document) -> Document:
        stream, now = self._stream(body), self._now()
        real = unix()
        new = stream.add(now, int(body.get("new", 0)))
        ids = body.get("ids") or stream.pick(int(body.get("changed", 0)))
        changed = stream.change(now, [int(number) for number in ids])
        return {"new": new, "changed": changed, "real_at": real, "city_at": now.isoformat()}

    def _stream(self, body: Document) -> Stream:
        stream = stream_of(self._sim.city, body.get("department", "laksa"))
        if stream is None:
            raise Wrong("department must be laksa, lapor or open311")
        return stream

    def _now(self) -> datetime:
        now = self._sim.clock.now()
        self._sim.city.advance(now)
        return now

    # -- ground truth ----------------------------------------------------------------------------------------
    def _served(self, request: Request, body: Document) -> Document:
        query, ledger = request.query, self._sim.ledger
        found = ledger.since(int(query.get("since", 0)), query.get("department"), int(query.get("limit", 100_000)))
        slim = query.get("fields") == "0"
        served = [
            {
                "seq": entry.seq, "department": entry.department, "path": entry.path, "key": entry.key,
                "digest": entry.digest,
                "city_at": entry.city_at.isoformat(), "real_at": entry.real_at,
                **({} if slim else {"fields": entry.fields}),
            }
            for entry in found
        ]  # fmt: skip
        return {"served": served, "dropped": ledger.dropped, "requests": ledger.requests}

    def _requests(self, request: Request, body: Document) -> Document:
        return {"requests": {name: list(times) for name, times in self._sim.ledger.asked.items()}}

    def _planted(self, request: Request, body: Document) -> Document:
        return {"identities": [*self._sim.ledger.planted, *PLANTED.strings()]}
