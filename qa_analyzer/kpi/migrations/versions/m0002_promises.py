"""What the agent promised, and whether it keeps the limits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evaluations", sa.Column("promised_hours", sa.Float(), nullable=True))
    op.add_column("evaluations", sa.Column("promises_in_time", sa.Boolean(), nullable=True))
