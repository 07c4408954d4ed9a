"""The shapes: no place for identity, nothing transient is ever serialised."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import orjson
import pytest

from dashboard.records import Case, CaseStatus, Measurement, Status, Transient

IDENTITY = ("name", "nama", "nik", "phone", "email", "address", "alamat", "reporter", "photo", "text", "description")


def identity_fields(shape: type) -> list[str]:
    return [f.name for f in dataclasses.fields(shape) if any(word in f.name.split("_") for word in IDENTITY)]


@pytest.mark.parametrize("shape", [Case, Measurement, Status])
def test_no_field_can_hold_an_identity(shape: type) -> None:
    assert identity_fields(shape) == []


def test_the_identity_guard_sees_a_planted_field() -> None:
    planted = dataclasses.make_dataclass("Planted", [("reporter_name", str)])
    assert identity_fields(planted) == ["reporter_name"]


def test_transient_has_no_serialiser_and_shows_nothing() -> None:
    secret = Transient(point=(-6.17, 106.63), text="Budi 08123456789", photo_hashes=("abc",))
    assert "Budi" not in repr(secret)
    for attempt in (pickle.dumps, copy.deepcopy, orjson.dumps):
        with pytest.raises((TypeError, orjson.JSONEncodeError)):
            attempt(secret)


def test_unknown_counts_as_open_never_as_closed() -> None:
    assert CaseStatus.UNKNOWN.open
    assert not CaseStatus.CLOSED.open
    assert not CaseStatus.TRANSFERRED.open
