"""Every file in ``connectors/`` keeps the contract of ``dashboard/contract.py``.

For one new file: ``pytest tests/connectors/test_contract.py -k NAME``. What a payload example needs stands in
``recorded.py``. That each check catches what it is for is shown in ``test_contract_catches.py``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.config.installation import connector_types
from dashboard.config.model import Config
from dashboard.config.registry import Registry
from tests.connectors import contract_running, contract_syntax
from tests.connectors.blocks import CHECKS as block_checks
from tests.connectors.blocks import Block, ask
from tests.connectors.recorded import PAYLOADS, ROOT, Example
from tests.scenarios.stage import BLOCKS as SHIPPED

NAMES = connector_types()
# Those with a stand-in; what an installation adds is tried against its own system.
BLOCKS = [name for name, block in SHIPPED.items() if name != "open311" and block["provenance"] == "simulated"]


@pytest.fixture(scope="module")
def examples(config: Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Example]:
    registry, workspace = Registry(config), tmp_path_factory.mktemp("contract")
    return {
        name: Example(name, ROOT / "connectors" / f"{name}.py", PAYLOADS / name, registry, workspace) for name in NAMES
    }


@pytest.mark.parametrize("check", contract_syntax.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_what_the_file_says(name: str, check: contract_syntax.Check) -> None:
    text = (ROOT / "connectors" / f"{name}.py").read_text(encoding="utf-8")
    assert not list(check(contract_syntax.File(text)))


@pytest.mark.parametrize("check", contract_running.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_what_it_does(name: str, check: contract_running.Check, examples: dict[str, Example]) -> None:
    assert not list(check(examples[name]))


@pytest.fixture(scope="module")
def blocks(config: Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Block]:
    return ask(config, tmp_path_factory.mktemp("blocks"))


OF_A_ROW = (
    contract_running.determined, contract_running.sealed, contract_running.one_row, contract_running.hostile_values,
    contract_running.no_identity, contract_running.whole_words,
)  # fmt: skip


@pytest.mark.parametrize("source", BLOCKS)
def test_every_block_of_the_shipped_configuration(source: str, blocks: dict[str, Block]) -> None:
    """Scenarios 3, 6, 10, 11, 33 and 43 for the mapping that is declared, not for the connector alone."""
    block = blocks[source]
    found = {check.__name__: list(check(block)) for check in (*OF_A_ROW, *block_checks)}
    assert {name: complaints for name, complaints in found.items() if complaints} == {}


def test_every_file_in_the_folder_is_looked_at() -> None:
    here = {path.stem for path in (ROOT / "connectors").glob("*.py")} - {"__init__"}
    assert set(NAMES) == here
    assert {path.name for path in PAYLOADS.iterdir() if path.is_dir()} == here, "a payload folder for each, no other"
    assert Path(ROOT / "connectors" / "simulator").is_dir(), "the stand-in departments are no connector"
