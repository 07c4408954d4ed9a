"""When an open case fell out of what its source is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_current", sa.Column("uncovered_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("case_current", "uncovered_at")
