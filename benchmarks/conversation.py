"""How conversation facts from voice activity agree with the truth.

    python benchmarks/conversation.py [--calls DIR] [--turns-only]

DIR (default $QA_SHARED/calls) holds calls.jsonl with labels, and audio/<call_id>.wav with
<call_id>.truth.json: true turn times. Voice activity is detected in the recordings; words come from the true
turns, so that recognition plays no part. With --turns-only the true turns stand for voice activity too, which
shows the rules alone.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from qa_analyzer.analysis.metrics import measure
from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.intervals import Span, total_s, union
from qa_analyzer.speech.transcript import AudioFacts, Channel, RoleAssignment, RoleMethod, Transcript, Turn
from qa_analyzer.speech.vad import VoiceDetector

SPEAKERS = (Role.AGENT, Role.CUSTOMER)


@dataclass
class Tally:
    """Agreement over calls."""

    cuts_right: int = 0
    cuts_false: int = 0
    cuts_missed: int = 0
    verdicts_right: int = 0
    calls: int = 0
    silence_errors_s: list[float] = field(default_factory=list)
    silences_missed: int = 0
    silences_false: int = 0
    talk_errors: list[float] = field(default_factory=list)


def transcript_of(
    call: dict[str, Any], truth: dict[str, Any], audio_path: Path, detector: VoiceDetector | None
) -> Transcript:
    """Return the true turns over detected voice activity; the true turns stand for it without a detector."""
    agent = truth["agent_channel"]
    channel_of = {Role.AGENT: agent, Role.CUSTOMER: 1 - agent}
    turns = tuple(
        Turn(
            index=turn["index"],
            role=Role(turn["role"]),
            text=call["turns"][turn["index"]]["text"],
            channel=channel_of[Role(turn["role"])],
            start_s=turn["start_s"],
            end_s=turn["end_s"],
        )
        for turn in truth["turns"]
    )
    voices: dict[Role, tuple[Span, ...]] = {}
    if detector is None:
        voices = {
            role: union(Span(t.start_s or 0, t.end_s or 0) for t in turns if t.role is role)
            for role in SPEAKERS
        }
    else:
        with open_audio(audio_path, call_id=call["call_id"]) as audio:
            voices = {role: detector.spans(audio, channel_of[role]) for role in SPEAKERS}
    return Transcript(
        call=Call(call["call_id"], given_turns=()),
        turns=turns,
        roles=RoleAssignment(RoleMethod.MANIFEST, 1.0, agent, diarized=False),
        overlap_known=True,
        audio=AudioFacts(audio_path.name, "", truth["duration_s"], 8000, 2, "pcm_alaw"),
        duration_s=truth["duration_s"],
        channels=tuple(Channel(channel_of[role], role, voices[role], -20.0, 0.0) for role in SPEAKERS),
    )


def compare(call: dict[str, Any], transcript: Transcript, tally: Tally) -> None:
    """Add one call to the tally."""
    metrics = measure(transcript)
    found = {cut.turn_index for cut in metrics.interruptions or () if cut.interrupter is Role.AGENT}
    verdict = call["gold"]["criteria"]["no_interruption"]
    expected = set(call["gold"]["evidence"].get("no_interruption", ())) if verdict == "fail" else set()
    tally.cuts_right += len(found & expected)
    tally.cuts_false += len(found - expected)
    tally.cuts_missed += len(expected - found)
    tally.verdicts_right += bool(found) == (verdict == "fail")
    tally.calls += 1
    pauses = {
        n: turn["pause_before_s"] for n, turn in enumerate(call["turns"]) if turn["pause_before_s"] >= 3
    }
    heard = {s.before_turn_index: s.duration_s for s in metrics.silences or () if s.before_turn_index}
    tally.silence_errors_s += [abs(heard[index] - pauses[index]) for index in pauses.keys() & heard.keys()]
    tally.silences_missed += len(pauses.keys() - heard.keys())
    tally.silences_false += len(heard.keys() - pauses.keys())
    for role in SPEAKERS:
        true_s = total_s(Span(t.start_s or 0, t.end_s or 0) for t in transcript.turns if t.role is role)
        tally.talk_errors.append(abs((metrics.talk_s or {})[role] - true_s) / true_s)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default_shared = os.environ.get("QA_SHARED", str(Path(__file__).parents[1].parent / "shared"))
    parser.add_argument("--calls", type=Path, default=Path(default_shared) / "calls")
    parser.add_argument("--turns-only", action="store_true")
    options = parser.parse_args()
    detector = None if options.turns_only else VoiceDetector()
    tally = Tally()
    for line in (options.calls / "calls.jsonl").read_text("utf-8").splitlines():
        call = json.loads(line)
        truth_path = options.calls / "audio" / f"{call['call_id']}.truth.json"
        if truth_path.is_file():
            audio_path = truth_path.with_name(f"{call['call_id']}.wav")
            truth = json.loads(truth_path.read_text("utf-8"))
            compare(call, transcript_of(call, truth, audio_path, detector), tally)
    source = "from true turns" if detector is None else "detected"
    errors_s = tally.silence_errors_s
    print(f"{tally.calls} calls, voice activity {source}")
    print(
        f"agent interruptions: {tally.cuts_right} right, {tally.cuts_false} false, {tally.cuts_missed} missed"
    )
    print(f"calls judged as labelled: {tally.verdicts_right} of {tally.calls}")
    print(f"silences of 3 s and more: {len(errors_s)} found, {tally.silences_missed} missed,")
    print(f"{tally.silences_false} false, mean error {mean(errors_s or [0]):.2f} s")
    print(f"talk time, mean relative error: {mean(tally.talk_errors):.3f}")


if __name__ == "__main__":
    main()
