"""The dialects of GeoReport v2: what servers wrap their lists in, leave out, refuse and limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.config.model import Config
from dashboard.errors import SourceChanged, SourceRefused
from dashboard.records import Case, CaseStatus
from tests.connectors.dialects import NOW, asked, example, says

ROW = {"service_request_id": "7", "status": "open", "requested_datetime": "2026-11-24T08:00:00+07:00"}
FIELDS = "".join(f"<{name}>{text}</{name}>" for name, text in ROW.items())


class Server:
    """Requests at given times; refuses more than 90 days and gives ``most`` at a time, the newest first."""

    def __init__(self, times: list[datetime], most: int, paged: bool = False) -> None:
        self.rows = [(at, {**ROW, "service_request_id": str(n), "requested_datetime": at.isoformat()})
                     for n, at in enumerate(times)]  # fmt: skip
        self.most, self.paged = most, paged
        self.spans: list[timedelta] = []

    def answer(self, request: Request) -> Response:
        start, end = (datetime.fromisoformat(request.query_params[f"{name}_date"]) for name in ("start", "end"))
        self.spans.append(end - start)
        if end - start > timedelta(days=90):
            return JSONResponse([{"code": 400, "description": "more than 90 days"}], 400)
        found = [row for at, row in sorted(self.rows, key=lambda one: one[0], reverse=True) if start <= at <= end]
        size = min(self.most, int(request.query_params.get("page_size", self.most)))
        first = size * (int(request.query_params.get("page", 1)) - 1) if self.paged else 0
        return JSONResponse(found[first : first + size])


def keys(rows: Any) -> set[str]:
    return {row["service_request_id"] for row in rows}


def test_a_server_that_gives_90_days_and_1000_rows_is_drained(config: Config, tmp_path: Path) -> None:
    """2,600 requests of 150 days, most of them in one day: no window has a page that could shift."""
    now = NOW.astimezone(UTC)
    times = [now - timedelta(days=150 * n / 400) for n in range(400)]
    times += [now - timedelta(days=40, seconds=30 * n) for n in range(2_200)]
    server = Server(times, 1_000)
    payload = asked(example("open311", config, tmp_path, format="json", days=150), server.answer)
    assert keys(payload.rows) == keys(row for _, row in server.rows)
    assert payload.whole
    assert max(server.spans) <= timedelta(days=90)
    assert payload.coverage.start == now - timedelta(days=150)


def test_a_minute_with_more_than_the_server_gives_is_not_whole(config: Config, tmp_path: Path) -> None:
    burst = [NOW.astimezone(UTC) - timedelta(days=3)] * 30
    server = Server([*burst, NOW.astimezone(UTC) - timedelta(days=20)], 20)
    payload = asked(example("open311", config, tmp_path, format="json", limit=20), server.answer)
    assert not payload.whole, "nothing is judged missing by it"
    assert len(keys(payload.rows)) == 21, "what came is taken, and the asking ends"
    assert len(server.spans) < 60


@pytest.mark.parametrize("count", [49, 50, 125, 150])
def test_a_dialect_with_numbered_pages_is_read_to_its_end(config: Config, tmp_path: Path, count: int) -> None:
    server = Server([NOW.astimezone(UTC) - timedelta(hours=n) for n in range(count)], 50, paged=True)
    options = {"format": "json", "limit": 50, "page_param": "page", "size_param": "page_size"}
    payload = asked(example("open311", config, tmp_path, **options), server.answer)
    assert len(payload.rows) == count
    assert payload.whole
    assert len(server.spans) == count // 50 + 1, "a full page may be the last one"


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("json", [ROW]),
        ("json", {"service_requests": [ROW]}),
        ("json", {"service_requests": {"request": [ROW]}}),
        ("json", {"service_requests": {"request": ROW}}),
        ("xml", f"<service_requests><request>{FIELDS}</request></service_requests>".encode()),
        ("xml", f"<service_requests xmlns='urn:x'><request>{FIELDS}</request></service_requests>".encode()),
        ("xml", f"<?xml version='1.0' encoding='utf-8'?>\n<s:service_requests xmlns:s='urn:x'><s:request>"
                f"{FIELDS.replace('</', '</s:').replace('<s', '<s:s').replace('<r', '<s:r')}"
                "</s:request></s:service_requests>".encode()),
        ("xml", [ROW]),  # asked for XML, answered in JSON
    ],
)  # fmt: skip
def test_each_wrapper_holds_the_same_request(config: Config, tmp_path: Path, form: str, body: Any) -> None:
    one = example("open311", config, tmp_path, format=form)
    payload = asked(one, says(body))
    assert [dict(row) for row in payload.rows] == [ROW]
    record = one.module.parse(payload.rows[0], one.parse_context()).record
    assert (record.key, record.status, record.opened_at) == (
        "7",
        CaseStatus.WAITING,
        datetime(2026, 11, 24, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "body",
    [[], {"service_requests": []}, b"<service_requests/>", b"<service_requests type='array'></service_requests>"],
)
def test_nothing_is_an_answer(config: Config, tmp_path: Path, body: Any) -> None:
    assert list(asked(example("open311", config, tmp_path), says(body)).rows) == []


@pytest.mark.parametrize(
    "body",
    [
        [{"code": 400, "description": "kunci rahasia-123"}],
        {"errors": [{"code": 400, "description": "kunci rahasia-123"}]},
        b"<errors><error><code>400</code><description>kunci rahasia-123</description></error></errors>",
        b"<errors xmlns='urn:x'><error><code>400</code><description>kunci rahasia-123</description></error></errors>",
    ],
)
def test_a_refusal_with_status_200_is_a_refusal_without_its_text(config: Config, tmp_path: Path, body: Any) -> None:
    with pytest.raises(SourceRefused) as refused:
        asked(example("open311", config, tmp_path), says(body))
    assert (refused.value.cause, refused.value.detail) == ("envelope_refused", "code 400")


@pytest.mark.parametrize("body", [{"items": [ROW]}, {"service_requests": 7}, "words", b"<services/>", b"<a><b></a>"])
def test_what_is_no_list_of_requests_is_a_changed_source(config: Config, tmp_path: Path, body: Any) -> None:
    with pytest.raises(SourceChanged):
        asked(example("open311", config, tmp_path), says(body))


def read(config: Config, tmp_path: Path, row: dict[str, Any], **options: Any) -> Case:
    one = example("open311", config, tmp_path, **options)
    found: Case = one.module.parse(row, one.parse_context()).record
    return found


def test_what_a_dialect_leaves_out_is_not_known(config: Config, tmp_path: Path) -> None:
    record = read(config, tmp_path, ROW)
    left = (record.updated_at, record.resolved_at, record.due_at, record.department, record.district, record.category)
    assert left == (None,) * 6
    empty = read(config, tmp_path, {**ROW, "agency_responsible": "", "expected_datetime": "", "address": None})
    assert (empty.department, empty.due_at, empty.district) == (None, None, None)
    with pytest.raises(Exception, match="service_request_id"):
        read(config, tmp_path, {"status": "open"})
    with pytest.raises(Exception, match="requested_datetime"):
        read(config, tmp_path, {**ROW, "requested_datetime": "yesterday"})


def test_a_dialect_has_statuses_of_its_own(config: Config, tmp_path: Path) -> None:
    words = {"open": "waiting", "investigating": "in_process", "fixed": "closed"}
    closed = {**ROW, "status": "Fixed", "updated_datetime": "2026-11-24T09:30:00+07:00"}
    record = read(config, tmp_path, closed, statuses=words)
    assert (record.status, record.resolved_at) == (CaseStatus.CLOSED, datetime(2026, 11, 24, 2, 30, tzinfo=UTC))
    assert read(config, tmp_path, {**ROW, "status": "investigating"}, statuses=words).status is CaseStatus.IN_PROCESS
    other = read(config, tmp_path, {**ROW, "status": "investigating"})
    assert (other.status, other.status_word) == (CaseStatus.UNKNOWN, "investigating"), "kept, counted, never guessed"
    assert (
        read(config, tmp_path, {**ROW, "expected_datetime": ROW["requested_datetime"]}, expected="ignored").due_at
        is None
    )
