import wave
from pathlib import Path

import pytest

from qa_analyzer.calls.recording_length import stated_duration_s


def test_the_header_tells_the_length(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as recording:
        recording.setnchannels(2)
        recording.setsampwidth(2)
        recording.setframerate(8000)
        recording.writeframes(bytes(2 * 2 * 8000 * 3))
    assert stated_duration_s(path) == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"not audio at all", None])
def test_what_is_no_recording_has_no_length(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a.wav"
    if content is not None:
        path.write_bytes(content)
    assert stated_duration_s(path) is None
