"""The tables of the store. ``migrations`` builds them; a test holds the two equal."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept in UTC by every database; refuses a time that names no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the store takes aware times only, not {value.isoformat()}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite makes only a column of the type INTEGER its own row number.
BigKey = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row, ``revision``: ids and revisions come from it, and updating it is the lock between writers.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("source", Text, nullable=False),
    Column("calls_scored", Integer, nullable=False),
    Column("calls_failed", Integer, nullable=False),
    Column("facts", JSON, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("agent_id", Text),
    Column("agent_name", Text),
    Column("team", Text),
    Column("queue", Text),
    Column("started_at", UtcDateTime),
    Column("local_day", Date),
    Column("direction", Text),
    Column("ring_seconds", Float),
    Column("ring_count", Integer),
    Column("csat", Float),
    Column("resolved", Boolean),
    Column("customer_key", Text),
    Index(None, "local_day", "team"),
    Index(None, "agent_id", "local_day"),
    Index(None, "customer_key", "started_at"),
)

transcripts = Table(
    "transcripts",
    metadata,
    Column("call_id", Text, ForeignKey(calls.c.call_id), primary_key=True),
    Column("transcript_fingerprint", Text, primary_key=True),
    Column("asr_fingerprint", Text),
    Column("asr_model", Text),
    Column("audio_path", Text),
    Column("audio_sha256", Text),
    Column("channel_count", Integer),
    Column("turn_count", Integer, nullable=False),
    Column("role_method", Text, nullable=False),
    Column("role_confidence", Float, nullable=False),
    Column("overlap_known", Boolean, nullable=False),
    Column("mean_word_probability", Float),
    Column("audited_share", Float),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("evaluation_id", BigKey, primary_key=True, autoincrement=False),
    Column("call_id", Text, ForeignKey(calls.c.call_id, name="fk_evaluations_calls"), nullable=False),
    Column("scorecard_id", Text, nullable=False),
    Column("scorecard_version", Text, nullable=False),
    Column("scorecard_fingerprint", Text, nullable=False),
    Column("transcript_fingerprint", Text, nullable=False),
    Column("code_fingerprint", Text, nullable=False),
    Column("lexicon_fingerprint", Text, nullable=False),
    Column("percent", Float),
    Column("grade", Text, nullable=False),
    Column("auto_failed", Boolean, nullable=False),
    Column("promised_hours", Float),
    Column("promises_in_time", Boolean),
    Column("duration_s", Float),
    Column("agent_talk_s", Float),
    Column("customer_talk_s", Float),
    Column("talk_ratio", Float),
    Column("overlap_s", Float),
    Column("non_talk_share", Float),
    Column("longest_silence_s", Float),
    Column("agent_interruptions", Integer),
    Column("customer_interruptions", Integer),
    Column("agent_speech_rate_cpm", Float),
    Column("first_agent_s", Float),
    Column("content_sha256", Text, nullable=False),
    Column("is_current", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("run_id", Text, ForeignKey(runs.c.run_id)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("acts_fingerprint", Text),
    UniqueConstraint("call_id", "scorecard_fingerprint", "transcript_fingerprint", name="uq_evaluations_key"),
    ForeignKeyConstraint(
        ["call_id", "transcript_fingerprint"],
        [transcripts.c.call_id, transcripts.c.transcript_fingerprint],
    ),
    Index(None, "revision"),
    # At most one evaluation of a call counts for a scorecard; both databases hold it.
    Index(
        "uq_evaluations_current",
        "call_id",
        "scorecard_id",
        unique=True,
        sqlite_where=text("is_current"),
        postgresql_where=text("is_current"),
    ),
)


def _evaluation_key() -> Column[int]:
    return Column(
        "evaluation_id",
        BigKey,
        ForeignKey(evaluations.c.evaluation_id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


criteria = Table(
    "criteria",
    metadata,
    _evaluation_key(),
    Column("criterion_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("points_earned", Float, nullable=False),
    Column("points_possible", Float, nullable=False),
    Column("auto_fail", Boolean, nullable=False),
    Column("explanation", Text, nullable=False),
    Index(None, "criterion_id", "verdict"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("evaluation_id", BigKey, primary_key=True, autoincrement=False),
    Column("criterion_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("turn_index", Integer),
    Column("start_s", Float),
    Column("end_s", Float),
    Column("quote", Text, nullable=False),
    Column("match_kind", Text, nullable=False),
    Column("distance", Float, nullable=False),
    Column("char_start", Integer),
    Column("char_end", Integer),
    Column("heard_share", Float),
    Column("note", Text, nullable=False),
    ForeignKeyConstraint(
        ["evaluation_id", "criterion_id"],
        [criteria.c.evaluation_id, criteria.c.criterion_id],
        ondelete="CASCADE",
    ),
)

complaints = Table(
    "complaints",
    metadata,
    _evaluation_key(),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False),
    Column("complaint_class", Text, nullable=False),
    Column("turn_index", Integer, nullable=False),
    Column("start_s", Float),
    Column("term", Text, nullable=False),
    Column("char_start", Integer, nullable=False),
    Column("char_end", Integer, nullable=False),
    Column("match_kind", Text, nullable=False),
    Column("severity", Integer),
    Index(None, "code"),
)

sentiments = Table(
    "sentiments",
    metadata,
    _evaluation_key(),
    Column("customer_start", Text),
    Column("customer_end", Text),
    Column("lowest", Float),
    Column("lowest_turn_index", Integer),
    Column("shift", Text),
    Column("model_fingerprint", Text, nullable=False),
    Column("turns", JSON, nullable=False),
)

# No key to ``calls``: a call that failed may never have been judged.
failures = Table(
    "failures",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("run_id", Text, ForeignKey(runs.c.run_id)),
    Column("stage", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("failed_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
)

# Not keyed to ``criteria``: what people decided outlives a machine verdict that is replaced.
overrides = Table(
    "overrides",
    metadata,
    _evaluation_key(),
    Column("criterion_id", Text, primary_key=True),
    Column("reviewer", Text, primary_key=True),
    Column("decided_at", UtcDateTime, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# What people did; triggers refuse to change or remove a line. Not keyed to ``calls``: it outlives them.
audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", BigKey, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", JSON, nullable=False),
)

# The parts of an evaluation that are written anew when its content changes, dependents first.
PARTS = (evidence, criteria, complaints, sentiments)
