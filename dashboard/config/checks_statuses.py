"""What the kinds of status say about themselves; pure, on raw values, like the other checks of the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dashboard.config.checks import names, rows
from dashboard.config.complaints import Complaint, near

RESERVED = ("unknown", "unreachable", "silent", "gone")
"""What the room itself finds out of a subject."""


def status_check(data: Any) -> Iterator[Complaint]:
    for path, kind in rows(data, ("status_kinds",)):
        for name in RESERVED:
            if isinstance(kind.get("states"), dict) and name in kind["states"]:
                yield (*path, "states", name), "is a state the room finds itself", "give yours another key"
        attributes = list(kind["attributes"]) if isinstance(kind.get("attributes"), dict) else []
        for where, share in rows(data, (*path, "shares")):
            named = share.get("attribute")
            if isinstance(named, str) and named not in attributes:
                yield (*where, "attribute"), f"'{named}' is no declared attribute", near(named, attributes)
        for where, total in rows(data, (*path, "declared")):
            by = total.get("by", "group")
            if isinstance(by, str) and by != "group" and by not in attributes:
                yield (*where, "by"), f"'{by}' is no declared attribute", near(by, ["group", *attributes])
                continue
            known = names(data, (*path, "groups") if by == "group" else (*path, "attributes", str(by), "words"))
            for part in names(data, (*where, "parts")):
                if known and part not in known:
                    yield (*where, "parts", part), f"'{part}' is none of them", near(part, known)
