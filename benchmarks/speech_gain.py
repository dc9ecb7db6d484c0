"""What hot words and the second pass are worth; sections of ``speech.py``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from speech_reference import Errors, LabelledCall, labelled_calls, noises, plain

from qa_analyzer.calls.call import Call
from qa_analyzer.intervals import Span
from qa_analyzer.speech.asr import AsrEngine
from qa_analyzer.speech.hot_words import HotWords
from qa_analyzer.speech.transcribe import Transcriber
from qa_analyzer.speech.transcript import AuditKind, Transcript

TERMS_OF_THE_TRADE = (
    "携号转网 套餐 宽带 光猫 路由器 机顶盒 基站 信号 话费 流量 月租 余额 欠费 停机 复机 销户 过户 补卡 副卡 "
    "主卡 实名认证 合约 违约金 增值业务 彩铃 国际漫游 亲情号 营业厅 客服 工号 工单 报修 装机 移机 限速 扣费 "
    "退费 账单 发票 积分"
)
TERMS = TERMS_OF_THE_TRADE.split()
"""General terms of the trade, written without the calls in view."""


@dataclass
class Terms:
    """How often the terms were said, heard where they were said, and heard where they were not."""

    said: int = 0
    heard: int = 0
    invented: int = 0

    def add(self, reference: str, text: str) -> None:
        expected, found = plain(reference), plain(text)
        for term in TERMS:
            said, heard = expected.count(term), found.count(term)
            self.said += said
            self.heard += min(said, heard)
            self.invented += max(0, heard - said)


def transcripts(transcriber: Transcriber, calls: Sequence[LabelledCall]) -> list[Transcript]:
    """Transcribe calls together, their agent channel not told."""
    found = []
    for first in range(0, len(calls), 8):
        some = [Call(call.call_id, audio_path=call.path) for call in calls[first : first + 8]]
        found += [one for one in transcriber.transcribe_together(some) if isinstance(one, Transcript)]
    return found


def hot_words(engine: AsrEngine, shared: Path, options: argparse.Namespace) -> None:
    """Terms and characters with and without hot words, and what leaks into sound without speech."""
    calls = labelled_calls(shared, "audio", options.calls)
    print(f"\n## Hot words, {len(calls)} stereo calls, {engine.name}\n")
    print("| terms given | terms said | heard | invented | characters wrong | prompt echoes marked |")
    print("|---|---|---|---|---|---|")
    for count in (0, 12, len(TERMS)):
        prompt = HotWords(terms=tuple(TERMS[:count])).prompt if count else ""
        terms, errors, echoes = Terms(), Errors(), 0
        for call, transcript in zip(
            calls, transcripts(Transcriber(engine, prompt=prompt), calls), strict=True
        ):
            for channel in (0, 1):
                text = "".join(turn.text for turn in transcript.turns if turn.channel == channel)
                terms.add(call.text(channel), text)
                errors.add(call.text(channel), text)
            echoes += sum(span.kind is AuditKind.PROMPT_ECHO for span in transcript.audit)
        share = 100 * terms.heard / max(1, terms.said)
        print(
            f"| {count} | {terms.said} | {terms.heard} ({share:.0f} %) | {terms.invented} "
            f"| {errors.percent:.1f} % | {echoes} |"
        )
    prompt = HotWords(terms=tuple(TERMS)).prompt
    leaked = {name: engine.recognize([samples], prompt=prompt)[0].text for name, samples in noises().items()}
    shown = ", ".join(f"{name}: {text[:12]}" for name, text in leaked.items() if text) or "nothing"
    print(f"\nSound without speech, voice activity bypassed, {len(TERMS)} terms given: {shown}")


def second_pass(engine: AsrEngine, shared: Path, options: argparse.Namespace) -> None:
    """Errors where the audit had marked the first hearing, before and after the second."""
    calls = labelled_calls(shared, "audio", options.calls)
    once = transcripts(Transcriber(engine, second_pass=False), calls)
    twice = transcripts(Transcriber(engine, second_pass=True), calls)
    before, after, marked, changed = Errors(), Errors(), 0, 0
    whole_before, whole_after, better, worse = Errors(), Errors(), 0, 0
    for call, first, second in zip(calls, once, twice, strict=True):
        for channel in (0, 1):
            for truth, said in true_turns(call, channel):
                texts = [heard_in(one, channel, truth) for one in (first, second)]
                errors = [Errors(), Errors()]
                for one, text in zip(errors, texts, strict=True):
                    one.add(said, text)
                for total, one in zip((whole_before, whole_after), errors, strict=True):
                    total.wrong, total.chars = total.wrong + one.wrong, total.chars + one.chars
                spans = [Span(one.start_s, one.end_s) for one in first.audit if one.channel == channel]
                if not any(span.overlap_s(truth) > 0.3 for span in spans):
                    continue
                marked += 1
                changed += texts[0] != texts[1]
                better += errors[1].wrong < errors[0].wrong
                worse += errors[1].wrong > errors[0].wrong
                for total, one in zip((before, after), errors, strict=True):
                    total.wrong, total.chars = total.wrong + one.wrong, total.chars + one.chars
    print(f"\n## Second pass, {len(calls)} stereo calls, {engine.name}\n\n| | first hearing | with second |")
    print("|---|---|---|")
    print(f"| characters wrong in marked turns | {before.percent:.1f} % | {after.percent:.1f} % |")
    print(f"| in all turns | {whole_before.percent:.1f} % | {whole_after.percent:.1f} % |")
    print(f"\nTurns marked {marked}, changed {changed}: {better} with fewer errors, {worse} with more.")


def true_turns(call: LabelledCall, channel: int) -> list[tuple[Span, str]]:
    """Return the turns of a channel with their times, each up to half of the pause around it."""
    own = [
        (Span(truth["start_s"], truth["end_s"]), str(said["text"]))
        for truth, said in zip(call.truth["turns"], call.turns, strict=True)
        if (truth["role"] == "agent") == (channel == call.agent_channel)
    ]
    cuts = [0.0, *((one.end_s + two.start_s) / 2 for (one, _), (two, _) in pairwise(own)), 1e6]
    return [
        (Span(max(cuts[at], span.start_s - 1), min(cuts[at + 1], span.end_s + 1)), text)
        for at, (span, text) in enumerate(own)
    ]


def heard_in(transcript: Transcript, channel: int, span: Span) -> str:
    """Return the words of a channel whose middle lies in a stretch."""
    return "".join(
        word.text
        for turn in transcript.turns
        if turn.channel == channel
        for word in turn.words
        if span.start_s <= (word.start_s + word.end_s) / 2 < span.end_s
    )
