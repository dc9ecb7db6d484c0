"""The audit log: who overrode, exported and purged what, and when. Lines are only ever added.

It outlives what it tells of, so it holds no quote, no reason in free words and no address of a store.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import Connection, insert, select

from qa_analyzer.kpi import schema
from qa_analyzer.kpi.records import Override, Selection
from qa_analyzer.kpi.upserts import storable

Detail: TypeAlias = str | int | float | bool | list[str] | None


class Action(StrEnum):
    """What people do with what was judged."""

    OVERRIDE = "override"
    EXPORT = "export"
    CONTACT_EXPORT = "contact-export"
    PURGE = "purge"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed. ``who`` is the account it was done with, ``subject`` a call or a folder."""

    at: datetime
    who: str
    action: Action
    subject: str
    details: Mapping[str, Detail] = field(default_factory=dict)


def audit_entry(action: Action, subject: str, details: Mapping[str, Detail]) -> AuditEntry:
    """Return an entry of this moment, by the account that this process runs under."""
    return AuditEntry(datetime.now(UTC), account_name(), action, subject, details)


def override_entry(override: Override) -> AuditEntry:
    """Return the entry of a person's verdict; the reason stays with the verdict, it may quote the call."""
    details: dict[str, Detail] = {
        "criterion": override.criterion_id,
        "verdict": override.verdict.value,
        "reviewer": override.reviewer,
    }
    return audit_entry(Action.OVERRIDE, override.call_id, details)


def chosen(selection: Selection) -> dict[str, Detail]:
    """Return what was asked for, as details of an entry; what was not restricted is left out."""
    restrictions: dict[str, Detail] = {
        "from": selection.first_day.isoformat() if selection.first_day else None,
        "until": selection.last_day.isoformat() if selection.last_day else None,
        "teams": list(selection.teams),
        "queues": list(selection.queues),
        "agents": list(selection.agent_ids),
    }
    return {name: value for name, value in restrictions.items() if value}


def account_name() -> str:
    """Return the account in the system's own words: anybody can set an environment variable."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, AttributeError, KeyError):  # no such database here, or no name in it (containers)
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def add_entry(connection: Connection, entry: AuditEntry) -> None:
    """Write one line, inside the caller's transaction: the deed and its line stand or fall together."""
    cells = storable({"who": entry.who, "action": entry.action.value, "subject": entry.subject})
    connection.execute(insert(schema.audit_log).values(**cells, at=entry.at, details=dict(entry.details)))


def read_entries(connection: Connection) -> tuple[AuditEntry, ...]:
    """Return every line, oldest first."""
    table = schema.audit_log
    rows = connection.execute(select(table).order_by(table.c.entry_id)).mappings()
    return tuple(
        AuditEntry(row["at"], row["who"], Action(row["action"]), row["subject"], row["details"])
        for row in rows
    )
