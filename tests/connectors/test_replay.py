"""``replay-payloads``: recorded bodies come back byte for byte; every mistake of a folder or manifest is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from dashboard.commands import main
from dashboard.errors import ConfigError
from dashboard.replay import recorded_answers, replay_app
from tests.connectors.recorded import ROOT, served

MANIFEST = """
answers:
  - {path: /list, query: {page: "2"}, file: two.json}
  - {path: /list, file: [one.json, one-later.json]}
  - {path: /list, method: POST, file: made.json, status: 201, headers: {Location: /list/9}}
  - path: /gone
    file: made.json
    status: 410
    content_type: text/plain
    headers: {Date: "Mon, 19 Apr 2010 14:37:38 GMT"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, body in {
        "requests.xml": b"<a>\xff</a>", "refused.403.xml": b"HTTP/1.1 403 Forbidden", "v2/index.json": b"[]",
        "same.json": b"{}", "same.xml": b"<a/>", "odd.bin": b"\0\1", ".hidden.json": b"{}",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(body)
    return tmp_path


def test_a_folder_answers_by_the_names_of_its_files(folder: Path) -> None:
    with served(replay_app(recorded_answers(folder))) as url, httpx2.Client(base_url=url) as client:
        exact = client.get("/requests.xml", params={"start_date": "2010-01-01"})
        assert (exact.status_code, exact.content, exact.headers["content-type"]) == (
            200, b"<a>\xff</a>", "application/xml",
        )  # fmt: skip
        assert "date" not in exact.headers, "this machine's clock is not the record's"
        assert client.get("/requests").content == exact.content
        assert (client.get("/refused.xml").status_code, client.get("/refused").status_code) == (403, 403)
        assert client.get("/v2").json() == [] == client.get("/v2/index.json").json()
        assert client.get("/same").status_code == 404, "two files have that stem"
        assert client.get("/odd.bin").headers["content-type"] == "application/octet-stream"
        assert client.head("/requests").headers["content-length"] == "8"
        for path in ("/.hidden.json", "/%2e%2e/etc/passwd", "/nothing"):
            assert client.get(path).status_code == 404
        assert "/requests.xml" in client.get("/nothing").json()["recorded"]
        assert client.get("/").json()["recorded"] == client.get("/nothing").json()["recorded"]
        refused = client.post("/requests")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_a_manifest_says_which_question_has_which_answer(folder: Path) -> None:
    for name in ("one", "one-later", "two", "made"):
        (folder / f"{name}.json").write_text(f'"{name}"')
    (folder / "replay.yaml").write_text(MANIFEST)
    with served(replay_app(recorded_answers(folder))) as url, httpx2.Client(base_url=url) as client:
        assert client.get("/list?page=2").json() == "two"
        assert [client.get("/list?page=1").json() for _ in range(3)] == ["one", "one-later", "one-later"]
        made = client.post("/list")
        assert (made.status_code, made.headers["location"], made.json()) == (201, "/list/9", "made")
        gone = client.get("/gone")
        assert (gone.status_code, gone.headers["content-type"]) == (410, "text/plain")
        assert gone.headers["date"].startswith("Mon, 19 Apr 2010")
        assert client.get("/one.json").status_code == 404, "what the manifest names answers only as it says"
        assert client.get("/requests").status_code == 200, "the other files still answer by their names"


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ("answers: []", "answers: List should have at least 1 item"),
        ("answers: [{path: list, file: same.xml}]", "answers.0.path"),
        ("answers: [{path: /a, file: same.xml, stauts: 200}]", "answers.0.stauts"),
        ("answers: [{path: /a, file: same.xml, status: 99}]", "answers.0.status"),
        ("answers: [{path: /a, file: none.xml}]", "answers.0.file: none.xml is no file"),
        ("answers: [{path: /a, file: ../outside.json}]", "answers.0.file: ../outside.json is no file"),
        ("answers: [{path: /a, file: []}]", "names no file"),
        ("answers: [", "is no YAML"),
        ("7", "the file: Input should be"),
    ],
)
def test_a_mistake_in_the_manifest_is_told(folder: Path, manifest: str, told: str) -> None:
    (folder.parent / "outside.json").write_text("{}")
    (folder / "replay.yaml").write_text(manifest)
    with pytest.raises(ConfigError) as caught:
        recorded_answers(folder)
    assert told in str(caught.value)


def test_a_folder_that_cannot_be_served_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay-payloads", str(tmp_path / "nowhere")]) == 2
    assert main(["replay-payloads", str(tmp_path)]) == 2
    (tmp_path / "a.404.json").write_text("{}")
    (tmp_path / "a.json").write_text("{}")
    assert main(["replay-payloads", str(tmp_path)]) == 2
    assert main(["replay-payloads", str(tmp_path), "--manifest", str(tmp_path / "none.yaml")]) == 2
    said = capsys.readouterr().err
    assert "is no folder" in said
    assert "no recorded body" in said
    assert "/a.json is there twice" in said
    assert "none.yaml: cannot be read" in said


def test_the_command_serves_on_loopback_until_told_to_stop(folder: Path) -> None:
    command = [sys.executable, "-m", "dashboard", "replay-payloads", str(folder), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if "http://" in line)
            url = line.split()[-1]
            assert url.startswith("http://127.0.0.1:")
            assert httpx2.get(f"{url}requests").status_code == 200
            taken = main(["replay-payloads", str(folder), "--port", url.rstrip("/").rpartition(":")[2]])
            assert taken == 2, "a port that is taken is a message, not a traceback"
        finally:
            process.terminate()
        assert process.wait(10) in (0, -15)
