"""The loader: one file per mistake with its exact complaint, all mistakes at once, no secret ever shown."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from dashboard.config import checks
from dashboard.config.loader import check_config, load_config, load_text, resolve_secret
from dashboard.errors import ConfigError
from tests.config.write_bad import ENV, HERE, MISTAKES

ROOT = Path(__file__).parents[2]
BASE = (HERE / "base.yaml").read_text(encoding="utf-8")
DEEP = b"a: " + b"[" * 5_000 + b"]" * 5_000
LAUGHS = b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*a%d, " % (n - 1) * 9) for n in range(1, 12))
BAD = sorted((HERE / "bad").glob("*.yaml"))


def problems(text: str, env: dict[str, str] | None = None) -> list[str]:
    return check_config(text.encode(), "config.yaml", HERE, ENV if env is None else env)[1]


def test_the_base_of_the_mistakes_is_valid() -> None:
    assert problems(BASE) == []


def test_a_file_for_every_mistake() -> None:
    assert [path.stem for path in BAD] == sorted(MISTAKES)
    assert len(BAD) >= 60


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_one_mistake_and_its_exact_complaint(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first, _, rest = text.partition("\n")
    expected = first.removeprefix("# expect: ").split(" | ")
    changed = [line for line in difflib.ndiff(BASE.splitlines(), rest.splitlines()) if line[:2] in ("+ ", "- ")]
    assert 1 <= len(changed) <= 3, "one mistake per file"
    with pytest.raises(ConfigError) as refused:
        load_text(path.read_bytes(), "config.yaml", HERE, ENV)
    assert refused.value.problems == [f"config.yaml:{line}" for line in expected]


def test_all_mistakes_at_once_in_the_order_of_lines() -> None:
    text = BASE.replace("every_s: 5", "every_s: 0").replace("zone: Asia/Jakarta", "zone: Mars/Base")
    text = text.replace("department: PU\n", "department: PUU\n").replace("options: {days: 90}", "options: {day: 1}")
    found = problems(text)
    assert [line.split(" ")[1] for line in found] == [
        "city.zone:", "sources[laksa].department:", "sources[laksa].every_s:", "sources[laksa].options.day:",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [b"", b"- a\n- b\n", b"just a word", b"\xff\xfe", b"a: \x00", b"{", b"a: [" * 500, DEEP, LAUGHS, b"a: &a [*a]"],
)
def test_a_file_that_is_no_configuration_is_one_complaint_not_a_crash(body: bytes) -> None:
    config, found = check_config(body, "config.yaml", HERE, {})
    assert config is None
    assert found
    assert all(line.startswith("config.yaml:") for line in found)


def test_a_missing_file_names_itself(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml:1 cannot be read"):
        load_config(tmp_path / "none.yaml", {})


def test_a_wall_that_cannot_be_read_at_its_distance() -> None:
    found = problems(BASE.replace("viewing_distance_m: 3", "viewing_distance_m: 30"))
    assert found
    assert all(line.startswith("config.yaml:52 walls.main: ") and line.endswith(")") for line in found)


def test_a_target_may_be_of_one_kind() -> None:
    with_targets = BASE.replace("walls:\n", "kpis: {overdue: {target: 0}, aspiration.overdue: {target: 0}}\nwalls:\n")
    assert problems(with_targets) == []
    assert len(problems(with_targets.replace("aspiration.overdue", "aspirations.overdue"))) == 1


def test_a_connector_file_that_cannot_be_imported_is_a_problem_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise SyntaxError(name)

    monkeypatch.setattr("dashboard.config.installation.connector_module", broken)
    assert problems(BASE) == [
        "config.yaml:41 sources[laksa].type: connectors/laksa.py cannot be read: SyntaxError (mend the file)"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"{env:LAKSA_PASSWORD}"', "sangat-rahasia"),
        ("url: http://127.0.0.1:9", "url: http://room:sangat-rahasia@127.0.0.1:99999"),
        ("X-Client: room", "X-Api-Key: sangat-rahasia"),
        ('{username: room, password: "{env:LAKSA_PASSWORD}"}', "sangat-rahasia"),
        ("walls:\n", "privacy: {key: sangat-rahasia}\nsimulator: {token: sangat-rahasia}\nwalls:\n"),
        ('"{env:LAKSA_PASSWORD}"', '"{file:sangat\\0rahasia}"'),
    ],
)
def test_no_complaint_shows_a_secret(old: str, new: str) -> None:
    found = problems(BASE.replace(old, new))
    assert found
    assert "sangat-rahasia" not in "\n".join(found)


def test_secrets_are_read_where_they_are_used_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n", encoding="utf-8")
    env = {"NAME": "from the environment"}
    assert (
        resolve_secret("Bearer {env:NAME}, {file:key}", tmp_path, env) == "Bearer from the environment, from the file"
    )
    assert resolve_secret("$NAME {NAME} %NAME%", tmp_path, env) == "$NAME {NAME} %NAME%"
    with pytest.raises(ConfigError, match="OTHER is not set"):
        resolve_secret("{env:OTHER}", tmp_path, env)
    config = load_text(BASE.encode(), "config.yaml", tmp_path, ENV)
    assert config.sources[0].auth == {"username": "room", "password": "{env:LAKSA_PASSWORD}"}
    assert ENV["LAKSA_PASSWORD"] not in config.model_dump_json()


def test_files_that_the_room_makes_itself_may_be_missing() -> None:
    text = BASE.replace("{env:LAKSA_PASSWORD}", "{file:var/simulator.token}").replace(
        "walls:\n", 'simulator: {token: "{file:var/simulator.token}"}\nwalls:\n'
    )
    assert problems(text) == []


def test_the_machine_may_name_database_and_redis() -> None:
    env = {**ENV, "LIVEROOM_DATABASE_URL": "postgresql+psycopg://a:b@host/x", "LIVEROOM_REDIS_URL": "redis://host/1"}
    config = load_text(BASE.encode(), "config.yaml", HERE, env)
    assert config.database.url == env["LIVEROOM_DATABASE_URL"]
    assert config.redis.url == env["LIVEROOM_REDIS_URL"]
    assert config.folder == HERE


def test_two_versions_of_a_file_are_told_apart() -> None:
    first = load_text(BASE.encode(), "config.yaml", HERE, ENV)
    second = load_text(BASE.replace("every_s: 5", "every_s: 6").encode(), "config.yaml", HERE, ENV)
    assert first.digest
    assert first.digest != second.digest


def test_words_that_yaml_would_turn_into_something_else_stay_words() -> None:
    text = (
        BASE.replace("name: Kota Contoh", "name: no").replace("id: Aspirasi", "id: 0812").replace("TLR}", "2026-01-01}")
    )
    config = load_text(text.encode(), "config.yaml", HERE, ENV)
    assert config.city.name == "no"
    assert config.kinds["aspiration"].label.id == "0812"
    assert config.policies[0].set_by == "2026-01-01"
    assert config.publications["weekdays"].at.isoformat() == "13:00:00"  # not 780


def test_references_point_at_sections_that_exist_in_the_model() -> None:
    """A renamed section would make a check silently pass."""
    from dashboard.config.model import Config, Regions

    known = {(name,) for name in Config.model_fields} | {("regions", name) for name in Regions.model_fields}
    assert {section for section, *_ in checks._REFERENCES} <= known
    assert {target for _, _, target, _ in checks._REFERENCES} <= known
    assert {section for section, _ in checks._NAMED} <= known
