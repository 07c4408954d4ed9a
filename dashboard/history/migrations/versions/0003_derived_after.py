"""What a derivation moved to, so that the due time at an instant can be told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("derived_change", sa.Column("basis_after", sa.Text(), nullable=True))
    op.add_column("derived_change", sa.Column("provisional_after", sa.Boolean(), nullable=True))
    op.add_column("derived_change", sa.Column("visibility_after", sa.Text(), nullable=True))
    op.create_index(op.f("ix_derived_change_number_seq"), "derived_change", ["number", "seq"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_derived_change_number_seq"), table_name="derived_change")
    op.drop_column("derived_change", "visibility_after")
    op.drop_column("derived_change", "provisional_after")
    op.drop_column("derived_change", "basis_after")
