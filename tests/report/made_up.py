"""Made-up evaluations: whole values as the other rooms pass them on, without any of those rooms at work."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from qa_analyzer.analysis.call_analysis import (
    CallAnalysis,
    CallSentiment,
    ComplaintTag,
    ConversationMetrics,
    Interruption,
    SentimentLabel,
    Silence,
    TurnSentiment,
)
from qa_analyzer.calls.call import Call, Direction, GivenTurn, Role
from qa_analyzer.intervals import Span, total_s
from qa_analyzer.report.report_data import CriterionView, ReportData, RunFacts, ScorecardView, SectionView
from qa_analyzer.scoring.evaluation import (
    CallFailure,
    CriterionResult,
    Evaluation,
    Evidence,
    EvidenceKind,
    Fingerprints,
    Grade,
    MatchKind,
    Verdict,
)
from qa_analyzer.speech.transcript import (
    AudioFacts,
    AuditKind,
    AuditSpan,
    Channel,
    ChannelFinding,
    ChannelProblem,
    RoleAssignment,
    RoleMethod,
    Transcript,
    Turn,
    Word,
)

SECONDS_PER_CHARACTER = 0.22

_SECTIONS = (
    ("opening", "开场", "Opening", (
        ("greeting", "主动问候", "Greeting", 10),
        ("self_introduction", "自报家门", "Self-introduction", 10),
        ("offer_help", "询问需求", "Offer of help", 5),
    )),
    ("courtesy", "礼貌", "Courtesy", (
        ("polite_phrases", "礼貌用语", "Polite phrases", 10),
        ("hold_courtesy", "等待用语", "Hold courtesy", 5),
        ("no_interruption", "不打断客户", "No interruption", 5),
        ("speech_rate", "语速适中", "Speech rate", 5),
    )),
    ("empathy", "安抚", "Empathy", (
        ("empathy_before_solution", "先安抚后处理", "Empathy before solution", 15),
        ("confirm_understanding", "复述确认", "Confirmed understanding", 5),
    )),
    ("resolution", "解决", "Resolution", (
        ("time_commitment", "承诺时限", "Time commitment", 5),
        ("ownership", "首问负责", "Ownership", 5),
        ("transfer_notice", "转接告知", "Transfer notice", 5),
    )),
    ("closing", "结束", "Closing", (
        ("further_help", "询问其他需求", "Further help", 5),
        ("closing_courtesy", "礼貌结束", "Courteous closing", 10),
    )),
    ("red_lines", "红线", "Red lines", (
        ("forbidden_phrases", "服务禁语", "Forbidden phrases", 0),
        ("abuse", "辱骂争吵", "Abuse", 0),
        ("credential_request", "索要密码", "Credential request", 0),
    )),
)  # fmt: skip

RED_LINES = ("forbidden_phrases", "abuse", "credential_request")


def scorecard() -> ScorecardView:
    """Return a scorecard with the standard's ids."""
    return ScorecardView(
        scorecard_id="telecom_etiquette",
        version="1.0.0",
        names={"zh": "电信服务礼仪", "en": "Telecom etiquette"},
        sections=tuple(
            SectionView(
                section_id,
                {"zh": zh, "en": en},
                tuple(
                    CriterionView(
                        criterion_id,
                        {"zh": name, "en": english},
                        float(weight),
                        auto_fail=section_id == "red_lines",
                    )
                    for criterion_id, name, english, weight in criteria
                ),
            )
            for section_id, zh, en, criteria in _SECTIONS
        ),
        fingerprint="5c0e" * 16,
    )


WEIGHTS = {criterion.criterion_id: criterion.weight for criterion in scorecard().criteria}


@dataclass(frozen=True)
class Plot:
    """One made-up conversation. ``quotes`` maps criteria to the turn and words that decide them."""

    turns: Sequence[tuple[str, str]]
    quotes: Mapping[str, tuple[int, str]]
    fails: Mapping[str, str] = field(default_factory=dict)
    not_applicable: Sequence[str] = ()
    unscorable: Sequence[str] = ()
    complaints: Sequence[tuple[str, str, int, str]] = ()
    risks: Sequence[tuple[str, int, str]] = ()
    moods: Mapping[int, float] = field(default_factory=dict)
    pauses: Mapping[int, float] = field(default_factory=dict)
    overlaps: Mapping[int, float] = field(default_factory=dict)


REPAIR = Plot(
    turns=(
        ("agent", "您好，蓝天通信客服中心，我是八零七号小周，请问您今天想办理什么？"),
        ("customer", "我家的宽带从昨天下午开始就上不去网了，路由器重启了好几遍都没用，真让人着急。"),
        ("agent", "实在抱歉给您添麻烦了，家里断网确实很不方便。跟您核对一下，是昨天下午起完全连不上，对吧？"),
        ("customer", "对，一点信号都没有，孩子还等着交作业呢。"),
        ("agent", "我马上帮您检测线路，请您稍等一下好吗？"),
        ("customer", "好的，你查吧。"),
        (
            "agent",
            "让您久等了，感谢您的耐心。检测到是楼道设备掉电，我已经派了维修单，今天晚上八点之前师傅会上门处理。",
        ),
        ("customer", "今晚能修好那太好了，谢谢你啊。"),
        ("agent", "不客气，请问还有别的需要我协助的吗？"),
        ("customer", "没有了。"),
        ("agent", "感谢您的来电，祝您晚上愉快，再见。"),
    ),
    quotes={
        "greeting": (0, "您好"),
        "self_introduction": (0, "蓝天通信客服中心，我是八零七号小周"),
        "offer_help": (0, "请问您今天想办理什么"),
        "polite_phrases": (2, "实在抱歉"),
        "hold_courtesy": (4, "请您稍等一下"),
        "empathy_before_solution": (2, "实在抱歉给您添麻烦了，家里断网确实很不方便"),
        "confirm_understanding": (2, "跟您核对一下，是昨天下午起完全连不上，对吧"),
        "time_commitment": (6, "今天晚上八点之前师傅会上门处理"),
        "further_help": (8, "请问还有别的需要我协助的吗"),
        "closing_courtesy": (10, "感谢您的来电，祝您晚上愉快，再见"),
    },
    not_applicable=("transfer_notice",),
    complaints=(("outage", "network", 1, "上不去网"),),
    moods={1: -0.72, 3: -0.45, 5: 0.02, 7: 0.81, 9: 0.05},
    pauses={6: 14.0},
)

BILLING = Plot(
    turns=(
        ("agent", "喂你好，请讲。"),
        ("customer", "我想问一下，这个月怎么平白无故多扣了我三十八块钱？我根本没订过什么会员。"),
        ("agent", "系统里显示您上月十二号开通了一个视频会员，所以就扣了。"),
        ("customer", "我没有开通过啊，你们这是乱收费吧，我要到工信部去反映。"),
        ("agent", "这个是系统自动记录的，我这边也没有办法，您自己去营业厅问一下吧。"),
        ("customer", "上次打电话就让我去营业厅，这已经是第二回了，你们到底管不管？"),
        ("agent", "我给您登记一下，会尽快有人联系您的。"),
        ("customer", "行吧，算了。"),
        ("agent", "那再见。"),
    ),
    quotes={
        "greeting": (0, "你好"),
        "offer_help": (0, "请讲"),
        "closing_courtesy": (8, "再见"),
        "empathy_before_solution": (2, "系统里显示您上月十二号开通了一个视频会员"),
        "ownership": (4, "我这边也没有办法，您自己去营业厅问一下吧"),
        "time_commitment": (6, "会尽快有人联系您的"),
    },
    fails={
        "self_introduction": "开场两句没有报出公司、部门、姓名或工号。",
        "polite_phrases": "全程只用到 2 种礼貌用语（问候、再见），要求至少 3 种。",
        "empathy_before_solution": "客户投诉扣费后，坐席第一句就解释，没有先致歉或表示理解。",
        "confirm_understanding": "没有复述或确认客户的诉求。",
        "time_commitment": "“尽快”不是明确时限。",
        "ownership": "把客户推给营业厅，没有说明必须去的原因。",
        "further_help": "临近结束没有询问其他需求。",
        "no_interruption": "第 3 句在客户说话时插入 1.2 秒。",
    },
    not_applicable=("transfer_notice", "hold_courtesy"),
    complaints=(
        ("value_added", "charges", 1, "根本没订过什么会员"),
        ("unknown_charge", "charges", 1, "平白无故多扣了"),
        ("buck_passing", "service", 5, "上次打电话就让我去营业厅"),
    ),
    risks=(("escalation", 3, "到工信部去反映"), ("repeat_contact", 5, "第二回了")),
    moods={1: -0.4, 3: -0.83, 5: -0.9, 7: -0.35},
    overlaps={2: 1.2},
)

RUDE = Plot(
    turns=(
        ("agent", "你好，客服。"),
        ("customer", "你好，我的号码突然停机了，我话费还有六十多块呢。"),
        ("agent", "停机肯定有停机的道理，你自己没看短信吗？"),
        ("customer", "我没收到短信啊，你这是什么态度？"),
        ("agent", "跟你说了也不懂，爱用不用，想投诉随便你。"),
        ("customer", "你怎么能这样说话，我要找你们领导。"),
        ("agent", "找谁都一样。"),
    ),
    quotes={
        "greeting": (0, "你好"),
        "self_introduction": (0, "客服"),
        "forbidden_phrases": (4, "跟你说了也不懂，爱用不用，想投诉随便你"),
        "empathy_before_solution": (2, "停机肯定有停机的道理"),
    },
    fails={
        "offer_help": "开场没有询问客户需求。",
        "polite_phrases": "全程只用到 1 种礼貌用语。",
        "empathy_before_solution": "客户投诉停机后，坐席反问客户，没有致歉或安抚。",
        "confirm_understanding": "没有复述或确认客户的诉求。",
        "forbidden_phrases": "坐席说了讥讽、挑衅的话。",
        "ownership": "没有为客户查询停机原因。",
        "time_commitment": "问题没有解决，也没有给出时限。",
    },
    not_applicable=("transfer_notice", "hold_courtesy"),
    unscorable=("further_help", "closing_courtesy"),
    complaints=(("suspension", "service", 1, "突然停机"), ("attitude", "service", 3, "什么态度")),
    moods={1: -0.3, 3: -0.75, 5: -0.95},
)

PLOTS: Mapping[str, Plot] = {"repair": REPAIR, "billing": BILLING, "rude": RUDE}

AGENTS = (
    ("A101", "周晓彤", "一组"),
    ("A102", "吴建华", "一组"),
    ("A103", "郑雨欣", "一组"),
    ("A201", "王大勇", "二组"),
    ("A202", "冯丽", "二组"),
    ("A203", "陈思远", "二组"),
)


def evaluation(
    plot: Plot = REPAIR,
    *,
    call_id: str = "C0001",
    agent: tuple[str | None, str | None, str | None] = AGENTS[0],
    started_at: datetime | None = datetime(2026, 11, 20, 19, 6),  # noqa: DTZ001  local time, as recorded
    timed: bool = True,
    mono: bool = False,
    flips: Mapping[str, Verdict] | None = None,
    audio: bool = True,
    sha256: str = "ab12" * 16,
) -> Evaluation:
    """Return one evaluation; ``flips`` overrides verdicts, ``timed`` False gives a text call."""
    transcript = _transcript(
        plot, call_id, agent, started_at, timed=timed, mono=mono, audio=audio, sha256=sha256
    )
    sentiments = _sentiment(plot)
    analysis = CallAnalysis(
        transcript=transcript,
        metrics=_metrics(plot, transcript),
        sentiment=sentiments,
        complaints=tuple(
            _tag(transcript, code, kind, index, term) for code, kind, index, term in plot.complaints
        ),
        risks=tuple(_tag(transcript, code, "risk", index, term) for code, index, term in plot.risks),
        lexicon_fingerprint="1ec1" * 16,
    )
    results = tuple(
        _result(plot, transcript, criterion_id, (flips or {}).get(criterion_id)) for criterion_id in WEIGHTS
    )
    return scored(analysis, results)


def scored(analysis: CallAnalysis, results: tuple[CriterionResult, ...]) -> Evaluation:
    """Add the results up as the standard says."""
    judged = [result for result in results if result.verdict in (Verdict.PASS, Verdict.FAIL)]
    possible = sum(result.points_possible for result in judged)
    auto_failed = any(result.auto_fail and result.verdict is Verdict.FAIL for result in results)
    percent = None if possible == 0 else 100 * sum(result.points_earned for result in judged) / possible
    if auto_failed:
        percent = 0.0
    edges = ((90, Grade.EXCELLENT), (80, Grade.PASS), (60, Grade.TO_IMPROVE), (-1, Grade.FAIL))
    grade = (
        Grade.UNSCORED
        if percent is None
        else next(grade for edge, grade in edges if round(percent, 6) >= edge)
    )
    return Evaluation(
        analysis=analysis,
        scorecard_id="telecom_etiquette",
        scorecard_version="1.0.0",
        percent=percent,
        grade=grade,
        auto_failed=auto_failed,
        criteria=results,
        fingerprints=Fingerprints(
            "5c0e" * 16,
            "a5a5" * 16 if analysis.transcript.audio else None,
            "0.1.0",
            "7a7a" * 16,
            "53e7" * 16,
            "1ec1" * 16,
        ),
    )


def evaluations(count: int, *, seed: int = 7, agents: int = 6, days: int = 5) -> tuple[Evaluation, ...]:
    """Return many evaluations: every plot, some verdicts turned, a text and a mono call now and then."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        base = AGENTS[number % len(AGENTS)]
        index = number % agents
        agent = base if index < len(AGENTS) else (f"A{300 + index}", f"{base[1]}{index}", base[2])
        plot = draw.choices((REPAIR, BILLING, RUDE), (8, 3, 0.5 if index % 3 else 1))[0]
        flips: dict[str, Verdict] = {}
        for criterion_id in WEIGHTS:
            chance = draw.random()
            if criterion_id in RED_LINES:
                continue
            if chance < 0.06 + 0.02 * (index % 4):
                flips[criterion_id] = Verdict.FAIL
            elif chance > 0.985:
                flips[criterion_id] = Verdict.UNSCORABLE
        started = datetime(2026, 11, 16, 18, 30) + timedelta(days=number % days, minutes=draw.randrange(300))  # noqa: DTZ001
        made.append(
            evaluation(
                plot,
                call_id=f"C{number + 1:04d}",
                agent=agent,
                started_at=started,
                timed=number % 11 != 5,
                mono=number % 13 == 4,
                flips=flips,
            )
        )
    return tuple(made)


def report_data(
    made: Sequence[Evaluation] | None = None,
    *,
    failures: tuple[CallFailure, ...] | None = None,
    **values: object,
) -> ReportData:
    """Return a report over some evaluations (24 by default) with a failed call."""
    if failures is None:
        failures = (
            CallFailure(
                "C9001", "recordings/C9001.wav", "decode", "DecodeError", "文件为空，请确认录音系统是否写完。"
            ),
        )
    report = ReportData(
        run=RunFacts(
            run_id="2026-11-20-night",
            version="0.1.0",
            started_at=datetime(2026, 11, 20, 22, 0),  # noqa: DTZ001
            finished_at=datetime(2026, 11, 20, 22, 41),  # noqa: DTZ001
            asr_model="whisper-base",
            sentiment_model="lexicon-zh",
            audio_s=5400.0,
            wall_s=2460.0,
            warnings=("识别模型为 whisper-base，规模较小，扣分前请听录音核实。",),
        ),
        scorecard=scorecard(),
        evaluations=tuple(made if made is not None else evaluations(24)),
        failures=failures,
    )
    return replace(report, **values)  # type: ignore[arg-type]


def _transcript(
    plot: Plot,
    call_id: str,
    agent: tuple[str | None, str | None, str | None],
    started_at: datetime | None,
    *,
    timed: bool,
    mono: bool,
    audio: bool,
    sha256: str,
) -> Transcript:
    turns, cursor_s = [], 1.2
    for index, (role_name, text) in enumerate(plot.turns):
        role = Role(role_name)
        overlap_s = plot.overlaps.get(index, 0.0)
        start_s = cursor_s - overlap_s if overlap_s else cursor_s + plot.pauses.get(index, 0.4)
        end_s = start_s + len(text) * SECONDS_PER_CHARACTER
        channel = None if mono or not timed else (0 if role is Role.AGENT else 1)
        words = tuple(
            Word(
                character,
                start_s + at * SECONDS_PER_CHARACTER,
                start_s + (at + 1) * SECONDS_PER_CHARACTER,
                _sure(index, at),
            )
            for at, character in enumerate(text)
        )
        if timed:
            turns.append(Turn(index, role, text, channel, round(start_s, 3), round(end_s, 3), words))
        else:
            turns.append(
                Turn(index, role, text, pause_before_s=plot.pauses.get(index, 0.4), overlap_s=overlap_s)
            )
        cursor_s = end_s
    agent_id, agent_name, team = agent
    call = Call(
        call_id=call_id,
        given_turns=tuple(GivenTurn(turn.role, turn.text) for turn in turns),
        agent_id=agent_id,
        agent_name=agent_name,
        team=team,
        queue="宽带",
        started_at=started_at,
        direction=Direction.INBOUND,
        csat=4.0,
        resolved=True,
    )
    if not timed:
        return Transcript(
            call,
            tuple(turns),
            RoleAssignment(RoleMethod.GIVEN, 1.0, None, diarized=False),
            overlap_known=True,
        )
    duration_s = round(cursor_s + 1.5, 3)
    channels = tuple(
        Channel(
            number,
            role,
            tuple(Span(turn.start_s or 0.0, turn.end_s or 0.0) for turn in turns if turn.role is role),
            -24.0,
            0.0,
        )
        for number, role in enumerate((Role.AGENT, Role.CUSTOMER))
    )
    if mono:
        channels = (Channel(0, Role.UNKNOWN, tuple(span for c in channels for span in c.voice), -22.0, 0.0),)
    return Transcript(
        call=call,
        turns=tuple(turns),
        roles=RoleAssignment(
            RoleMethod.INFERRED,
            0.72 if mono else 0.97,
            None if mono else 0,
            diarized=mono,
            reasons=("开场用语在声道 0",),
        ),
        overlap_known=not mono,
        audio=AudioFacts(f"recordings/{call_id}.wav", sha256, duration_s, 8000, 1 if mono else 2, "pcm_alaw")
        if audio
        else None,
        duration_s=duration_s,
        channels=channels,
        channel_findings=(ChannelFinding(ChannelProblem.CLIPPING, 0, 0.021, "2.1% 的采样削波"),)
        if mono
        else (),
        audit=(AuditSpan(AuditKind.LOST_SPEECH, None, 2.0, 3.4, "1.4 秒人声没有文字"),) if mono else (),
        asr_model="whisper-base",
        asr_fingerprint="a5a5" * 16,
    )


def _sure(turn_index: int, at: int) -> float:
    return 0.34 if (turn_index * 7 + at) % 41 == 5 else 0.93


def _metrics(plot: Plot, transcript: Transcript) -> ConversationMetrics:
    spans = {
        role: [
            Span(turn.start_s, turn.end_s)
            for turn in transcript.turns
            if turn.role is role and turn.start_s is not None and turn.end_s is not None
        ]
        for role in (Role.AGENT, Role.CUSTOMER)
    }
    if transcript.duration_s is None:
        silences = tuple(
            Silence(transcript.turns[index].role, pause, True, None, index - 1, index)
            for index, pause in sorted(plot.pauses.items())
        )
        return ConversationMetrics(
            None, None, None, None, None, max(plot.pauses.values(), default=None), silences, (), None, None
        )
    talk_s = {role: round(total_s(own), 3) for role, own in spans.items()}
    return ConversationMetrics(
        duration_s=transcript.duration_s,
        talk_s=talk_s,
        talk_ratio=talk_s[Role.AGENT] / sum(talk_s.values()),
        overlap_s=sum(plot.overlaps.values()),
        non_talk_s=round(transcript.duration_s - sum(talk_s.values()), 3),
        longest_silence_s=max(plot.pauses.values(), default=1.5),
        silences=tuple(
            Silence(
                transcript.turns[index].role,
                pause,
                announced=True,
                start_s=round((transcript.turns[index].start_s or 0.0) - pause, 3),
                after_turn_index=index - 1,
                before_turn_index=index,
            )
            for index, pause in sorted(plot.pauses.items())
        ),
        interruptions=tuple(
            Interruption(transcript.turns[index].role, index, transcript.turns[index].start_s, overlap_s)
            for index, overlap_s in sorted(plot.overlaps.items())
        )
        if transcript.overlap_known
        else None,
        speech_rate_cpm={Role.AGENT: 231.0, Role.CUSTOMER: 247.0},
        first_agent_s=1.6,
    )


def _sentiment(plot: Plot) -> CallSentiment:
    def label(mood: float) -> SentimentLabel:
        if mood < -0.2:
            return SentimentLabel.NEGATIVE
        return SentimentLabel.POSITIVE if mood > 0.2 else SentimentLabel.NEUTRAL

    moods = dict(sorted(plot.moods.items()))
    if not moods:
        return CallSentiment(None, None, None, None, None, (), "53e7" * 16)
    turns = tuple(TurnSentiment(index, label(mood), mood, 0.8) for index, mood in moods.items())
    order = list(SentimentLabel)
    start, end = turns[0].label, turns[-1].label
    moved = order.index(end) - order.index(start)
    lowest = min(turns, key=lambda turn: turn.score)
    shift = "improved" if moved > 0 else "worsened" if moved < 0 else "unchanged"
    return CallSentiment(start, end, lowest.score, lowest.turn_index, shift, turns, "53e7" * 16)


def _tag(transcript: Transcript, code: str, kind: str, index: int, term: str) -> ComplaintTag:
    start = transcript.turns[index].text.find(term)
    return ComplaintTag(
        code, kind, index, transcript.turns[index].start_s, term, start, start + len(term), "exact"
    )


def _result(plot: Plot, transcript: Transcript, criterion_id: str, flip: Verdict | None) -> CriterionResult:
    weight = WEIGHTS[criterion_id]
    if criterion_id in plot.not_applicable:
        verdict, explanation = Verdict.NOT_APPLICABLE, "这通通话没有出现适用的情形。"
    elif criterion_id in plot.unscorable:
        verdict, explanation = Verdict.UNSCORABLE, "录音在客户的话后中断，看不出由谁先挂机。"
    elif criterion_id in plot.fails:
        verdict, explanation = Verdict.FAIL, plot.fails[criterion_id]
    else:
        verdict, explanation = Verdict.PASS, "找到了符合要求的表述。"
    if flip is not None and verdict is Verdict.PASS:
        verdict = flip
        explanation = (
            "检查范围内没有找到符合要求的表述。" if flip is Verdict.FAIL else "检查范围听清不足，无法判断。"
        )
    evidence = []
    quoted = plot.quotes.get(criterion_id)
    turned = flip is not None and verdict is flip
    if quoted and verdict in (Verdict.PASS, Verdict.FAIL) and not turned:
        evidence.append(_quote(transcript, EvidenceKind.MATCH, *quoted, MatchKind.EXACT, 0.0))
    elif verdict in (Verdict.FAIL, Verdict.UNSCORABLE):
        end_s = transcript.turns[min(2, len(transcript.turns) - 1)].end_s
        evidence.append(
            Evidence(
                EvidenceKind.WINDOW,
                Role.AGENT,
                0,
                transcript.turns[0].start_s,
                end_s,
                "",
                MatchKind.NONE,
                0.0,
                heard_share=0.96 if verdict is Verdict.FAIL else 0.41,
                note="开场两句，直到第 3 句结束",
            )
        )
        if quoted and turned:
            evidence.append(_quote(transcript, EvidenceKind.NEAREST_MISS, *quoted, MatchKind.SOUND, 0.38))
    judged = verdict in (Verdict.PASS, Verdict.FAIL)
    return CriterionResult(
        criterion_id=criterion_id,
        verdict=verdict,
        points_earned=weight if verdict is Verdict.PASS else 0.0,
        points_possible=weight if judged else 0.0,
        auto_fail=criterion_id in RED_LINES,
        explanation=explanation,
        evidence=tuple(evidence),
    )


def _quote(
    transcript: Transcript, kind: EvidenceKind, index: int, words: str, match: MatchKind, distance: float
) -> Evidence:
    turn = transcript.turns[index]
    start = turn.text.index(words)
    start_s = None if turn.start_s is None else round(turn.start_s + start * SECONDS_PER_CHARACTER, 3)
    end_s = None if start_s is None else round(start_s + len(words) * SECONDS_PER_CHARACTER, 3)
    return Evidence(kind, turn.role, index, start_s, end_s, words, match, distance, start, start + len(words))
