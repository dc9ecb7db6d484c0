"""Run by Alembic: applies the steps on the connection that the store hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from qa_analyzer.kpi.schema import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
