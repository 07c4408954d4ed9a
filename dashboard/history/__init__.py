"""The truth of the room in SQL: what every source said, and when the room saw it; never a cache, never a rule."""

from dashboard.history.lease import Lease
from dashboard.history.reading import Reader
from dashboard.history.store import STEPS, History, open_history, open_reader

__all__ = ["STEPS", "History", "Lease", "Reader", "open_history", "open_reader"]
