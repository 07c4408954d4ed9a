"""The sets of later work are served as they were recorded, byte for byte."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from dashboard.config.loader import load_config
from dashboard.replay import recorded_answers, replay_app
from tests.connectors.recorded import served
from tests.realdata.rooms import EXAMPLES


@pytest.mark.parametrize("name", ["bmkg", "spse", "open311"])
def test_every_body_comes_back_as_it_was_recorded(realdata: Path, name: str) -> None:
    folder = realdata / name
    bodies = sorted(path for path in folder.iterdir() if path.is_file())
    assert len(bodies) > 5
    with served(replay_app(recorded_answers(folder))) as url, httpx2.Client(base_url=url) as client:
        for body in bodies:
            answer = client.get(f"/{body.name}")
            assert (answer.status_code, answer.content) == (200, body.read_bytes()), body.name
            assert client.get(f"/{body.stem}").content == body.read_bytes()
        kinds = {body.suffix: client.get(f"/{body.name}").headers["content-type"] for body in bodies}
    wanted = {".json": "application/json", ".xml": "application/xml", ".html": "text/html; charset=utf-8"}
    assert kinds.items() <= wanted.items()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_example_is_a_whole_configuration_of_another_city(path: Path) -> None:
    if path.stem.endswith(".replay"):
        return
    config = load_config(path, {})
    assert {source.provenance for source in config.sources} == {"replay"}
    assert config.simulator is None
    assert config.city.code != "36.71"
