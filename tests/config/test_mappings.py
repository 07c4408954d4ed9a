"""What a source block puts its words into is declared by the city: each slip is named with its place and the mend."""

from __future__ import annotations

from pathlib import Path

from dashboard.config.loader import check_config

SLIPS = [
    ("metric: mobile_subdistricts, when", "metric: mobile_subdistrict, when", "measurements[0].metric"),
    ("words: {bertugas: at_work,", "words: {bertugas: at_works,", "status.state.words.bertugas"),
    ("words: {layanan: service,", "words: {layanan: services,", "status.group.words.layanan"),
    ("platform: {path: platform, type: code", "platfrm: {path: platform, type: code", "status.attributes.platfrm"),
    ("words: {belum mulai: planned, berjalan", "words: {belum mulai: plannd, berjalan", "stage.words.belum mulai"),
    ("BPK: central}", "BPK: centrals}", "klass.words.BPK"),
    ("category: {value: audit_finding}", "category: {value: audit_findings}", "case.category.value"),
    ("department: {value: Perkim}", "department: {value: Perkm}", "case.department.value"),
    ("{attribute: physical_gap, above: 10}", "{attribute: physical_gaps, above: 10}", "marks.weak.when[0].attribute"),
    ("parts: {service: 14, menu: 36}", "parts: {services: 14, menu: 36}", "declared[0].parts.services"),
    ('pattern: "rumah-*"', 'pattern: "../rumah-*"', "options.pattern"),
]


def test_every_slip_in_a_block_is_named_with_its_place(repo: Path) -> None:
    text = (repo / "config.yaml").read_text("utf-8")
    for written, slip, _ in SLIPS:
        assert text.count(written) == 1, written
        text = text.replace(written, slip)
    found = check_config(text.encode(), "config.yaml", repo, {})[1]
    assert len(found) == len(SLIPS), found
    for _, _, place in SLIPS:
        assert sum(place in line for line in found) == 1, place
    assert sum("did you mean" in line for line in found) == len(SLIPS) - 1
