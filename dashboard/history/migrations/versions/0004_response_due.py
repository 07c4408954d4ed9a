"""When the first response to a case is due, and by what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ADDED = (
    ("case_derived", "response_due_at", sa.BigInteger()),
    ("case_derived", "response_basis", sa.Text()),
    ("derived_change", "response_due_before", sa.BigInteger()),
    ("derived_change", "response_due_after", sa.BigInteger()),
    ("derived_change", "response_basis_before", sa.Text()),
    ("derived_change", "response_basis_after", sa.Text()),
)


def upgrade() -> None:
    for table, name, kind in ADDED:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, name, _ in reversed(ADDED):
        op.drop_column(table, name)
