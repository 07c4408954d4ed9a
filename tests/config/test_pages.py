"""Pages: every type of block has its two files, and nothing confidential can be put on one."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.config.blocks import BLOCKS, RESERVED
from dashboard.config.loader import check_config
from dashboard.config.model import Config
from dashboard.sheets import behind_page, modules
from tests.config.write_bad import ENV, HERE, PAGES

BASE = (HERE / "base.yaml").read_text("utf-8")


def problems(text: str) -> list[str]:
    return check_config(text.encode(), "config.yaml", HERE, ENV)[1]


@pytest.mark.parametrize("kind", BLOCKS)
def test_a_type_of_block_has_its_view_and_its_layout(kind: str) -> None:
    view, layout = modules(kind)
    assert callable(view.view)
    assert callable(layout.layout)


def test_no_layout_of_a_block_is_without_its_line(repo: Path) -> None:
    assert {path.stem for path in (repo / "layouts" / "blocks").glob("[a-z]*.py")} == set(BLOCKS)


def test_a_confidential_kind_is_on_no_page_and_one_for_desks_may_be() -> None:
    for level, refused in (("confidential", True), ("desk", False), ("wall", False)):
        kinds = BASE.replace("policy_by: category}", f"policy_by: category, visibility: {level}}}")
        found = problems(kinds.replace("walls:\n", PAGES.replace("aspiration", "permit")))
        assert bool(found) is refused, found
        if refused:
            assert "'permit' is nothing a page can show with 'cases'" in found[0]


def test_what_is_for_desks_is_on_no_wall_whatever_the_block() -> None:
    desk = BASE.replace("policy_by: category}", "policy_by: category, visibility: desk, breakdown: {stages: {}}}")
    for block in ("cases", "breakdown"):
        wall = desk.replace(
            "viewing_distance_m: 3}", f"viewing_distance_m: 3, pages: [{{tiles: [{{{block}: permit}}]}}]}}"
        )
        (said,) = problems(wall)
        assert "'permit' is for desks only: no wall shows it" in said, block


def test_the_rooms_own_addresses_are_no_page(config: Config) -> None:
    assert not RESERVED & set(config.pages)
    for name in ("wall", "live", "api", "healthz", "metrics", "screens", "sources", "assets"):
        assert problems(BASE.replace("walls:\n", PAGES.replace("letters", name))), name


def test_a_page_is_renewed_for_what_its_blocks_are_made_of(config: Config) -> None:
    page = config.pages["aspirations"].model_copy(update={"blocks": ({"cases": "permit"}, {"cases": "service"})})
    assert behind_page(page) == ("kpi:permit:*", "queue:permit", "sources", "kpi:service:*", "queue:service")
