"""The first tables: lease, change log, polls, the three shapes with their versions, declared versions, erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_current",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("row_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("klass", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("subdistrict", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("first_response_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("observed_response_after", sa.BigInteger(), nullable=True),
        sa.Column("observed_response_by", sa.BigInteger(), nullable=True),
        sa.Column("observed_close_after", sa.BigInteger(), nullable=True),
        sa.Column("observed_close_by", sa.BigInteger(), nullable=True),
        sa.Column("response_uncertain", sa.Boolean(), nullable=False),
        sa.Column("close_uncertain", sa.Boolean(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=True),
        sa.Column("backlog", sa.Boolean(), nullable=False),
        sa.Column("backdated", sa.Boolean(), nullable=False),
        sa.Column("invalid_sequence", sa.Boolean(), nullable=False),
        sa.Column("vanished_at", sa.BigInteger(), nullable=True),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.Column("grp", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(op.f("ix_case_current_department_number"), "case_current", ["department", "number"], unique=False)
    op.create_index(op.f("ix_case_current_district_number"), "case_current", ["district", "number"], unique=False)
    op.create_index(
        "ix_case_current_grp",
        "case_current",
        ["grp"],
        unique=False,
        sqlite_where=sa.text("grp IS NOT NULL"),
        postgresql_where=sa.text("grp IS NOT NULL"),
    )
    op.create_index(
        "ix_case_current_open",
        "case_current",
        ["number"],
        unique=False,
        sqlite_where=sa.text("open IS 1"),
        postgresql_where=sa.text("open IS true"),
    )
    op.create_index("uq_case_current_source_key_digest", "case_current", ["source", "key_digest"], unique=True)
    op.create_table(
        "case_derived",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("due_basis", sa.Text(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "case_event",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("i", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=True),
        sa.Column("observed_after", sa.BigInteger(), nullable=True),
        sa.Column("observed_by", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("both", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", "seq", "i"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_event_seq"), "case_event", ["seq"], unique=False)
    op.create_table(
        "case_place",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Text(), nullable=True),
        sa.Column("signature", sa.LargeBinary(length=16), nullable=True),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("photo_reused", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(op.f("ix_case_place_expires_at"), "case_place", ["expires_at"], unique=False)
    op.create_table(
        "case_text",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "case_version",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("parser", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_case_version_seq"), "case_version", ["seq"], unique=False)
    op.create_table(
        "change_log",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_table(
        "declared_version",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", "n"),
    )
    op.create_table(
        "derived_change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("due_before", sa.BigInteger(), nullable=True),
        sa.Column("due_after", sa.BigInteger(), nullable=True),
        sa.Column("basis_before", sa.Text(), nullable=True),
        sa.Column("provisional_before", sa.Boolean(), nullable=False),
        sa.Column("visibility_before", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "number"),
    )
    op.create_table(
        "erasure",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("versions", sa.Integer(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "number"),
    )
    op.create_table(
        "held_measurement",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("previous", sa.Float(precision=53), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "measurement_current",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("row_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        op.f("ix_measurement_current_metric_place_period_start"),
        "measurement_current",
        ["metric", "place", "period_start"],
        unique=False,
    )
    op.create_index(
        op.f("ix_measurement_current_source_period_start"),
        "measurement_current",
        ["source", "period_start"],
        unique=False,
    )
    op.create_index("uq_measurement_current_source_key", "measurement_current", ["source", "key"], unique=True)
    op.create_table(
        "measurement_version",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("parser", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_measurement_version_seq"), "measurement_version", ["seq"], unique=False)
    op.create_table(
        "poll",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Float(precision=53), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("vanished", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("reject_reasons", sa.Text(), nullable=False),
        sa.Column("unknown_words", sa.Text(), nullable=False),
        sa.Column("drift", sa.Text(), nullable=False),
        sa.Column("skew_s", sa.Float(precision=53), nullable=True),
        sa.Column("data_at", sa.BigInteger(), nullable=True),
        sa.Column("copied_forward", sa.Boolean(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(op.f("ix_poll_source_seq"), "poll", ["source", "seq"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("shape", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "digest"),
    )
    op.create_index(op.f("ix_quarantine_seq"), "quarantine", ["seq"], unique=False)
    op.create_table(
        "source_current",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("first_poll", sa.BigInteger(), nullable=True),
        sa.Column("first_success", sa.BigInteger(), nullable=True),
        sa.Column("last_poll", sa.BigInteger(), nullable=True),
        sa.Column("last_success", sa.BigInteger(), nullable=True),
        sa.Column("last_whole", sa.BigInteger(), nullable=True),
        sa.Column("last_change", sa.BigInteger(), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("last_cause", sa.Text(), nullable=True),
        sa.Column("data_at", sa.BigInteger(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.Column("mapping", sa.Text(), nullable=True),
        sa.Column("copied_forward", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "status_current",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("provenance", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("row_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("uq_status_current_source_key", "status_current", ["source", "key"], unique=True)
    op.create_table(
        "status_version",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("parser", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", "n"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_status_version_seq"), "status_version", ["seq"], unique=False)
    op.create_table(
        "tombstone",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("source", "key_digest"),
    )
    op.create_table(
        "unknown_word",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("source", "field", "word"),
    )


def downgrade() -> None:
    op.drop_table("unknown_word")
    op.drop_table("tombstone")
    op.drop_index(op.f("ix_status_version_seq"), table_name="status_version")
    op.drop_table("status_version")
    op.drop_index("uq_status_current_source_key", table_name="status_current")
    op.drop_table("status_current")
    op.drop_table("source_current")
    op.drop_index(op.f("ix_quarantine_seq"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index(op.f("ix_poll_source_seq"), table_name="poll")
    op.drop_table("poll")
    op.drop_index(op.f("ix_measurement_version_seq"), table_name="measurement_version")
    op.drop_table("measurement_version")
    op.drop_index("uq_measurement_current_source_key", table_name="measurement_current")
    op.drop_index(op.f("ix_measurement_current_source_period_start"), table_name="measurement_current")
    op.drop_index(op.f("ix_measurement_current_metric_place_period_start"), table_name="measurement_current")
    op.drop_table("measurement_current")
    op.drop_table("lease")
    op.drop_table("held_measurement")
    op.drop_table("erasure")
    op.drop_table("derived_change")
    op.drop_table("declared_version")
    op.drop_table("change_log")
    op.drop_index(op.f("ix_case_version_seq"), table_name="case_version")
    op.drop_table("case_version")
    op.drop_table("case_text")
    op.drop_index(op.f("ix_case_place_expires_at"), table_name="case_place")
    op.drop_table("case_place")
    op.drop_index(op.f("ix_case_event_seq"), table_name="case_event")
    op.drop_table("case_event")
    op.drop_table("case_derived")
    op.drop_index("uq_case_current_source_key_digest", table_name="case_current")
    op.drop_index(
        "ix_case_current_open",
        table_name="case_current",
        sqlite_where=sa.text("open IS 1"),
        postgresql_where=sa.text("open IS true"),
    )
    op.drop_index(
        "ix_case_current_grp",
        table_name="case_current",
        sqlite_where=sa.text("grp IS NOT NULL"),
        postgresql_where=sa.text("grp IS NOT NULL"),
    )
    op.drop_index(op.f("ix_case_current_district_number"), table_name="case_current")
    op.drop_index(op.f("ix_case_current_department_number"), table_name="case_current")
    op.drop_table("case_current")
