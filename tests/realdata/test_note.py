"""docs/real-input.md says what the rooms of these tests found, and its pictures are there and small."""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from docs.screenshots import smaller
from tests.realdata import findings, note
from tests.realdata.rooms import ROOT, Room


def test_the_note_is_what_came_out(bandung: Room, san_francisco: Room, new_york: Room, exchanged: Room) -> None:
    found = [findings.prices(bandung), *(findings.cases(room) for room in (san_francisco, new_york, exchanged))]
    written = note.NOTE.read_text(encoding="utf-8")
    assert written == note.compose(*found), "write it anew: python -m tests.realdata.note"


def test_the_pictures_are_walls_of_full_size() -> None:
    for name in note.READY:
        path = ROOT / "docs" / "images" / f"real-{name.replace('_', '-')}.png"
        body = path.read_bytes()
        assert struct.unpack(">II", body[16:24]) == note.SIZE, path.name
        assert len(body) <= note.LARGEST, path.name


def test_without_the_sets_nothing_is_written_and_that_is_said(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; import tests.realdata.note as note\n"
        "note.ROOT = Path(sys.argv[1]) / 'repository'; note.NOTE = note.ROOT / 'real-input.md'\n"
        "sys.exit(note.main())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "../shared/realdata is not there" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.browser
async def test_the_smaller_picture_is_the_same_picture(chromium: Any) -> None:
    page = await chromium.new_page(viewport={"width": 320, "height": 200})
    await page.set_content("<h1>Rp18.000/kg</h1><p style='background: linear-gradient(45deg, red, blue)'>▲ 44 mnt</p>")
    taken = await page.screenshot()
    packed = smaller(taken)
    assert packed != taken
    same = await page.evaluate(
        """async (pictures) => {
            const drawn = [];
            for (const picture of pictures) {
                const image = new Image();
                image.src = `data:image/png;base64,${picture}`;
                await image.decode();
                const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext("2d");
                pen.drawImage(image, 0, 0);
                drawn.push(pen.getImageData(0, 0, image.width, image.height).data);
            }
            return drawn[0].length === 4 * 320 * 200 && drawn[0].every((byte, at) => byte === drawn[1][at]);
        }""",
        [base64.b64encode(body).decode() for body in (taken, packed)],
    )
    assert same
