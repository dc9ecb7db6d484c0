"""Views with stable names for BI tools: they may gain columns, never lose or rename one.

``call_facts`` has one line per evaluation that counts; the daily views are sums over it. A KPI column is 1
or 0 (or a figure), NULL where the call says nothing of it, so that AVG is the KPI and COUNT its n.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KPI_COLUMNS = (
    *("qa_score", "pass_rate", "red_line_rate", "empathy_rate", "complaint_rate", "escalation_rate"),
    *("answered_in_time", "satisfaction", "resolution", "resolution_inferred", "first_contact_resolution"),
    *("promised_in_time", "handle_time_s", "silence_share", "interruptions", "speech_rate_cpm"),
)

CALL_FACTS = """
CREATE VIEW call_facts AS
SELECT
  e.evaluation_id, e.call_id, e.scorecard_id, e.scorecard_fingerprint, e.revision,
  c.agent_id, c.agent_name, c.team, c.queue, c.started_at, c.local_day, c.direction, e.grade,
  e.percent AS qa_score,
  CASE WHEN e.percent IS NULL THEN NULL WHEN e.grade IN ('excellent', 'pass') THEN 1 ELSE 0 END AS pass_rate,
  CASE WHEN e.percent IS NULL THEN NULL WHEN e.auto_failed THEN 1 ELSE 0 END AS red_line_rate,
  CASE em.verdict WHEN 'pass' THEN 1 WHEN 'fail' THEN 0 END AS empathy_rate,
  CASE WHEN e.percent IS NULL THEN NULL WHEN EXISTS (
    SELECT 1 FROM complaints t WHERE t.evaluation_id = e.evaluation_id AND t.complaint_class <> 'risk'
  ) THEN 1 ELSE 0 END AS complaint_rate,
  CASE WHEN e.percent IS NULL THEN NULL WHEN EXISTS (
    SELECT 1 FROM complaints t WHERE t.evaluation_id = e.evaluation_id
      AND t.complaint_class = 'risk' AND t.code = 'escalation'
  ) THEN 1 ELSE 0 END AS escalation_rate,
  CASE WHEN c.ring_count IS NULL AND c.ring_seconds IS NULL THEN NULL
       WHEN c.ring_count <= 3 OR c.ring_seconds <= 15 THEN 1 ELSE 0 END AS answered_in_time,
  CASE WHEN c.csat IS NULL THEN NULL WHEN c.csat >= 4 THEN 1 ELSE 0 END AS satisfaction,
  CASE WHEN c.resolved IS NULL THEN NULL WHEN c.resolved THEN 1 ELSE 0 END AS resolution,
  CASE WHEN c.resolved IS NOT NULL THEN NULL
       WHEN cm.verdict = 'na' THEN 1 WHEN cm.verdict IN ('pass', 'fail') THEN 0 END AS resolution_inferred,
  CASE WHEN c.customer_key IS NULL OR c.started_at IS NULL THEN NULL
       WHEN {week_later_of_c} > (SELECT MAX(started_at) FROM calls) THEN NULL
       WHEN EXISTS (
         SELECT 1 FROM calls f WHERE f.customer_key = c.customer_key AND f.call_id <> c.call_id
           AND f.started_at > c.started_at AND f.started_at <= {week_later_of_c}
           AND (
             NOT EXISTS ({complaints_of_c})
             OR NOT EXISTS ({complaints_of_f})
             OR EXISTS ({complaints_of_c} AND tc.code IN ({codes_of_f}))
           )
       ) THEN 0 ELSE 1 END AS first_contact_resolution,
  CASE WHEN e.promises_in_time IS NULL THEN NULL
       WHEN e.promises_in_time THEN 1 ELSE 0 END AS promised_in_time,
  e.duration_s AS handle_time_s,
  e.non_talk_share AS silence_share,
  e.agent_interruptions AS interruptions,
  e.agent_speech_rate_cpm AS speech_rate_cpm,
  s.customer_start, s.customer_end, s.shift
FROM evaluations e
JOIN calls c ON c.call_id = e.call_id
JOIN sentiments s ON s.evaluation_id = e.evaluation_id
LEFT JOIN criteria em ON em.evaluation_id = e.evaluation_id AND em.criterion_id = 'empathy_before_solution'
LEFT JOIN criteria cm ON cm.evaluation_id = e.evaluation_id AND cm.criterion_id = 'time_commitment'
WHERE e.is_current
"""


def _complaints_of(call: str, chosen: str = "1") -> str:
    """Select the complaints of a call, joined anew: a view of its own would be built for every call."""
    return (
        f"SELECT {chosen} FROM evaluations e{call}"
        f" JOIN complaints t{call} ON t{call}.evaluation_id = e{call}.evaluation_id"
        f" WHERE e{call}.call_id = {call}.call_id AND e{call}.is_current"
        f" AND t{call}.complaint_class <> 'risk'"
    )


# SQLite compares its times as text; both sides must be written alike, to the microsecond.
WEEK_LATER = {
    "sqlite": "(strftime('%Y-%m-%d %H:%M:%S', c.started_at, '+7 days') || substr(c.started_at, 20))",
    "postgresql": "(c.started_at + INTERVAL '7 days')",
}

DAILY_COLUMNS = """
  COUNT(*) AS calls,
  COUNT(qa_score) AS judged_calls,
  AVG(qa_score) AS mean_percent,
  AVG(1.0 * pass_rate) AS pass_rate,
  SUM(red_line_rate) AS red_line_calls,
  SUM(complaint_rate) AS complaint_calls,
  SUM(escalation_rate) AS escalation_calls,
  AVG(1.0 * empathy_rate) AS empathy_rate,
  COUNT(empathy_rate) AS empathy_n,
  AVG(handle_time_s) AS mean_duration_s,
  AVG(silence_share) AS mean_silence_share,
  AVG(1.0 * interruptions) AS mean_interruptions,
  AVG(speech_rate_cpm) AS mean_speech_rate_cpm,
  SUM(CASE WHEN shift = 'improved' THEN 1 ELSE 0 END) AS sentiment_improved,
  SUM(CASE WHEN shift = 'worsened' THEN 1 ELSE 0 END) AS sentiment_worsened,
  COUNT(shift) AS sentiment_n,
  COUNT(DISTINCT scorecard_fingerprint) AS scorecard_versions
"""

AGENT_DAILY = f"""
CREATE VIEW agent_daily AS
SELECT local_day, scorecard_id, team, agent_id, MAX(agent_name) AS agent_name, {DAILY_COLUMNS}
FROM call_facts
GROUP BY local_day, scorecard_id, team, agent_id
"""

TEAM_DAILY = f"""
CREATE VIEW team_daily AS
SELECT local_day, scorecard_id, team, COUNT(DISTINCT agent_id) AS agents, {DAILY_COLUMNS}
FROM call_facts
GROUP BY local_day, scorecard_id, team
"""

CRITERION_DAILY = """
CREATE VIEW criterion_daily AS
SELECT c.local_day, e.scorecard_id, c.team, k.criterion_id,
  COUNT(*) AS calls,
  SUM(CASE WHEN k.verdict = 'pass' THEN 1 ELSE 0 END) AS passed,
  SUM(CASE WHEN k.verdict = 'fail' THEN 1 ELSE 0 END) AS failed,
  SUM(CASE WHEN k.verdict = 'na' THEN 1 ELSE 0 END) AS not_applicable,
  SUM(CASE WHEN k.verdict = 'unscorable' THEN 1 ELSE 0 END) AS unscorable,
  AVG(CASE k.verdict WHEN 'pass' THEN 1.0 WHEN 'fail' THEN 0.0 END) AS pass_rate
FROM evaluations e
JOIN calls c ON c.call_id = e.call_id
JOIN criteria k ON k.evaluation_id = e.evaluation_id
WHERE e.is_current
GROUP BY c.local_day, e.scorecard_id, c.team, k.criterion_id
"""

COMPLAINT_DAILY = """
CREATE VIEW complaint_daily AS
SELECT c.local_day, c.team, t.complaint_class, t.code, COUNT(DISTINCT c.call_id) AS calls
FROM evaluations e
JOIN calls c ON c.call_id = e.call_id
JOIN complaints t ON t.evaluation_id = e.evaluation_id
WHERE e.is_current
GROUP BY c.local_day, c.team, t.complaint_class, t.code
"""


def _kpi_daily() -> str:
    lines = [
        f"SELECT local_day, scorecard_id, team, '{kpi}' AS kpi, AVG(1.0 * {kpi}) AS value, COUNT({kpi}) AS n"
        " FROM call_facts GROUP BY local_day, scorecard_id, team"
        for kpi in KPI_COLUMNS
    ]
    return "CREATE VIEW kpi_daily AS\n" + "\nUNION ALL\n".join(lines)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    call_facts = CALL_FACTS.format(
        week_later_of_c=WEEK_LATER[dialect].replace(":", "\\:"),  # ":" would be read as a parameter
        complaints_of_c=_complaints_of("c"),
        complaints_of_f=_complaints_of("f"),
        codes_of_f=_complaints_of("f", "tf.code"),
    )
    op.execute(call_facts)
    for view in (AGENT_DAILY, TEAM_DAILY, CRITERION_DAILY, COMPLAINT_DAILY, _kpi_daily()):
        op.execute(view)
