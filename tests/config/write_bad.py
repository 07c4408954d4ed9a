"""Writes ``bad/*.yaml``: the small valid city with one mistake each, the expected complaint in the first line.

Run it after a change of ``base.yaml`` or of a message, and read the difference before it is committed:
``python -m tests.config.write_bad``. The test never runs it; it holds the loader to what the files say.
"""

from __future__ import annotations

from pathlib import Path

from dashboard.config.loader import check_config

HERE = Path(__file__).parent
WALLS = "walls:\n  main: {title: {id: Dinding, en: Wall}, viewing_distance_m: 3}"
PAGES = "pages:\n  letters: {title: {id: Surat, en: Letters}, blocks: [{cases: aspiration}]}\nwalls:\n"
ENV = {"LAKSA_PASSWORD": "secret of the test"}

L = "{id: A, en: A}"
GROUP = f"measure_groups: {{health: {L}}}\n"
BEDS = f"label: {L}, definition: {L}, group: health, unit: beds"
TARGET = "{value: 1, valid_from: 2026-01-01, set_by: W, basis: SK, status: usulan"


def metrics(*blocks: str) -> tuple[str, str]:
    """Metrics b0, b1 ..., each with the keys that none may lack and these."""
    said = ", ".join(f"b{n}: {{{BEDS}{block}}}" for n, block in enumerate(blocks))
    return "walls:\n", f"{GROUP}metrics: {{{said}}}\nwalls:\n"


def breakdown(rule: str) -> tuple[str, str]:
    """The permits broken down, with this rule (%s: its label and definition)."""
    said = rule % f"label: {L}, definition: {L}"
    kind = "{label: {id: Izin, en: Permits}, policy_by: category"
    return f"permit: {kind}}}", f"permit: {kind}, breakdown: {{stages: {{done: {L}}}, {said}}}}}"


# name of the file: (text of base.yaml, what stands there instead)
MISTAKES: dict[str, tuple[str, str]] = {
    "key_unknown": ("zone: Asia/Jakarta}", "zone: Asia/Jakarta, mayor: nobody}"),
    "key_misspelt": ("    every_s: 5", "    evry_s: 5"),
    "key_missing": (", room: Ruang Contoh", ""),
    "key_twice": ("    type: laksa\n", "    type: laksa\n    type: laksa\n"),
    "section_unknown": ("walls:\n", "wals: {}\nwalls:\n"),
    "section_missing": ("kinds:\n", "kind:\n"),
    "tab": ("    type: laksa", "\ttype: laksa"),
    "bracket_open": ("classes:\n", "classes: [\n"),
    "anchor": ("label: {id: LAKSA, en: LAKSA}", "label: &name {id: LAKSA, en: LAKSA}"),
    "alias_of_yaml": ("  main: {title", "  other: *main\n  main: {title"),
    "merge_key": ("    type: laksa\n", "    <<: {department: PU}\n    type: laksa\n"),
    "tag": ("room: Ruang Contoh", "room: !!python/name:os.system Ruang"),
    "key_composite": ("classes:\n", "classes:\n  [a, b]: {id: A, en: A}\n"),
    "list_instead_of_block": (WALLS, "walls: [main]"),
    "block_instead_of_list": ("decreed_years: [2026]", "decreed_years: {first: 2026}"),
    "code_without_quotes": ('city: {code: "99.01"', "city: {code: 99.01"),
    "number_in_quotes": ("every_s: 5", 'every_s: "5"'),
    "number_with_unit": ("every_s: 5", "every_s: 5s"),
    "number_zero": ("every_s: 5", "every_s: 0"),
    "number_infinite": ("every_s: 5", "every_s: 1e999"),
    "yes_for_true": ("allow_private: true", "allow_private: yes"),
    "word_not_allowed": ("status: usulan", "status: draft"),
    "date_impossible": ("valid_from: 2025-01-01", "valid_from: 2025-02-30"),
    "date_written_otherwise": ("valid_from: 2025-01-01", "valid_from: 01/01/2025"),
    "time_impossible": ("at: 13:00", "at: 25:00"),
    "time_short": ("at: 13:00", "at: 9:00"),
    "weekday_unknown": ("days: [mon, tue]", "days: [mon, senin]"),
    "weekday_key_unknown": ("fri: [{start", "jumat: [{start"),
    "id_malformed": ("  - id: laksa", "  - id: LAKSA!"),
    "unit_of_policy": ("unit: working_days", "unit: weeks"),
    "pixels_three": ("viewing_distance_m: 3}", "viewing_distance_m: 3, panel_pixels: [1, 2, 3]}"),
    "zone_unknown": ("zone: Asia/Jakarta", "zone: Asia/Tangerang"),
    "clock_without_zone": ("walls:\n", "clock: {start: 2026-11-24T06:00:00}\nwalls:\n"),
    "code_twice": ('code: "99.01.02"', 'code: "99.01.01"'),
    "department_twice": ("abbr: BPBD", "abbr: PU"),
    "source_twice": (
        "walls:\n",
        "  - {id: laksa, type: laksa, label: {id: L, en: L}, url: https://a.example, every_s: 5}\nwalls:\n",
    ),
    "policy_twice": ("id: billboard,", "id: complaint,"),
    "parent_unknown": ('parent: "99.01.01"', 'parent: "99.01.09"'),
    "department_unknown": ("department: PU\n", "department: PUU\n"),
    "department_of_category_unknown": ("department: PU,", "department: DPUPR,"),
    "successor_unknown": ("valid_from: 2016-01-01}", "valid_from: 2016-01-01, successor: DPUPR}"),
    "hours_unknown": ("hours: always}", "hours: nights}"),
    "kind_of_a_connector_unknown": ("  aspiration: {", "  complaint: {"),
    "kind_unknown": ("kind: aspiration", "kind: complaint"),
    "class_unknown": ("klass: complaint", "klass: complaints"),
    "category_unknown": ("category: billboard", "category: billbord"),
    "commodity_unknown": ("commodity: chili", "commodity: cabai"),
    "district_of_market_unknown": ('district: "99.01.01"', 'district: "99.02.01"'),
    "publication_unknown": ("publication: weekdays", "publication: weekday"),
    "alias_means_two_things": ("label: {id: Reklame", "aliases: [Jalan Berlubang], label: {id: Reklame"),
    "good_means_two_things": ("label: {id: Beras, en: Rice}", "aliases: [cabai], label: {id: Beras, en: Rice}"),
    "dates_backward": ("valid_from: 2025-01-01", "valid_from: 2025-01-01, valid_to: 2024-12-31"),
    "policies_overlap": (
        "shifts:\n",
        "  - {id: second, kind: aspiration, klass: complaint, amount: 5, basis: Perwal, status: ditetapkan,"
        " valid_from: 2026-01-01, set_by: Kota}\nshifts:\n",
    ),
    "limits_overlap": (
        "working_hours:\n",
        "  - {commodity: chili, kind: HAP, unit: kg, amount: 57000, valid_from: 2026-01-01, basis: new}\n"
        "working_hours:\n",
    ),
    "policy_by_class_of_category_kind": ("category: billboard, amount", "klass: complaint, amount"),
    "policy_source_unknown": ("klass: complaint, amount", "sources: [laksa, lapor], klass: complaint, amount"),
    "policy_of_no_time": ("amount: 14", "amount: 0"),
    "policy_without_basis": ("basis: SP4N", 'basis: ""'),
    "limit_of_another_unit": ("unit: kg, lower", "unit: liter, lower"),
    "limit_edges_exchanged": ("lower: 37000", "lower: 57000"),
    "unit_unknown": ("en: Rice}, unit: kg", "en: Rice}, unit: karung"),
    "position_not_on_earth": ("lat: -6.1,", "lat: 106.6,"),
    "area_negative": ("area_km2: 4", "area_km2: -4"),
    "country_unknown": ("country: ID", "country: Indonesia"),
    "holiday_category_unknown": ("[public, government]", "[public, cuti]"),
    "ramadan_backward": ("decreed_years: [2026]", "ramadan_periods: [[2026-03-20, 2026-02-19]]"),
    "holiday_both_ways": ("decreed_years: [2026]", "extra: {2026-05-04: Pilkada}, removed: [2026-05-04]"),
    "hours_backward": ("{start: 08:00, end: 11:30}", "{start: 11:30, end: 08:00}"),
    "hours_overlap": ("{start: 13:00, end: 16:00}", "{start: 11:00, end: 16:00}"),
    "hours_none": ("always: {always: true, holidays: false}", "always: {}"),
    "shift_of_no_time": ("start: 19:00, end: 07:00", "start: 19:00, end: 19:00"),
    "shifts_overlap": ("start: 19:00, end: 07:00", "start: 18:00, end: 07:00"),
    "connector_missing": ("    type: laksa", "    type: lapor"),
    "connector_is_the_simulator": ("    type: laksa", "    type: simulator"),
    "option_unknown": ("options: {days: 90}", "options: {day: 90}"),
    "option_of_wrong_type": ("options: {days: 90}", 'options: {days: "90"}'),
    "option_out_of_range": ("options: {days: 90}", "options: {days: 0}"),
    "kind_of_a_source_unknown": (
        "walls:\n",
        "  - {id: permits, type: sql_query, label: {id: Izin, en: Permits}, url: sqlite:///permits.sqlite, every_s: 5,"
        " options: {query: SELECT 1, case: {kind: permits, key: no, status: {path: s, scale: {a: closed}},"
        " opened_at: at}}}\nwalls:\n",
    ),
    "kind_of_a_dialect_unknown": (
        "walls:\n",
        "  - {id: reports, type: open311, label: {id: L, en: L}, url: https://a.example, every_s: 5,"
        " options: {kind: complaint}}\nwalls:\n",
    ),
    "url_missing": ("    url: http://127.0.0.1:9\n", ""),
    "url_of_a_file": ("url: http://127.0.0.1:9", "url: file:///etc/passwd"),
    "url_of_no_port": ("url: http://127.0.0.1:9", "url: http://127.0.0.1:99999"),
    "url_private": ("    allow_private: true\n", ""),
    "url_link_local": (
        "url: http://127.0.0.1:9\n    headers: {X-Client: room}", "url: http://169.254.169.254/latest"
    ),
    "password_open": ('"{env:LAKSA_PASSWORD}"', "rahasia"),
    "password_in_url": ("url: http://127.0.0.1:9", "url: http://room:rahasia@127.0.0.1:9"),
    "token_open": ("X-Client: room", "X-Api-Key: rahasia"),
    "secret_not_set": ("{env:LAKSA_PASSWORD}", "{env:LAKSA_PASWORD}"),
    "secret_file_missing": ("{env:LAKSA_PASSWORD}", "{file:laksa.password}"),
    "secret_not_closed": ('"{env:LAKSA_PASSWORD}"', '"{env:LAKSA_PASSWORD"'),
    "secret_of_a_shell": ('"{env:LAKSA_PASSWORD}"', '"${LAKSA_PASSWORD}"'),
    "secret_where_none_is_read": ("name: Kota Contoh", 'name: "{env:LAKSA_PASSWORD}"'),
    "stale_too_soon": ("every_s: 5", "every_s: 5\n    stale_after_s: 2"),
    "marks_the_same": ("every_s: 5", "every_s: 5\n    numbers: {decimal: \",\", thousands: \",\"}"),
    "wall_of_no_address": ("  main: {title", "  ../main: {title"),
    "clock_of_no_city": ("walls:\n", "clock: {start: 9999-12-31T23:59:59+07:00}\nwalls:\n"),
    "number_too_long": ("every_s: 5", f"every_s: {'9' * 5_000}"),
    "interval_of_ages": ("every_s: 5", "every_s: 1e18"),
    "direction_mark": ("name: Kota Contoh", 'name: "Kota \\u202e Contoh"'),
    "population_negative": ("zone: Asia/Jakarta}", "zone: Asia/Jakarta, population: -5}"),
    "walls_none": (WALLS, "walls: {}"),
    "kind_of_wall_unknown": ("viewing_distance_m: 3}", "viewing_distance_m: 3, kind: complaints}"),
    "listens_to_all": ("walls:\n", "web: {host: 0.0.0.0}\nwalls:\n"),
    "uplink_malformed": ("walls:\n", "uplink: {targets: [gateway]}\nwalls:\n"),
    "kpi_unknown": ("walls:\n", "kpis: {happiness: {target: 100}}\nwalls:\n"),
    "metric_group_unknown": ("walls:\n", f"metrics: {{beds: {{{BEDS}}}}}\nwalls:\n"),
    "metric_places_unknown": metrics(", places: hospital"),
    "metric_of_unknown_metric": metrics(", ratio: {numerator: b1, denominator: b9}", ""),
    "metric_of_itself": metrics(", target_from: b1", ", target_from: b0"),
    "metric_index_without_items": metrics(", index: {of: b1, elements: [u1], weight: 1/9}", ""),
    "metric_weight_of_nothing": metrics(", index: {of: b1, elements: [u1], weight: 1/0}", ", variants: items"),
    "target_of_no_place": metrics(f", targets: [{TARGET}, place: utara}}]"),
    "target_of_no_item": metrics(f", targets: [{TARGET}, item: rice}}]"),
    "targets_on_one_day": metrics(f", targets: [{TARGET}}}, {TARGET}}}]"),
    "target_without_author": metrics(f", targets: [{TARGET.replace('set_by: W, ', '')}}}]"),
    "facility_district_unknown": (
        "walls:\n", f'facilities: [{{code: rsud, kind: hospital, label: {L}, district: "99.01.09"}}]\nwalls:\n'
    ),
    "breakdown_stage_unknown": breakdown("shares: {s: {%s, numerator: {stages: [dne]}, denominator: {}}}"),
    "breakdown_mark_unknown": breakdown("shares: {s: {%s, numerator: {}, denominator: {without: [weak]}}}"),
    "breakdown_class_unknown": breakdown("means: {m: {%s, attribute: age_days, of: {classes: [complint]}}}"),
    "component_of_no_share": (
        "walls:\n", f"components: {{c: {{label: {L}, parts: [{{share: permit.settled}}]}}}}\nwalls:\n",
    ),
    "breakdown_rule_of_nothing": breakdown("marks: {m: {%s, when: []}}"),
    "breakdown_condition_says_nothing": breakdown("marks: {m: {%s, when: [{attribute: outcome}]}}"),
    "status_state_reserved": (
        "walls:\n",
        "status_kinds: {site: {label: {id: S, en: S}, states: {gone: {label: {id: H, en: G}, level: bad}}}}\nwalls:\n",
    ),
    "status_share_of_nothing": (
        "walls:\n",
        "status_kinds: {site: {label: {id: S, en: S}, states: {up: {label: {id: H, en: U}, level: well}},"
        " attributes: {linked: {label: {id: A, en: A}}},"
        " shares: {linked: {label: {id: A, en: A}, attribute: linkd, value: true}}}}\nwalls:\n",
    ),
    "status_total_by_nothing": (
        "walls:\n",
        "status_kinds: {site: {label: {id: S, en: S}, states: {up: {label: {id: H, en: U}, level: well}},"
        " declared: [{total: 3, as_of: 2026-01-01, basis: x, by: colour}]}}\nwalls:\n",
    ),
    "component_measure_unknown": (
        "walls:\n", f"components: {{living: {{label: {L}, parts: [{{measure: beds}}]}}}}\nwalls:\n"
    ),
    "component_figure_unknown": (
        "walls:\n", f"components: {{living: {{label: {L}, parts: [{{figure: permit.speed.d30}}]}}}}\nwalls:\n"
    ),
    "component_part_of_two": (
        "walls:\n",
        f"components: {{a: {{label: {L}, parts: [{{prices: reported}}, "
        f"{{prices: reported, awaited: {L}}}]}}}}\nwalls:\n",
    ),
    "boundaries_missing": ("regions:\n", "regions:\n  boundaries: city.geojson\n"),
    "wall_kind_unknown": ("viewing_distance_m: 3}", "viewing_distance_m: 3, kinds: [aspiration, permits]}"),
    "wall_source_unknown": ("viewing_distance_m: 3}", "viewing_distance_m: 3, sources: [laska]}"),
    "wall_page_empty": ("viewing_distance_m: 3}", "viewing_distance_m: 3, pages: [{tiles: []}]}"),
    "wall_page_of_nothing": ("viewing_distance_m: 3}", "viewing_distance_m: 3, pages: [{tiles: [{cases: permits}]}]}"),
    "wall_page_overfull": (
        "viewing_distance_m: 3}",
        "viewing_distance_m: 9, panels: 3, pages: [{tiles: [{cases: permit}, {prices: sources}, {cases: aspiration}, "
        "{prices: matrix}]}]}",
    ),
    "wall_page_held_by_nothing": (
        "viewing_distance_m: 3}",
        "viewing_distance_m: 3, pages: [{tiles: [{groups: permit}], hold: true}]}",
    ),
    "wall_page_of_tables": ("viewing_distance_m: 3}", "viewing_distance_m: 3, pages: [{tiles: [{groups: permit}]}]}"),
    "wall_tile_unknown": ("viewing_distance_m: 3}", "viewing_distance_m: 3, tiles: [queue, map]}"),
    "page_address_taken": ("walls:\n", PAGES.replace("letters", "sources")),
    "page_address_malformed": ("walls:\n", PAGES.replace("letters", "Surat Warga")),
    "page_empty": ("walls:\n", PAGES.replace("{cases: aspiration}", "")),
    "page_block_unknown": ("walls:\n", PAGES.replace("cases:", "case:")),
    "page_block_of_nothing": ("walls:\n", PAGES.replace("cases: aspiration", "cases: aspirations")),
    "page_block_twice": ("walls:\n", PAGES.replace("{cases: aspiration}", "{cases: aspiration}, {cases: aspiration}")),
    "page_block_of_two": ("walls:\n", PAGES.replace("{cases: aspiration}", "{cases: aspiration, prices: matrix}")),
    "page_key_unknown": ("walls:\n", PAGES.replace("blocks:", "theme: dark, blocks:")),
    "page_without_title": ("walls:\n", PAGES.replace("title: {id: Surat, en: Letters}, ", "")),
}  # fmt: skip


def spoil(name: str) -> str:
    """``base.yaml`` with the mistake ``name``."""
    base = (HERE / "base.yaml").read_text(encoding="utf-8")
    old, new = MISTAKES[name]
    assert old in base, name
    return base.replace(old, new, 1)


def complain(text: str, name: str) -> list[str]:
    return [problem.removeprefix(name + ":") for problem in check_config(text.encode(), name, HERE, ENV)[1]]


def write() -> None:
    folder = HERE / "bad"
    for old in folder.glob("*.yaml"):
        old.unlink()
    for name in MISTAKES:
        text = spoil(name)
        # The first line moves everything down by one.
        expected = complain(f"#\n{text}", f"{name}.yaml")
        (folder / f"{name}.yaml").write_text(f"# expect: {' | '.join(expected)}\n{text}", encoding="utf-8")


if __name__ == "__main__":
    write()
