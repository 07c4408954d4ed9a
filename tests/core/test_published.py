"""Published documents: decoded when they are read, once, and nothing is lost by what they share."""

from __future__ import annotations

from dashboard.published import Published
from dashboard.snapshot import encode

DAY, YEAR = ({"name": name, "start": 1, "end": 2} for name in ("today", "year"))
FIGURES = {
    key: {"id": "open", "value": value, "window": window, "sources": sources, "missing": [], "parts": {"a": value}}
    for key, value, window, sources in (
        ("a", 1, DAY, ["laksa", "lapor"]), ("b", None, DAY, ["laksa", "lapor"]), ("c", 3, YEAR, ["laksa"]),
    )
}  # fmt: skip


def test_a_document_is_decoded_once_and_says_what_it_said() -> None:
    rows = {"rows": [{"number": 1}, {"number": 1}]}
    documents = {"kpi:city": FIGURES, "kpi:gone": None, "queue:a": rows, "sources": []}
    published = Published().with_raw({key: encode(body) for key, body in documents.items()})
    assert dict(published) == documents
    assert published["kpi:city"] is published["kpi:city"]
    later = published.with_raw({"sources": b"[1]"}).beside({"condition": ["x"]})
    assert later["kpi:city"] is published["kpi:city"], "what did not change is not read again"
    assert (later["sources"], later["condition"], published["sources"]) == ([1], ["x"], [])
    assert len(published) == 4 and "condition" not in published and published.get("condition") is None


def test_what_figures_have_in_common_is_there_once() -> None:
    city = Published().with_raw({"kpi:city": encode(FIGURES)})["kpi:city"]
    assert city["a"]["window"] is city["b"]["window"] is not city["c"]["window"]
    assert city["a"]["sources"] is city["b"]["sources"] is not city["c"]["sources"]
    assert city["a"]["parts"] is not city["b"]["parts"]


def test_a_document_that_is_not_read_is_not_decoded() -> None:
    published = Published().with_raw({"kpi:city": b"no JSON", "sources": b"[]"})
    assert published["sources"] == [] and "kpi:city" in published
