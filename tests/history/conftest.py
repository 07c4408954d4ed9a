"""The history is filled through ingest, as in life."""

from tests.ingest.conftest import any_room, make_room

__all__ = ["any_room", "make_room"]
