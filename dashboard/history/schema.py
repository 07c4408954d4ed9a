"""Tables of the history; never a place for a citizen's identity, never a rule of the business.

Instants are integers: microseconds since 1970 UTC. SQLite has no time type, PostgreSQL's loses nothing by it,
and a million of them load ten times faster than as text. ``*_version`` tables are insert-only; ``*_current``
are their projections. One transaction = one row of ``change_log`` = one ``seq`` carried by all its rows.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s"}
)

Instant = sa.BigInteger
Code = sa.Text
# SQLite makes its fast row number only from a column that is exactly INTEGER.
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Digest = sa.LargeBinary(16)


def _number() -> sa.Column[int]:
    return sa.Column("number", Number, primary_key=True, autoincrement=False)


lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("expires", sa.Float(53), nullable=False),  # REAL unix seconds: city time may run fast
)

change_log = sa.Table(
    "change_log",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("kind", Code, nullable=False),  # poll, tick, config, due, erase, retention
    sa.Column("source", Code),
)

source_current = sa.Table(  # what a restart must know of a source; projection of its polls
    "source_current",
    metadata,
    sa.Column("source", Code, primary_key=True),
    sa.Column("seq", Number, nullable=False),
    sa.Column("cursor", sa.Text),  # JSON
    sa.Column("first_poll", Instant),
    sa.Column("first_success", Instant),
    sa.Column("last_poll", Instant),
    sa.Column("last_success", Instant),
    sa.Column("last_whole", Instant),  # fetched_at of the last good poll that came whole
    sa.Column("last_change", Instant),
    sa.Column("consecutive_failures", sa.Integer, nullable=False),
    sa.Column("failing_since", Instant),
    sa.Column("last_cause", sa.Text),
    sa.Column("data_at", Instant),
    sa.Column("rows", sa.Integer),  # of the last good poll
    sa.Column("digest", sa.Text),
    sa.Column("fields", sa.Text),  # JSON list: the row's fields as agreed, to see drift
    sa.Column("mapping", sa.Text),  # parser and mapping version the row digests were made with
    sa.Column("copied_forward", sa.Boolean, nullable=False),
)

poll = sa.Table(
    "poll",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("source", Code, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("finished_at", Instant, nullable=False),
    sa.Column("outcome", Code, nullable=False),
    sa.Column("cause", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("duration_ms", sa.Float(53), nullable=False),
    sa.Column("bytes", sa.BigInteger),
    sa.Column("digest", sa.Text),
    sa.Column("rows", sa.Integer),
    sa.Column("new", sa.Integer, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),
    sa.Column("vanished", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
    sa.Column("reject_reasons", sa.Text, nullable=False),  # JSON
    sa.Column("unknown_words", sa.Text, nullable=False),  # JSON
    sa.Column("drift", sa.Text, nullable=False),  # JSON
    sa.Column("skew_s", sa.Float(53)),
    sa.Column("data_at", Instant),
    sa.Column("copied_forward", sa.Boolean, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False),
    sa.Index(None, "source", "seq"),
)

case_current = sa.Table(
    "case_current",
    metadata,
    _number(),  # the room's own number, the only one a wall shows
    sa.Column("source", Code, nullable=False),
    sa.Column("key_digest", Digest),  # keyed; NULL once erased
    sa.Column("key", sa.Text),  # the source's own id; NULL once erased
    sa.Column("provenance", Code, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("row_digest", Digest),
    sa.Column("open", sa.Boolean, nullable=False),
    sa.Column("kind", Code, nullable=False),
    sa.Column("klass", Code),
    sa.Column("category", Code),
    sa.Column("channel", Code),
    sa.Column("department", Code),
    sa.Column("district", Code),
    sa.Column("subdistrict", Code),
    sa.Column("status", Code, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("first_response_at", Instant),
    sa.Column("resolved_at", Instant),
    sa.Column("left_at", Instant),  # left the open set: observed, else declared, else when first seen so
    sa.Column("observed_response_after", Instant),
    sa.Column("observed_response_by", Instant),
    sa.Column("observed_close_after", Instant),
    sa.Column("observed_close_by", Instant),
    sa.Column("response_uncertain", sa.Boolean, nullable=False),
    sa.Column("close_uncertain", sa.Boolean, nullable=False),
    sa.Column("closed_by", Code),
    sa.Column("evidence", Code, nullable=False),
    sa.Column("reopened", sa.Integer),
    sa.Column("backlog", sa.Boolean, nullable=False),
    sa.Column("backdated", sa.Boolean, nullable=False),
    sa.Column("invalid_sequence", sa.Boolean, nullable=False),
    sa.Column("vanished_at", Instant),
    sa.Column("missing_since", Instant),  # first covering poll that did not bring it; NULL: confirmed
    sa.Column("grp", sa.Text),  # duplicate group
    sa.Column("policy", sa.Text),  # pinned at first sight
    sa.Column("erased_at", Instant),
    sa.Column("uncovered_at", Instant),  # open when it fell out of what the source is asked for
    sa.Index("uq_case_current_source_key_digest", "source", "key_digest", unique=True),
    sa.Index(None, "department", "number"),
    sa.Index(None, "district", "number"),
)

# Partial: the open cases are few among millions, and most cases are in no duplicate group.
_OPEN, _GROUPED = case_current.c.open.is_(True), case_current.c.grp.is_not(None)
sa.Index("ix_case_current_open", case_current.c.number, sqlite_where=_OPEN, postgresql_where=_OPEN)
sa.Index("ix_case_current_grp", case_current.c.grp, sqlite_where=_GROUPED, postgresql_where=_GROUPED)

case_version = sa.Table(
    "case_version",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("cause", Code, nullable=False),  # source: it served this; room: the room noticed (vanished ...)
    sa.Column("fields", sa.Text, nullable=False),  # JSON, see codec.py
    sa.Column("parser", sa.Text, nullable=False),
    sa.Index(None, "seq"),
    sqlite_with_rowid=False,
)

case_event = sa.Table(
    "case_event",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("i", sa.Integer, primary_key=True, autoincrement=False),  # place within the transaction
    sa.Column("kind", Code, nullable=False),
    sa.Column("declared_at", Instant),
    sa.Column("observed_after", Instant),
    sa.Column("observed_by", Instant),
    sa.Column("origin", Code, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("both", sa.Boolean, nullable=False),
    sa.Index(None, "seq"),
    sqlite_with_rowid=False,
)

case_derived = sa.Table(  # rebuildable from policy, calendar and registries; never makes a version
    "case_derived",
    metadata,
    _number(),
    sa.Column("due_at", Instant),
    sa.Column("due_basis", Code),
    sa.Column("provisional", sa.Boolean, nullable=False),
    sa.Column("visibility", Code, nullable=False),
    sa.Column("response_due_at", Instant),
    sa.Column("response_basis", Code),
)

derived_change = sa.Table(  # whenever a deadline or visibility moved: a decreed holiday, a pause, another category
    "derived_change",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("due_before", Instant),
    sa.Column("due_after", Instant),
    sa.Column("basis_before", Code),
    sa.Column("provisional_before", sa.Boolean, nullable=False),
    sa.Column("visibility_before", Code, nullable=False),
    sa.Column("basis_after", Code),
    sa.Column("provisional_after", sa.Boolean),  # NULL in rows written before these were kept
    sa.Column("visibility_after", Code),
    sa.Column("response_due_before", Instant),
    sa.Column("response_due_after", Instant),
    sa.Column("response_basis_before", Code),
    sa.Column("response_basis_after", Code),
    sa.Index(None, "number", "seq"),
)

case_text = sa.Table(  # the only free text, redacted before it gets here; one deletable row for each case
    "case_text",
    metadata,
    _number(),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

case_place = sa.Table(  # what groups duplicates; expires
    "case_place",
    metadata,
    _number(),
    sa.Column("cell", sa.Text),  # about 250 m
    sa.Column("signature", Digest),  # keyed, of the photos
    sa.Column("photos", sa.Integer, nullable=False),
    sa.Column("photo_reused", sa.Boolean, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index(None, "expires_at"),
)

measurement_current = sa.Table(
    "measurement_current",
    metadata,
    _number(),
    sa.Column("source", Code, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("series", sa.Text, nullable=False),  # the key without its period
    sa.Column("provenance", Code, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("row_digest", Digest),
    sa.Column("metric", Code, nullable=False),
    sa.Column("place", Code, nullable=False),
    sa.Column("item", Code),
    sa.Column("period_start", Instant, nullable=False),
    sa.Column("value", sa.Float(53)),
    sa.Column("fields", sa.Text, nullable=False),  # JSON of the whole record
    sa.Index("uq_measurement_current_source_key", "source", "key", unique=True),
    sa.Index(None, "source", "period_start"),
    sa.Index(None, "metric", "place", "period_start"),
)

measurement_version = sa.Table(
    "measurement_version",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("parser", sa.Text, nullable=False),
    sa.Index(None, "seq"),
    sqlite_with_rowid=False,
)

held_measurement = sa.Table(  # a counter that fell or jumped, a doubtful price: kept and shown, never applied
    "held_measurement",
    metadata,
    sa.Column("source", Code, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Float(53), nullable=False),
    sa.Column("previous", sa.Float(53), nullable=False),
    sa.Column("reason", Code, nullable=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)

status_current = sa.Table(
    "status_current",
    metadata,
    _number(),
    sa.Column("source", Code, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("provenance", Code, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("row_digest", Digest),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Index("uq_status_current_source_key", "source", "key", unique=True),
)

status_version = sa.Table(
    "status_version",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("fields", sa.Text, nullable=False),
    sa.Column("parser", sa.Text, nullable=False),
    sa.Index(None, "seq"),
    sqlite_with_rowid=False,
)

quarantine = sa.Table(  # a row that could not be read: names, types, shapes, reason; never a value
    "quarantine",
    metadata,
    sa.Column("source", Code, primary_key=True),
    sa.Column("digest", Digest, primary_key=True),  # keyed
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("shape", sa.Text, nullable=False),  # JSON {field: [type, masked shape]}
    sa.Index(None, "seq"),
)

unknown_word = sa.Table(
    "unknown_word",
    metadata,
    sa.Column("source", Code, primary_key=True),
    sa.Column("field", Code, primary_key=True),
    sa.Column("word", sa.Text, primary_key=True),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("seq", Number, nullable=False),
)

declared_version = sa.Table(  # what was in force when: config, policies, targets, registries, KPI definitions
    "declared_version",
    metadata,
    sa.Column("kind", Code, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", Number, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("body", sa.Text),  # JSON; NULL: withdrawn
)

tombstone = sa.Table(  # an erased source id, keyed: a re-poll must not bring it back
    "tombstone",
    metadata,
    sa.Column("source", Code, primary_key=True),
    sa.Column("key_digest", Digest, primary_key=True),
    sa.Column("number", Number, nullable=False),
    sa.Column("seq", Number, nullable=False),
)

erasure = sa.Table(  # proof that an erasure was done; says nothing of what it took
    "erasure",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("source", Code, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("cause", Code, nullable=False),  # request, retention
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("versions", sa.Integer, nullable=False),
    sa.Column("texts", sa.Integer, nullable=False),
)
