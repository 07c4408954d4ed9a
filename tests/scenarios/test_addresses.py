"""Scenarios 1 and 37: addresses that lead nowhere, to an expired certificate, or where no source may ever lead."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.config.loader import load_text
from dashboard.errors import ConfigError
from dashboard.i18n import LANGS, cause
from tests.scenarios.stage import CITY, Stage, stage, until

SOURCES: dict[str, Any] = {"paten": {}}


def _block(name: str, url: str, **changes: Any) -> dict[str, Any]:
    options = {
        "path": "antrean",
        "rows": "data.kantor",
        "coverage": {"kind": "delta"},
        "status": {"kind": "office", "subject": "nama", "state": {"value": "open"}},
    }
    block = {"id": name, "type": "http_json", "label": {"id": name, "en": name}, "url": url, "every_s": 1}
    return {**block, "timeout_s": 10, "options": options, "provenance": "live", **changes}


# id -> (address, whether private ones are allowed, what is told). The port belongs to nobody else: whoever reaches it
# is in the city's log.
FORBIDDEN: dict[str, tuple[str, bool, str]] = {
    "link_local": ("http://169.254.10.1/latest", True, "address_blocked"),
    "metadata": ("http://169.254.169.254/latest/meta-data", True, "address_blocked"),
    "loopback": ("http://127.0.0.1:{PORT:panel_harga}", False, "address_blocked"),
    "by_name": ("http://localhost:{PORT:panel_harga}", False, "address_blocked"),
    "as_number": ("http://2130706433:{PORT:panel_harga}", False, "address_blocked"),
    "mapped": ("http://[::ffff:127.0.0.1]:{PORT:panel_harga}", False, "address_blocked"),
    "everywhere": ("http://0.0.0.0:{PORT:panel_harga}", True, "address_blocked"),
    "nowhere": ("http://nobody.invalid", False, "dns"),
    "expired": ("https://127.0.0.1:{PORT:open311}", True, "tls_expired"),
}
# The configuration itself refuses what it can read: here the addresses come from files, as secrets do.
EXTRA = [_block(name, f"{{file:{name}.url}}", allow_private=private) for name, (_, private, _) in FORBIDDEN.items()]


def _prepare(room: Stage) -> None:
    for name, (url, _, _) in FORBIDDEN.items():
        (room.folder / f"{name}.url").write_text(_filled(room, url))
    _expire(room)


def _filled(room: Stage, url: str) -> str:
    return re.sub(r"\{PORT:(\w+)\}", lambda found: str(room.ports[found[1]]), url)


def _expire(room: Stage) -> None:
    """The room trusts the issuer of the city's certificate: that it has expired is all that is wrong with it."""
    room.fault("open311", "tls_expired")
    os.environ["SSL_CERT_FILE"] = str(room.folder / "var" / "simulator" / "expired.pem")


@pytest.fixture(scope="module")
def room(place: Path) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", "")
        with stage(place, SOURCES, extra=EXTRA, ready=_prepare) as made:
            yield made


@pytest.mark.parametrize("name", FORBIDDEN)
def test_an_address_that_may_not_or_cannot_be_reached_is_told_in_words(room: Stage, name: str) -> None:
    word = FORBIDDEN[name][2]
    state = room.until_state(name, "broken", word)
    assert state["last_success"] is None
    assert all(cause(state["cause"], lang) != cause("internal", lang) for lang in LANGS)
    assert len(room.lines(name)) == 1, "one line, however often it is tried"
    assert "latest/meta-data" not in "".join(room.lines(name))


def test_nobody_reached_the_forbidden_port_and_the_others_go_on(room: Stage) -> None:
    assert room.asked("panel_harga") == []
    asked = room.requests()["paten"]
    until(lambda: room.requests()["paten"] >= asked + 3)
    assert room.until_good("paten")["state"] == "fresh"


@pytest.mark.parametrize(
    ("target", "word"),
    [
        ("http://169.254.169.254/latest/meta-data/", "address_blocked"),
        ("http://localhost:{PORT:panel_harga}/", "address_blocked"),
        ("http://[fe80::1]/", "address_blocked"),
        ("http://0x7f.1:{PORT:panel_harga}/", "address_blocked"),
        ("file:///etc/passwd", "scheme_blocked"),
        ("gopher://127.0.0.1:{PORT:panel_harga}/", "scheme_blocked"),
    ],
)
def test_a_redirect_leads_nowhere_the_source_itself_may_not(room: Stage, target: str, word: str) -> None:
    """What the configuration allows is the source's own host: leave for 127.0.0.1 is not leave for the city's net."""
    room.fault("paten", "redirect_to", url=_filled(room, target))
    room.until_state("paten", "broken", word)
    assert room.asked("panel_harga") == []
    room.lift("paten")
    room.until_good("paten")


@pytest.mark.parametrize(
    ("url", "private", "said"),
    [
        ("file:///etc/passwd", True, "no address the room may ask"),
        ("ftp://127.0.0.1/x", True, "no address the room may ask"),
        ("//127.0.0.1/x", True, "no address the room may ask"),
        ("gopher://127.0.0.1", True, "no address the room may ask"),
        ("http://169.254.169.254/latest", True, "link-local address"),
        ("http://127.0.0.1:8080", False, "private address"),
        ("http://[::ffff:127.0.0.1]:8080", False, "private address"),
        ("http://10.1.2.3", False, "private address"),
    ],
)
def test_the_configuration_refuses_what_it_can_read(url: str, private: bool, said: str) -> None:
    text = f"{CITY}\nsources: {json.dumps([_block('odd', url, allow_private=private)])}\nwalls: {{}}\n"
    with pytest.raises(ConfigError, match=said):
        load_text(text.encode(), "config.yaml", Path(), {})
