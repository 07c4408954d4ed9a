"""What every part of the configuration is made of: the strict block and the words most blocks share; no meaning."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Visibility = Literal["wall", "desk", "confidential"]
PolicyStatus = Literal["ditetapkan", "usulan"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Label(Strict):
    """A name on screens: Indonesian, English, and a short form for walls (falls back to ``id``)."""

    id: str
    en: str
    short: str | None = None
    short_en: str | None = None
