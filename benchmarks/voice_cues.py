"""How the cues of a raised voice behave: false alarms, what is found of rises made on purpose, and the cost.

    python benchmarks/voice_cues.py [--shared DIR] [--recognize N]

The recordings of calls have synthetic voices that never get angry: what is raised in them is a false alarm.
One real speaker (read speech, through a telephone) is cut into calls of ten turns. No recording of real anger
is at hand, so hits are measured on turns that were made louder (+8 dB) or played 1.4 times faster (higher and
quicker). Prints Markdown. With --recognize, N calls are transcribed to compare the cost with.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from speech_reference import labelled_calls, telephone

from qa_analyzer.analysis.call_analysis import VoiceCueKind
from qa_analyzer.analysis.voice_cues import voice_cues
from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.call import Call, Role
from qa_analyzer.settings import shipped
from qa_analyzer.speech.transcribe import open_transcriber
from qa_analyzer.speech.transcript import Channel, RoleAssignment, RoleMethod, Transcript, Turn
from qa_analyzer.speech.vad import VoiceDetector
from qa_analyzer.speech.voice_figures import with_voice_figures

RATE_HZ = 16_000
LOUDER_DB = 8.0
FASTER = 1.4
Floats = npt.NDArray[np.float32]


@dataclass
class Customer:
    """The customer's channel of one call, whole in memory, with true turns."""

    samples: Floats
    turns: tuple[Turn, ...]
    rate_hz: int = RATE_HZ
    channel_count: int = 1
    missing_s: float | None = 0.0

    @property
    def duration_s(self) -> float:
        return len(self.samples) / RATE_HZ

    def read(self, channel: int, start_s: float = 0.0, end_s: float | None = None) -> Floats:
        del channel
        return self.samples[round(start_s * RATE_HZ) : None if end_s is None else round(end_s * RATE_HZ)]

    def raised(self, kinds: Sequence[str], turn: Turn) -> Customer:
        """Return the call with one turn made louder or played faster."""
        first, last = round((turn.start_s or 0.0) * RATE_HZ), round((turn.end_s or 0.0) * RATE_HZ)
        part = self.samples[first:last]
        if "faster" in kinds:
            part = np.interp(np.arange(0, len(part), FASTER), np.arange(len(part)), part).astype(np.float32)
        if "louder" in kinds:
            part = np.clip(part * 10 ** (LOUDER_DB / 20), -1, 1)
        samples = self.samples.copy()
        samples[first:last] = 0.0
        samples[first : first + len(part)] = part
        return replace(self, samples=samples)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = Path(os.environ.get("QA_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    parser.add_argument("--shared", type=Path, default=shared)
    parser.add_argument("--recognize", type=int, default=0, metavar="N")
    options = parser.parse_args()
    detector = VoiceDetector()
    print("| customer turns | measured | raised for no reason | louder found | faster found | both found |")
    print("|---|---|---|---|---|---|")
    for name, customers in (
        ("synthetic voices, 24 calls", synthetic(options.shared)),
        ("one real speaker, calls of 10 turns", read_aloud(options.shared)),
    ):
        print(f"| {name} | {' | '.join(behaviour(customers, detector))} |")
    cost(options.shared, detector, options.recognize)


def synthetic(shared: Path) -> list[Customer]:
    """Return the customers of the labelled recordings."""
    customers = []
    for call in labelled_calls(shared, "audio"):
        if call.agent_channel is None:
            continue
        with open_audio(call.path, call_id=call.call_id) as audio:
            samples = audio.read(1 - call.agent_channel)
        turns = tuple(
            Turn(at["index"], Role.CUSTOMER, call.turns[at["index"]]["text"], 0, at["start_s"], at["end_s"])
            for at in call.truth["turns"]
            if at["role"] == "customer"
        )
        customers.append(Customer(samples, turns))
    return customers


def read_aloud(shared: Path, turns_a_call: int = 10) -> list[Customer]:
    """Return calls made of the utterances of the one speaker who has many."""
    with (shared / "speech" / "manifest.tsv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if row["speaker"] == "A1_S0150"]
    customers = []
    for first in range(0, len(rows) - turns_a_call + 1, turns_a_call):
        pieces: list[Floats] = []
        turns: list[Turn] = []
        at_s = 0.0
        for index, row in enumerate(rows[first : first + turns_a_call]):
            with open_audio(shared / "speech" / row["file"], call_id=row["file"]) as audio:
                samples = telephone(audio.read(0))
            length_s = len(samples) / RATE_HZ
            turns.append(Turn(index, Role.CUSTOMER, row["transcript"], 0, at_s, at_s + length_s))
            pieces += [samples, np.zeros(RATE_HZ, np.float32)]
            at_s += length_s + 1
        customers.append(Customer(np.concatenate(pieces), tuple(turns)))
    return customers


def heard(customer: Customer, detector: VoiceDetector) -> Transcript:
    """Return the call as the transcriber would leave it, with true turns and words."""
    voice = detector.spans(customer, 0)
    return Transcript(
        Call("bench", audio_path=Path("bench.wav")),
        with_voice_figures(customer.turns, customer, (voice,)),
        RoleAssignment(RoleMethod.MANIFEST, 1.0, 1, diarized=False),
        overlap_known=True,
        channels=(Channel(0, Role.CUSTOMER, voice, None, 0.0),),
    )


def behaviour(customers: Sequence[Customer], detector: VoiceDetector) -> list[str]:
    """Return the cells of one line: false alarms, and what was found of rises made on purpose."""
    turns = measured = 0
    alarms = dict.fromkeys(VoiceCueKind, 0)
    found = {"louder": [0, 0], "faster": [0, 0], "louder faster": [0, 0]}
    for customer in customers:
        cues = voice_cues(heard(customer, detector)) or ()
        turns += len(customer.turns)
        measured += len(cues)
        for cue in cues:
            for kind in cue.raised:
                alarms[kind] += 1
        for cue in cues:
            (turn,) = (turn for turn in customer.turns if turn.index == cue.turn_index)
            for kinds, count in found.items():
                again = voice_cues(heard(customer.raised(kinds.split(), turn), detector)) or ()
                wanted = {
                    "louder": {VoiceCueKind.LOUDNESS},
                    "faster": {VoiceCueKind.PITCH, VoiceCueKind.RATE},
                }
                kinds_wanted = set().union(*(wanted[kind] for kind in kinds.split()))
                raised = next((each.raised for each in again if each.turn_index == turn.index), ())
                count[0] += bool(kinds_wanted & set(raised))
                count[1] += 1
    by_kind = ", ".join(f"{kind} {count}" for kind, count in alarms.items())
    return [f"{measured} of {turns}", by_kind, *(f"{hits} of {of}" for hits, of in found.values())]


def cost(shared: Path, detector: VoiceDetector, recognize: int) -> None:
    """Print what the figures cost, against recognition."""
    figures_s = audio_s = 0.0
    for customer in synthetic(shared):
        voice = detector.spans(customer, 0)
        start = time.process_time()
        with_voice_figures(customer.turns, customer, (voice,))
        figures_s += time.process_time() - start
        audio_s += sum(span.duration_s for span in voice)
    print(f"\nFigures: {1000 * figures_s / audio_s:.1f} ms of processor time a second of voice")
    if not recognize:
        return
    transcriber = open_transcriber("whisper-base", shipped("models"))
    calls = labelled_calls(shared, "audio", recognize)
    voice_s = recognition_s = 0.0
    for call in calls:
        start = time.process_time()
        transcript = transcriber.transcribe(Call(call.call_id, audio_path=call.path))
        recognition_s += time.process_time() - start
        voice_s += sum(span.duration_s for channel in transcript.channels for span in channel.voice)
    share = figures_s / audio_s / (recognition_s / voice_s)
    recognition_ms = 1000 * recognition_s / voice_s
    print(f"Transcribing {len(calls)} calls: {recognition_ms:.0f} ms a second of voice; figures {share:.2%}")


if __name__ == "__main__":
    main()
