"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("local_day", sa.Date(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("ring_seconds", sa.Float(), nullable=True),
        sa.Column("ring_count", sa.Integer(), nullable=True),
        sa.Column("csat", sa.Float(), nullable=True),
        sa.Column("resolved", sa.Boolean(), nullable=True),
        sa.Column("customer_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("call_id", name="pk_calls"),
    )
    op.create_index("ix_calls_agent_id_local_day", "calls", ["agent_id", "local_day"], unique=False)
    op.create_index("ix_calls_customer_key_started_at", "calls", ["customer_key", "started_at"], unique=False)
    op.create_index("ix_calls_local_day_team", "calls", ["local_day", "team"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("calls_scored", sa.Integer(), nullable=False),
        sa.Column("calls_failed", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
    )
    op.create_table(
        "failures",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("failed_at", MOMENT, nullable=False),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_failures_runs"),
        sa.PrimaryKeyConstraint("call_id", "source", name="pk_failures"),
    )
    op.create_table(
        "transcripts",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("transcript_fingerprint", sa.Text(), nullable=False),
        sa.Column("asr_fingerprint", sa.Text(), nullable=True),
        sa.Column("asr_model", sa.Text(), nullable=True),
        sa.Column("audio_path", sa.Text(), nullable=True),
        sa.Column("audio_sha256", sa.Text(), nullable=True),
        sa.Column("channel_count", sa.Integer(), nullable=True),
        sa.Column("turn_count", sa.Integer(), nullable=False),
        sa.Column("role_method", sa.Text(), nullable=False),
        sa.Column("role_confidence", sa.Float(), nullable=False),
        sa.Column("overlap_known", sa.Boolean(), nullable=False),
        sa.Column("mean_word_probability", sa.Float(), nullable=True),
        sa.Column("audited_share", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_transcripts_calls"),
        sa.PrimaryKeyConstraint("call_id", "transcript_fingerprint", name="pk_transcripts"),
    )
    op.create_table(
        "evaluations",
        sa.Column("evaluation_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("scorecard_id", sa.Text(), nullable=False),
        sa.Column("scorecard_version", sa.Text(), nullable=False),
        sa.Column("scorecard_fingerprint", sa.Text(), nullable=False),
        sa.Column("transcript_fingerprint", sa.Text(), nullable=False),
        sa.Column("code_fingerprint", sa.Text(), nullable=False),
        sa.Column("lexicon_fingerprint", sa.Text(), nullable=False),
        sa.Column("percent", sa.Float(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("auto_failed", sa.Boolean(), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("agent_talk_s", sa.Float(), nullable=True),
        sa.Column("customer_talk_s", sa.Float(), nullable=True),
        sa.Column("talk_ratio", sa.Float(), nullable=True),
        sa.Column("overlap_s", sa.Float(), nullable=True),
        sa.Column("non_talk_share", sa.Float(), nullable=True),
        sa.Column("longest_silence_s", sa.Float(), nullable=True),
        sa.Column("agent_interruptions", sa.Integer(), nullable=True),
        sa.Column("customer_interruptions", sa.Integer(), nullable=True),
        sa.Column("agent_speech_rate_cpm", sa.Float(), nullable=True),
        sa.Column("first_agent_s", sa.Float(), nullable=True),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id", "transcript_fingerprint"],
            ["transcripts.call_id", "transcripts.transcript_fingerprint"],
            name="fk_evaluations_transcripts",
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name="fk_evaluations_calls"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_evaluations_runs"),
        sa.PrimaryKeyConstraint("evaluation_id", name="pk_evaluations"),
        sa.UniqueConstraint(
            "call_id", "scorecard_fingerprint", "transcript_fingerprint", name="uq_evaluations_key"
        ),
    )
    op.create_index("ix_evaluations_revision", "evaluations", ["revision"], unique=False)
    op.create_index(
        "uq_evaluations_current",
        "evaluations",
        ["call_id", "scorecard_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "complaints",
        sa.Column("evaluation_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("complaint_class", sa.Text(), nullable=False),
        sa.Column("turn_index", sa.Integer(), nullable=False),
        sa.Column("start_s", sa.Float(), nullable=True),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("char_start", sa.Integer(), nullable=False),
        sa.Column("char_end", sa.Integer(), nullable=False),
        sa.Column("match_kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.evaluation_id"],
            name="fk_complaints_evaluations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "position", name="pk_complaints"),
    )
    op.create_index("ix_complaints_code", "complaints", ["code"], unique=False)
    op.create_table(
        "criteria",
        sa.Column("evaluation_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("criterion_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("points_earned", sa.Float(), nullable=False),
        sa.Column("points_possible", sa.Float(), nullable=False),
        sa.Column("auto_fail", sa.Boolean(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.evaluation_id"],
            name="fk_criteria_evaluations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "criterion_id", name="pk_criteria"),
    )
    op.create_index("ix_criteria_criterion_id_verdict", "criteria", ["criterion_id", "verdict"], unique=False)
    op.create_table(
        "overrides",
        sa.Column("evaluation_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("criterion_id", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.evaluation_id"],
            name="fk_overrides_evaluations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "evaluation_id", "criterion_id", "reviewer", "decided_at", name="pk_overrides"
        ),
    )
    op.create_table(
        "sentiments",
        sa.Column("evaluation_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("customer_start", sa.Text(), nullable=True),
        sa.Column("customer_end", sa.Text(), nullable=True),
        sa.Column("lowest", sa.Float(), nullable=True),
        sa.Column("lowest_turn_index", sa.Integer(), nullable=True),
        sa.Column("shift", sa.Text(), nullable=True),
        sa.Column("model_fingerprint", sa.Text(), nullable=False),
        sa.Column("turns", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id"],
            ["evaluations.evaluation_id"],
            name="fk_sentiments_evaluations",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_id", name="pk_sentiments"),
    )
    op.create_table(
        "evidence",
        sa.Column("evaluation_id", BIG_KEY, autoincrement=False, nullable=False),
        sa.Column("criterion_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("turn_index", sa.Integer(), nullable=True),
        sa.Column("start_s", sa.Float(), nullable=True),
        sa.Column("end_s", sa.Float(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("match_kind", sa.Text(), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.Column("char_start", sa.Integer(), nullable=True),
        sa.Column("char_end", sa.Integer(), nullable=True),
        sa.Column("heard_share", sa.Float(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["evaluation_id", "criterion_id"],
            ["criteria.evaluation_id", "criteria.criterion_id"],
            name="fk_evidence_criteria",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "criterion_id", "position", name="pk_evidence"),
    )
    op.execute("INSERT INTO counters (name, value) VALUES ('revision', 0)")
