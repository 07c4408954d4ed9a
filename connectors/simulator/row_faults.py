"""Faults in what records say: fields, words, times, numbers, hostile and private text; pure but for its memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zlib import crc32

from connectors.simulator.ledger import Row
from connectors.simulator.words import invent_person

Params = Mapping[str, Any]
Memory = dict[str, Any]

PLANTED = invent_person(Random("planted"))  # the identity put into every field by planted_identities
PLANTED_TEXT = (
    f"Bpk {PLANTED.name} NIK {PLANTED.nik} HP {PLANTED.phone} {PLANTED.email} {PLANTED.plate} {PLANTED.address}"
)
HOSTILE: tuple[str, ...] = (
    "<script>document.title='pwned'</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "[klik](javascript:alert(1)) **tebal**",
    "\u202egnalusret naropal\u202c",
    "kata\u200b\u200d\u2060nol\ufeff",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031ea\u0301lgo" * 20,
    '=HYPERLINK("http://example.invalid","klik")',
    "+62+1", "@SUM(A1)", "-5",
    "'; DROP TABLE case_version; --",
    "x\r\nSET tlr:docs pwned\r\nFLUSHALL\r\n",
    "masuk\n2026-11-24 ERROR collector palsu",
    "../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "a\u0000b",
)  # fmt: skip
LONG_WORD = "W" * 1_000_000
NAN, INFINITY, BAD_UTF8 = "@@NAN@@", "@@INFINITY@@", "@@BADUTF8@@"  # replaced in the finished bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """Which of a department's fields mean what, so that faults can aim."""

    key: str
    mandatory: str  # a time or value without which a row says nothing
    times: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    status: str | None = None
    department: str | None = None
    texts: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()  # fields that name the thing measured, without its date


def _edit(rows: list[Row], change: Callable[[dict[str, Any], Row], None], share: float = 1.0) -> list[Row]:
    made = []
    for row in rows:
        if share < 1 and crc32(row.key.encode()) % 1000 >= share * 1000:
            made.append(row)
            continue
        fields = dict(row.fields)
        change(fields, row)
        made.append(row.with_fields(fields))
    return made


def field_renamed(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    old = params.get("field", shape.mandatory)

    def change(fields: dict[str, Any], row: Row) -> None:
        fields[params.get("to", f"{old}_baru")] = fields.pop(old, None)

    return _edit(rows, change, params.get("share", 1.0))


def drop_mandatory(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    return _edit(rows, lambda fields, row: fields.pop(shape.mandatory, None), params.get("share", 1.0))


def new_status(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    def change(fields: dict[str, Any], row: Row) -> None:
        if shape.status:
            fields[shape.status] = params.get("word", "didelegasikan")

    return _edit(rows, change, params.get("share", 0.1))


def new_department(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    def change(fields: dict[str, Any], row: Row) -> None:
        if shape.department:
            fields[shape.department] = params.get("word", "Dinas Kecerdasan Artifisial")

    return _edit(rows, change, params.get("share", 0.1))


def copied_forward(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    """The values of the first time again and again, under fresh timestamps."""

    def change(fields: dict[str, Any], row: Row) -> None:
        thing = "|".join(str(fields.get(name)) for name in shape.identity or (shape.key,))
        first = memory.setdefault(thing, {name: fields.get(name) for name in shape.numbers})
        fields.update(first)

    return _edit(rows, change)


def duplicates(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    share = params.get("share", 0.2)
    return [row for one in rows for row in ((one, one) if crc32(one.key.encode()) % 1000 < share * 1000 else (one,))]


def _scale(rows: list[Row], shape: Shape, params: Params, factor: float) -> list[Row]:
    def change(fields: dict[str, Any], row: Row) -> None:
        for name in shape.numbers:
            value = fields.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                fields[name] = type(value)(value * factor)

    return _edit(rows, change, params.get("share", 1.0))


def counter_falls(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    return _scale(rows, shape, params, params.get("factor", 0.05))


def counter_jumps(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    return _scale(rows, shape, params, params.get("factor", 100))


def zero_date(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    def change(fields: dict[str, Any], row: Row) -> None:
        for name in shape.times:
            if fields.get(name):
                fields[name] = "0000-00-00 00:00:00"

    return _edit(rows, change, params.get("share", 1.0))


def wrong_locale(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    """12.500, 12,500 and 12500 in turn."""

    def change(fields: dict[str, Any], row: Row) -> None:
        style = params.get("style") or (".", ",", "")[crc32(row.key.encode()) % 3]
        for name in shape.numbers:
            value = fields.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                fields[name] = f"{value:,.0f}".replace(",", style)

    return _edit(rows, change)


def _shift(rows: list[Row], shape: Shape, hours: float, suffix: str | None = None) -> list[Row]:
    def change(fields: dict[str, Any], row: Row) -> None:
        for name in shape.times:
            value = fields.get(name)
            if not isinstance(value, str):
                continue
            try:
                at = datetime.fromisoformat(value)
            except ValueError:
                continue
            at += timedelta(hours=hours)
            text = at.isoformat() if "T" in value else at.isoformat(" ")
            fields[name] = text[:19] + suffix if suffix is not None else text

    return _edit(rows, change)


def clock_ahead(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    """The source's clock runs hours ahead; its HTTP Date says the same (see body_faults)."""
    return _shift(rows, shape, params.get("hours", 5))


def wib_as_utc(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    """Local wall time with a Z behind it."""
    return _shift(rows, shape, 0, "Z")


def hostile_text(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    count = memory.setdefault("count", 0)
    long_word = params.get("long_word", True)

    def change(fields: dict[str, Any], row: Row) -> None:
        nonlocal count
        for name in shape.texts:
            fields[name] = HOSTILE[count % len(HOSTILE)]
            count += 1

    made = _edit(rows, change, params.get("share", 1.0))
    memory["count"] = count
    if long_word and made and shape.texts:
        made[0] = made[0].with_fields({**made[0].fields, shape.texts[-1]: LONG_WORD})
    return made


def planted_identities(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    """NIK, phone, name, address, plate and e-mail in every string field; ``everything`` adds key and times."""
    spared = () if params.get("everything") else (shape.key, *shape.times, *shape.identity)
    replace = bool(params.get("replace"))

    def plant(value: Any, name: str = "") -> Any:
        if isinstance(value, str) and name not in spared:
            return PLANTED_TEXT if replace else f"{value} {PLANTED_TEXT}"
        if isinstance(value, dict):
            return {k: plant(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [plant(v, name) for v in value]
        return value

    return [row.with_fields({name: plant(value, name) for name, value in row.fields.items()}) for row in rows]


def _mark(rows: list[Row], shape: Shape, mark: str) -> list[Row]:
    """Put a mark where the finished bytes shall be spoiled: into the first row's first number (or text)."""
    if not rows:
        return rows
    wanted = (*shape.texts, *shape.numbers) if mark == BAD_UTF8 else (*shape.numbers, *shape.times)
    return [rows[0].with_fields({**rows[0].fields, (*wanted, shape.mandatory)[0]: mark}), *rows[1:]]


def nan(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    return _mark(rows, shape, NAN)


def infinity(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    return _mark(rows, shape, INFINITY)


def bad_utf8(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    return _mark(rows, shape, BAD_UTF8)


def empty(rows: list[Row], shape: Shape, params: Params, memory: Memory, now: datetime) -> list[Row]:
    return []


ROW_FAULTS: dict[str, Callable[[list[Row], Shape, Params, Memory, datetime], list[Row]]] = {
    change.__name__: change
    for change in (
        field_renamed, drop_mandatory, new_status, new_department, copied_forward, duplicates, counter_falls,
        counter_jumps, zero_date, wrong_locale, clock_ahead, wib_as_utc, hostile_text, planted_identities, nan,
        infinity, bad_utf8, empty,
    )
}  # fmt: skip


def finish_bytes(body: bytes) -> bytes:
    """Turn the marks into what no honest encoder would write."""
    for mark, bytes_ in ((NAN, b"NaN"), (INFINITY, b"1e400")):
        body = body.replace(f'"{mark}"'.encode(), bytes_).replace(mark.encode(), bytes_)
    return body.replace(BAD_UTF8.encode(), b"\xff\xfe\xc3\x28")
