"""Measure recognition, speed, audit, roles and turns. Prints Markdown.

    python benchmarks/speech.py [--shared DIR] [--calls N] [--repeat N] [--threads N] [SECTION ...]

Sections: read (read speech, clean and telephone), speed (against faster-whisper, same weights, in one run),
calls (recordings of calls: errors, turns, roles, second pass), mono (speakers found in mixes), roles (who is
the agent, from text), audit (invented and lost speech), hotwords (terms with and without them), second (what
the second pass is worth). Default: all. DIR defaults to $QA_SHARED, else ../shared.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from speech_audit import audit
from speech_gain import hot_words, second_pass
from speech_reference import ArrayAudio, Errors, LabelledCall, labelled_calls, telephone

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.intervals import Span
from qa_analyzer.settings import shipped
from qa_analyzer.speech.asr import AsrEngine, open_engine
from qa_analyzer.speech.packing import pack
from qa_analyzer.speech.roles import MIN_CONFIDENCE, Side, agent_evidence, infer_agent
from qa_analyzer.speech.transcribe import Transcriber
from qa_analyzer.speech.transcript import Transcript
from qa_analyzer.speech.vad import VoiceDetector

SPEED_CALLS = 8
DESKS = ("broadband_fault", "complaint_handling", "outbound_marketing")


def hear(engine: AsrEngine, audio: ArrayAudio) -> str:
    """Recognise one channel as the transcriber does, without a second pass."""
    voice = VoiceDetector().spans(audio, 0)
    windows = pack(voice, 0, duration_s=audio.duration_s)
    return "".join(found.text for found in engine.recognize([window.read(audio) for window in windows]))


def read_speech(engine: AsrEngine, shared: Path, _: argparse.Namespace) -> None:
    """Character error rate on read speech, clean and through a telephone."""
    errors: dict[tuple[str, str], Errors] = {}
    with (shared / "speech" / "manifest.tsv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            source = "AISHELL-3" if row["file"].startswith("aishell3") else "AISHELL"
            with open_audio(shared / "speech" / row["file"], call_id=row["file"]) as audio:
                samples = audio.read(0)
            for line, sound in (("clean", samples), ("A-law", telephone(samples))):
                heard = hear(engine, ArrayAudio(sound))
                for name in (source, "all"):
                    errors.setdefault((name, line), Errors()).add(row["transcript"], heard)
    print(f"\n## Read speech, character error rate, {engine.name}\n\n| speech | characters | clean | A-law |")
    print("|---|---|---|---|")
    for name in ("AISHELL", "AISHELL-3", "all"):
        clean, line = errors[name, "clean"], errors[name, "A-law"]
        print(f"| {name} | {clean.chars} | {clean.percent:.1f} % | {line.percent:.1f} % |")


def speed(engine: AsrEngine, shared: Path, options: argparse.Namespace) -> None:
    """Wall and processor time against faster-whisper with the same weights, taking turns in one run."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel
    from faster_whisper.audio import decode_audio

    calls = labelled_calls(shared, "audio", options.calls or SPEED_CALLS)
    model = WhisperModel(str(options.model), device="cpu", compute_type="int8", cpu_threads=options.threads)
    batched = BatchedInferencePipeline(model)
    ours = Transcriber(engine)

    def peer(transcribe: Callable[..., tuple[object, object]]) -> Callable[[], list[tuple[str, str]]]:
        def run() -> list[tuple[str, str]]:
            found = []
            for call in calls:
                sides = decode_audio(str(call.path), split_stereo=True)
                texts = ["".join(one.text for one in transcribe(side, language="zh")[0]) for side in sides]
                found.append((texts[0], texts[1]))
            return found

        return run

    def together() -> list[tuple[str, str]]:
        found = []
        for first in range(0, len(calls), 8):
            some = [plain_call(call) for call in calls[first : first + 8]]
            found += [channel_texts(one) for one in ours.transcribe_together(some)]
        return found

    runs = {
        "WhisperModel.transcribe, defaults, per channel": peer(model.transcribe),
        "BatchedInferencePipeline, defaults, per channel": peer(batched.transcribe),
        "ours, call by call": lambda: [channel_texts(ours.transcribe(plain_call(call))) for call in calls],
        "ours, eight calls together": together,
    }
    wall_s: dict[str, list[float]] = {name: [] for name in runs}
    cpu_s: dict[str, list[float]] = {name: [] for name in runs}
    errors: dict[str, Errors] = {}
    ours.transcribe(plain_call(calls[0]))  # the first call of a process pays for loading libraries
    for turn in range(options.repeat):
        # The engines take turns in going first, so that a machine that slows down favours none.
        turned = [*list(runs)[turn % len(runs) :], *list(runs)[: turn % len(runs)]]
        for name, run in ((name, runs[name]) for name in turned):
            wall, cpu = time.perf_counter(), time.process_time()
            texts = run()
            wall_s[name].append(time.perf_counter() - wall)
            cpu_s[name].append(time.process_time() - cpu)
            errors[name] = Errors()
            for call, heard in zip(calls, texts, strict=True):
                for channel in (0, 1):
                    errors[name].add(call.text(channel), heard[channel])
    audio_s = sum(call.truth["duration_s"] for call in calls)
    base = next(iter(runs))
    print(f"\n## Speed, {len(calls)} stereo calls, {audio_s:.0f} s, {engine.name} int8\n")
    load = os.getloadavg()[0]
    print(f"{options.threads} threads, median of {options.repeat}, load of the machine {load:.1f}\n")
    print("| engine | s of call a s | times faster (wall) | (processor time) | lowest, highest | CER |")
    print("|---|---|---|---|---|---|")
    for name in runs:
        faster = [one / own for one, own in zip(wall_s[base], wall_s[name], strict=True)]
        less = statistics.median(one / own for one, own in zip(cpu_s[base], cpu_s[name], strict=True))
        pace = audio_s / statistics.median(wall_s[name])
        figures = f"{statistics.median(faster):.2f} | {less:.2f} | {min(faster):.2f}, {max(faster):.2f}"
        print(f"| {name} | {pace:.1f} | {figures} | {errors[name].percent:.1f} % |")


def plain_call(call: LabelledCall) -> Call:
    """Return a call of which nothing but the recording is known."""
    return Call(call.call_id, audio_path=call.path)


def channel_texts(outcome: object) -> tuple[str, str]:
    """Return the text of both channels."""
    if not isinstance(outcome, Transcript):
        raise SystemExit(f"not transcribed: {outcome}")
    first, second = (
        "".join(turn.text for turn in outcome.turns if turn.channel == channel) for channel in (0, 1)
    )
    return first, second


def recordings(engine: AsrEngine, shared: Path, options: argparse.Namespace) -> None:
    """Errors, turns, roles without a manifest, audit findings, and what the second pass adds."""
    calls = labelled_calls(shared, "audio", options.calls)
    print(f"\n## Stereo calls, agent channel not told, {len(calls)} calls, {engine.name}\n")
    print("| | one pass | with second pass |\n|---|---|---|")
    judged: list[tuple[float, Errors]] = []
    columns = [
        measured(Transcriber(engine, second_pass=False), calls, judged),
        measured(Transcriber(engine, second_pass=True), calls, []),
    ]
    for name in columns[0]:
        print(f"| {name} | {columns[0][name]} | {columns[1][name]} |")
    print("\n| mean word probability of a turn, one pass | turns | character error rate |\n|---|---|---|")
    for low, high in pairwise((0.0, 0.45, 0.55, 0.65, 0.75, 0.85, 1.01)):
        band = [errors for probability, errors in judged if low <= probability < high]
        wrong, chars = sum(one.wrong for one in band), sum(one.chars for one in band)
        print(f"| {low:.2f} to {min(high, 1):.2f} | {len(band)} | {Errors(wrong, chars).percent:.0f} % |")


def turn_errors(transcript: Transcript, call: LabelledCall) -> list[tuple[float, Errors]]:
    """Return mean word probability and errors of each true turn that one turn alone was heard for."""
    found = []
    for truth, said in zip(call.truth["turns"], call.turns, strict=True):
        span = Span(truth["start_s"], truth["end_s"])
        channel = call.agent_channel if truth["role"] == "agent" else 1 - (call.agent_channel or 0)
        heard = [
            turn
            for turn in transcript.turns
            if turn.channel == channel and span.overlap_s(Span(turn.start_s or 0, turn.end_s or 0)) > 0
        ]
        if len(heard) == 1 and heard[0].words:
            errors = Errors()
            errors.add(said["text"], heard[0].text)
            probabilities = [word.probability for word in heard[0].words]
            found.append((statistics.fmean(probabilities), errors))
    return found


def measured(
    transcriber: Transcriber, calls: Sequence[LabelledCall], judged: list[tuple[float, Errors]]
) -> dict[str, str]:
    """Return the figures of a set of stereo calls; turns with their errors are added to ``judged``."""
    errors, turn_errors_s, same_count = Errors(), [], 0
    right = wrong = unknown = cut_in = cut_in_found = cut_in_false = 0
    kinds: dict[str, int] = {}
    for call in calls:
        transcript = transcriber.transcribe(plain_call(call))
        for channel, heard in enumerate(channel_texts(transcript)):
            errors.add(call.text(channel), heard)
        judged += turn_errors(transcript, call)
        for span in transcript.audit:
            kinds[span.kind.value] = kinds.get(span.kind.value, 0) + 1
        channel = transcript.roles.agent_channel
        right += channel == call.agent_channel
        wrong += channel not in (None, call.agent_channel)
        unknown += channel is None
        same_count += len(transcript.turns) == len(call.truth["turns"])
        turn_errors_s += turn_edge_errors_s(transcript, call)
        expected, found = interruptions(call), heard_interruptions(transcript, call)
        cut_in += len(expected)
        cut_in_found += sum(any(one.overlap_s(other) > 0 for other in found) for one in expected)
        cut_in_false += sum(all(one.overlap_s(other) == 0 for other in expected) for one in found)
    turn_errors_s.sort()
    return {
        "character error rate": f"{errors.percent:.1f} %",
        "calls with as many turns as were spoken": f"{same_count} of {len(calls)}",
        "turn start and end, median error": f"{statistics.median(turn_errors_s):.2f} s",
        "turn start and end, 95th percentile": f"{turn_errors_s[int(0.95 * len(turn_errors_s))]:.2f} s",
        "agent channel right / wrong / left open": f"{right} / {wrong} / {unknown}",
        "agent cut in for 0.5 s or more, found / missed / false": (
            f"{cut_in_found} / {cut_in - cut_in_found} / {cut_in_false}"
        ),
        "audit findings": ", ".join(f"{kind} {kinds[kind]}" for kind in sorted(kinds)) or "none",
    }


def turn_edge_errors_s(transcript: Transcript, call: LabelledCall) -> list[float]:
    """Match each true turn with the turn of its channel that shares most time; unmatched turns count 5 s."""
    errors_s = []
    for truth in call.truth["turns"]:
        span = Span(truth["start_s"], truth["end_s"])
        channel = call.agent_channel if truth["role"] == "agent" else 1 - (call.agent_channel or 0)
        own = [
            Span(turn.start_s or 0, turn.end_s or 0) for turn in transcript.turns if turn.channel == channel
        ]
        best = max(own, key=span.overlap_s, default=None)
        if best is None or best.overlap_s(span) == 0:
            errors_s += [5.0, 5.0]
        else:
            errors_s += [abs(best.start_s - span.start_s), abs(best.end_s - span.end_s)]
    return errors_s


def interruptions(call: LabelledCall) -> list[Span]:
    """Return the true stretches in which an agent turn began 0.5 s or more before the customer had
    finished.
    """
    turns = call.truth["turns"]
    pairs = pairwise(turns)
    return [
        Span(later["start_s"], before["end_s"])
        for before, later in pairs
        if before["role"] == "customer"
        and later["role"] == "agent"
        and before["end_s"] - later["start_s"] >= 0.5
    ]


def heard_interruptions(transcript: Transcript, call: LabelledCall) -> list[Span]:
    """Return the same as found in a transcript."""
    agent = [turn for turn in transcript.turns if turn.channel == call.agent_channel]
    customer = [turn for turn in transcript.turns if turn.channel != call.agent_channel]
    return [
        Span(one.start_s or 0, min(one.end_s or 0, other.end_s or 0))
        for one in agent
        for other in customer
        if (other.start_s or 0) < (one.start_s or 0)
        and min(one.end_s or 0, other.end_s or 0) - (one.start_s or 0) >= 0.5
    ]


def mono(engine: AsrEngine, shared: Path, options: argparse.Namespace) -> None:
    """Speakers and roles in one-channel mixes."""
    transcriber = Transcriber(engine)
    calls = labelled_calls(shared, "audio-mono", options.calls)
    voiced_s = swapped_s = 0.0
    right = wrong = unknown = 0
    errors = Errors()
    wall = time.perf_counter()
    for call in calls:
        transcript = transcriber.transcribe(plain_call(call))
        own_voiced_s = own_swapped_s = 0.0
        for turn in transcript.turns:
            heard = Span(turn.start_s or 0, turn.end_s or 0)
            for truth in call.truth["turns"]:
                shared_s = heard.overlap_s(Span(truth["start_s"], truth["end_s"]))
                own_voiced_s += shared_s
                if turn.role is not Role.UNKNOWN and turn.role.value != truth["role"]:
                    own_swapped_s += shared_s
        known = transcript.roles.agent_channel is not None
        mostly_wrong = known and own_swapped_s > own_voiced_s / 2
        right += known and not mostly_wrong
        wrong += mostly_wrong
        unknown += not known
        voiced_s += own_voiced_s if known else 0.0
        swapped_s += own_swapped_s
        errors.add(
            "".join(turn["text"] for turn in call.turns), "".join(turn.text for turn in transcript.turns)
        )
    audio_s = sum(call.truth["duration_s"] for call in calls)
    print(f"\n## Mono mixes, {len(calls)} calls, {engine.name}\n\n| | |\n|---|---|")
    print(f"| roles right / wrong / left open | {right} / {wrong} / {unknown} |")
    share = 100 * swapped_s / max(1, voiced_s)
    print(f"| speech given to the wrong party, of calls with roles | {share:.1f} % |")
    print(f"| character error rate | {errors.percent:.1f} % |")
    print(f"| s of call a s, diarization included | {audio_s / (time.perf_counter() - wall):.1f} |")


def roles(_: AsrEngine, shared: Path, __: argparse.Namespace) -> None:
    """Who is the agent, from text alone and without knowing who began: by phrases alone, and as used."""
    written = Path(__file__).parent / "calls"
    print("\n## Agent side inferred from text, who began not told: right / wrong / left open\n")
    print("| text | dialogues | by phrases alone | with the wording |\n|---|---|---|---|")
    for name, paths, telecom in (
        ("labelled calls", [shared / "calls" / "calls.jsonl"], None),
        *((f"calls of author {one}", [written / f"author_{one}.jsonl"], None) for one in "adeh"),
        ("calls of the three desks", [written / f"{desk}.jsonl" for desk in DESKS], None),
        ("the same, held out", [written / f"{desk}_held_out.jsonl" for desk in DESKS], None),
        ("real service calls", [shared / "text" / "real_calls.jsonl"], None),
        ("help desks of operators", [shared / "text" / "helpdesk_dialogues.jsonl"], True),
        ("other help desks", [shared / "text" / "helpdesk_dialogues.jsonl"], False),
    ):
        by_phrases: dict[int | None, int] = {0: 0, 1: 0, None: 0}
        as_used = by_phrases.copy()
        for line in "".join(path.read_text(encoding="utf-8") for path in paths).splitlines():
            dialogue = json.loads(line)
            if telecom is None or dialogue["telecom"] is telecom:
                sides = [
                    Side(tuple(turn["text"] for turn in dialogue["turns"] if turn["role"] == role))
                    for role in ("agent", "customer")
                ]
                by_phrases[named_by_phrases(sides)] += 1
                as_used[infer_agent(sides).side] += 1
        shown = [f"{one[0]} / {one[1]} / {one[None]}" for one in (by_phrases, as_used)]
        print(f"| {name} | {sum(as_used.values())} | {' | '.join(shown)} |")


def named_by_phrases(sides: Sequence[Side]) -> int | None:
    """Return the side that phrases alone name, at the same confidence."""
    first, second = (agent_evidence(side.texts)[0] for side in sides)
    if abs(first - second) < math.log(MIN_CONFIDENCE / (1 - MIN_CONFIDENCE)):
        return None
    return 0 if first > second else 1


SECTIONS: tuple[tuple[str, Callable[[AsrEngine, Path, argparse.Namespace], None]], ...] = (
    ("speed", speed),
    ("calls", recordings),
    ("mono", mono),
    ("read", read_speech),
    ("roles", roles),
    ("audit", audit),
    ("hotwords", hot_words),
    ("second", second_pass),
)


def main() -> None:
    """Run the chosen sections."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "sections", nargs="*", choices=[[], *(name for name, _ in SECTIONS)], metavar="SECTION"
    )
    default = os.environ.get("QA_SHARED", Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--shared", type=Path, default=Path(default))
    parser.add_argument("--model", type=Path, default=shipped("models", "whisper-base"))
    parser.add_argument("--calls", type=int, default=None, help="only so many calls")
    parser.add_argument("--repeat", type=int, default=1, help="runs of the speed section")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    engine = open_engine(options.model, options.model.parent, device="cpu", threads=options.threads)
    for name, section in SECTIONS:
        if not options.sections or name in options.sections:
            section(engine, options.shared, options)
            peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            print(f"\nPeak memory so far: {peak_gb:.2f} GB", flush=True)


if __name__ == "__main__":
    main()
