"""Which model of acts read an evaluation's call; unknown for what was stored before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evaluations", sa.Column("acts_fingerprint", sa.Text(), nullable=True))
