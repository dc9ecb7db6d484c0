from __future__ import annotations

import hashlib
import threading
import time
import wave
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from qa_analyzer.calls.audio import open_audio
from qa_analyzer.calls.call import Role
from qa_analyzer.intervals import Span
from qa_analyzer.report.recordings import (
    NO_RECORDING,
    WAVE_COLUMNS,
    Absence,
    Recording,
    add_recording,
    peaks_of,
    wave_paths,
)
from qa_analyzer.report.report import RECORDING_THREADS, write_report
from qa_analyzer.report.report_files import ReportFiles
from qa_analyzer.speech.transcript import Turn, Word


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_peaks_follow_each_channel(tone: Path) -> None:
    with open_audio(tone, call_id="tone") as audio:
        left, right = peaks_of(audio, 60)
    assert min(left[:29]) >= 95
    assert max(left[31:]) <= 5
    assert max(right[:29]) <= 5
    assert min(right[31:]) >= 95


def test_peaks_read_in_pieces_are_the_same(tone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_audio(tone, call_id="tone") as audio:
        whole = peaks_of(audio)
        monkeypatch.setattr("qa_analyzer.report.recordings._READ_S", 7.0)
        pieces = peaks_of(audio)
    assert len(whole[0]) == WAVE_COLUMNS
    assert np.abs(np.array(whole) - np.array(pieces)).max() <= 3


def test_a_wave_path_is_closed_and_mirrored() -> None:
    assert wave_paths([[0, 100]]) == ("M0 50L1 0L1 100L0 50Z",)
    assert wave_paths([[]]) == ("",)


def test_a_playable_recording_is_put_beside_the_pages_as_it_is(tone: Path, tmp_path: Path) -> None:
    files = ReportFiles(tmp_path)
    recording = add_recording(tone, files, call_id="C1", judged_sha256=_sha256(tone))
    assert recording.name is not None
    assert recording.name.endswith(".wav")
    assert (tmp_path / recording.name).read_bytes() == tone.read_bytes()
    assert len(recording.waves) == 2


def test_a_recording_is_copied_where_it_cannot_be_linked(
    tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    recording = add_recording(tone, ReportFiles(tmp_path), call_id="C1")
    assert recording.name is not None
    copied = tmp_path / recording.name
    assert copied.read_bytes() == tone.read_bytes()
    assert not copied.samefile(tone)


def test_what_was_measured_before_is_used_again(
    tone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_files = ReportFiles(tmp_path)
    first = add_recording(tone, first_files, call_id="C1")
    first_files.finish()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr("qa_analyzer.report.recordings.open_audio", refuse)
    files = ReportFiles(tmp_path)
    assert add_recording(tone, files, call_id="C1") == first
    files.finish()
    assert first.name is not None
    assert (tmp_path / first.name).is_file()


@pytest.mark.parametrize("kept", ["", "[]", '{"version": 1, "name": "../x", "peaks": []}', '{"version": 0}'])
def test_a_damaged_note_is_measured_again(tone: Path, tmp_path: Path, kept: str) -> None:
    files = ReportFiles(tmp_path)
    first = add_recording(tone, files, call_id="C1")
    (note,) = (tmp_path / "audio").glob("*.json")
    note.write_text(kept)
    assert add_recording(tone, files, call_id="C1") == first


def test_a_recording_that_browsers_do_not_play_becomes_an_mp3(tone: Path, tmp_path: Path) -> None:
    source = tmp_path / "adpcm.wav"
    with av.open(str(tone)) as read, av.open(str(source), "w") as written:
        stream = written.add_stream("adpcm_ima_wav", rate=8000, layout="stereo")
        resampler = av.AudioResampler(format="s16p", layout="stereo", rate=8000)
        for frame in read.decode(audio=0):
            for part in resampler.resample(frame):
                written.mux(stream.encode(part))
        written.mux(stream.encode(None))
    recording = add_recording(source, ReportFiles(tmp_path / "report"), call_id="C1")
    assert recording.name is not None
    assert recording.name.endswith(".mp3")
    with open_audio(tmp_path / "report" / recording.name, call_id="C1") as audio:
        assert audio.channel_count == 2
        assert audio.duration_s == pytest.approx(60, abs=0.2)
        left, right = peaks_of(audio, 60)
    # The moments must not move, and the sides must not change places.
    assert min(left[:29]) > 80
    assert max(left[31:]) < 20
    assert min(right[31:59]) > 80


def test_no_recording_and_bad_recordings_are_said_so(tone: Path, tmp_path: Path) -> None:
    files = ReportFiles(tmp_path / "report")
    assert add_recording(None, files, call_id="C1") == NO_RECORDING
    missing = add_recording(tmp_path / "none.wav", files, call_id="C1")
    text = tmp_path / "text.wav"
    text.write_text("not a recording")
    assert missing.absence is Absence.UNREADABLE
    assert add_recording(text, files, call_id="C1").absence is Absence.UNREADABLE
    assert add_recording(tone, files, call_id="C1", judged_sha256="0" * 64).absence is Absence.CHANGED


def test_the_call_page_plays_its_recording(made_up: ModuleType, tone: Path, tmp_path: Path) -> None:
    heard, other = made_up.evaluation(call_id="C1", sha256=_sha256(tone)), made_up.evaluation(call_id="C2")
    report_data = made_up.report_data((heard, other), audio_paths={"C1": tone, "C2": tone})
    write_report(report_data, tmp_path)
    page = (tmp_path / "calls" / "C1.html").read_text("utf-8")
    (recording,) = (tmp_path / "audio").glob("*.wav")
    assert f'src="../audio/{recording.name}"' in page
    assert page.count("<path d=") == 2
    changed = (tmp_path / "calls" / "C2.html").read_text("utf-8")
    assert "<audio" not in changed
    assert "与评分时的不是同一个" in changed


def test_an_empty_recording_is_no_obstacle(tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    with wave.open(str(silent), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(8000)
        stream.writeframes(b"\0\0" * 800)
    recording = add_recording(silent, ReportFiles(tmp_path / "report"), call_id="C1")
    assert recording.absence is None
    assert len(recording.waves) == 1


def _loudness(path: Path, channel: int, start_s: float, end_s: float) -> float:
    with open_audio(path, call_id="C1") as audio:
        return float(np.sqrt(np.mean(audio.read(channel, start_s, end_s) ** 2)))


def test_personal_data_is_silenced_on_every_channel(tone: Path, tmp_path: Path) -> None:
    files = ReportFiles(tmp_path)
    whole = add_recording(tone, files, call_id="C1")
    silenced = add_recording(tone, files, call_id="C1", silence=[Span(4.0, 6.5), Span(58.0, 90.0)])
    assert whole.name != silenced.name
    assert whole.name is not None
    assert silenced.name is not None
    assert (whole.silenced, silenced.silenced) == (0, 2)
    path = tmp_path / silenced.name
    assert _loudness(tmp_path / whole.name, 0, 4.1, 6.4) > 0.2
    assert _loudness(path, 0, 4.1, 6.4) < 1e-3
    assert _loudness(path, 1, 58.1, 59.8) < 1e-3
    assert _loudness(path, 0, 1.0, 3.8) == pytest.approx(_loudness(tone, 0, 1.0, 3.8), rel=0.1)
    assert _loudness(path, 0, 6.7, 9.0) == pytest.approx(_loudness(tone, 0, 6.7, 9.0), rel=0.1)
    gap = silenced.waves[0].split("L")[WAVE_COLUMNS * 5 // 60]
    assert gap.split()[1] == "50"
    again = add_recording(
        tone, ReportFiles(tmp_path), call_id="C1", silence=[Span(4.0, 6.5), Span(58.0, 90.0)]
    )
    assert again == silenced


@pytest.mark.parametrize("masked", [True, False])
def test_a_report_silences_what_the_transcript_masks(
    made_up: ModuleType, tone: Path, tmp_path: Path, masked: bool
) -> None:
    evaluation = made_up.evaluation(call_id="C1", sha256=_sha256(tone))
    transcript = evaluation.analysis.transcript
    said = Turn(
        1, Role.CUSTOMER, "号码****", 1, 8.0, 12.0, (Word("号码", 8, 9, 0.9), Word("****", 10, 11, 0.9))
    )
    turns = (transcript.turns[0], said, *transcript.turns[2:])
    transcript = replace(transcript, turns=turns, pii_masked=masked)
    evaluation = replace(evaluation, analysis=replace(evaluation.analysis, transcript=transcript))
    write_report(made_up.report_data((evaluation,), audio_paths={"C1": tone}), tmp_path)
    (recording,) = [path for path in (tmp_path / "audio").iterdir() if path.suffix != ".json"]
    page = (tmp_path / "calls" / "C1.html").read_text("utf-8")
    assert ("已静音" in page) is masked
    assert (_loudness(recording, 0, 9.8, 11.2) < 1e-3) is masked
    assert _loudness(recording, 0, 8.0, 9.5) > 0.2


def test_recordings_come_in_the_order_of_the_calls(
    made_up: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = made_up.evaluations(40)
    running, most = 0, 0
    lock = threading.Lock()

    def slow(_path: Path | None, _files: ReportFiles, *, call_id: str, **_: object) -> Recording:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.001 * (sum(call_id.encode()) % 7))
        with lock:
            running -= 1
        return Recording(f"audio/{call_id}.wav")

    monkeypatch.setattr("qa_analyzer.report.report.add_recording", slow)
    write_report(made_up.report_data(calls), tmp_path)
    for call in calls:
        assert (
            f'src="../audio/{call.call_id}.wav"' in (tmp_path / "calls" / f"{call.call_id}.html").read_text()
        )
    assert most <= RECORDING_THREADS
