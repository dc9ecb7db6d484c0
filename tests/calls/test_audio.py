from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from qa_analyzer.calls.audio import Audio, open_audio
from qa_analyzer.errors import DecodeError

Encode = Callable[..., Path]
MakeTone = Callable[..., NDArray[np.float64]]

# suffix, container, codec, rate, channels
FORMATS = [
    (".wav", "wav", "pcm_s16le", 8000, 2),
    (".wav", "wav", "pcm_s16le", 48000, 2),
    (".wav", "wav", "pcm_s24le", 44100, 1),
    (".wav", "wav", "pcm_alaw", 8000, 2),
    (".wav", "wav", "pcm_mulaw", 8000, 1),
    (".wav", "wav", "adpcm_ima_wav", 8000, 2),
    (".mp3", "mp3", "libmp3lame", 16000, 2),
    (".mp3", "mp3", "libmp3lame", 8000, 1),
    (".m4a", "mp4", "aac", 16000, 2),
    (".aac", "adts", "aac", 8000, 1),
    (".opus", "ogg", "libopus", 48000, 2),
    (".ogg", "ogg", "libopus", 16000, 1),
    (".webm", "webm", "libopus", 48000, 1),
    (".amr", "amr", "libopencore_amrnb", 8000, 1),
    (".flac", "flac", "flac", 16000, 2),
    (".wma", "asf", "wmav2", 16000, 2),
]


def loudest_hz(samples: NDArray[np.float32]) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / 16000)[np.argmax(spectrum)])


@pytest.mark.parametrize(("suffix", "container", "codec", "rate_hz", "channel_count"), FORMATS)
def test_every_format_keeps_channels_pitch_and_length(
    tmp_path: Path,
    encode: Encode,
    tone: MakeTone,
    suffix: str,
    container: str,
    codec: str,
    rate_hz: int,
    channel_count: int,
) -> None:
    tones = [tone(3.0, 440, rate_hz=rate_hz), tone(3.0, 1250, rate_hz=rate_hz)][:channel_count]
    path = encode(tmp_path / f"call{suffix}", tones, codec=codec, rate_hz=rate_hz, container_format=container)
    with open_audio(path, call_id="c") as audio:
        assert audio.channel_count == channel_count
        assert audio.rate_hz == 16000
        assert audio.source_rate_hz in (rate_hz, 48000 if "opus" in codec else rate_hz)
        assert audio.duration_s == pytest.approx(3.0, abs=0.3)  # AAC pads with frames of 128 ms at 8 kHz
        assert audio.missing_s == 0.0
        assert audio.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        for channel, expected_hz in zip(range(channel_count), (440, 1250), strict=False):
            heard = audio.read(channel, 0.5, 2.5)
            assert loudest_hz(heard) == pytest.approx(expected_hz, abs=5)
            assert 0.15 < float(np.abs(heard).max()) < 0.5


def gsm_frame_bits(*, pulse: int) -> list[tuple[int, int]]:
    """One GSM 06.10 frame: a neutral filter and a pulse in each sub-frame, so 200 pulses a second."""
    bits = [
        (value, width)
        for value, width in zip((32, 32, 16, 16, 8, 8, 4, 4), (6, 6, 5, 5, 4, 4, 3, 3), strict=True)
    ]
    for _ in range(4):
        bits += [(40, 7), (0, 2), (0, 2), (pulse, 6)]
        bits += [(7 if at == 0 else 4, 3) for at in range(13)]
    return bits


def pack(bits: list[tuple[int, int]], *, low_first: bool) -> bytes:
    flat = [
        (value >> (place if low_first else width - 1 - place)) & 1
        for value, width in bits
        for place in range(width)
    ]
    order = "little" if low_first else "big"
    return np.packbits(np.array(flat, np.uint8), bitorder=order).tobytes()


def test_raw_gsm(tmp_path: Path) -> None:
    path = tmp_path / "call.gsm"
    path.write_bytes(pack([(0xD, 4), *gsm_frame_bits(pulse=40)], low_first=False) * 100)
    with open_audio(path, call_id="c") as audio:
        assert audio.duration_s == pytest.approx(2.0, abs=0.05)
        assert loudest_hz(audio.read(0)) % 200 == pytest.approx(0, abs=3)


def test_gsm_in_wav(tmp_path: Path) -> None:
    block = pack(gsm_frame_bits(pulse=40) * 2, low_first=True)
    assert len(block) == 65
    sound = block * 50
    header = struct.pack("<HHIIHHHH", 0x31, 1, 8000, 1625, 65, 0, 2, 320)
    chunks = (
        b"fmt " + struct.pack("<I", len(header)) + header + b"data" + struct.pack("<I", len(sound)) + sound
    )
    path = tmp_path / "call.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    with open_audio(path, call_id="c") as audio:
        assert audio.codec == "gsm_ms"
        assert audio.duration_s == pytest.approx(2.0, abs=0.05)
        assert audio.missing_s == 0.0
        assert loudest_hz(audio.read(0)) % 200 == pytest.approx(0, abs=3)


def test_pieces_join_to_the_whole(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(2.0, 300), tone(2.0, 700)])
    with open_audio(path, call_id="c") as audio:
        whole = audio.read(1)
        pieces = [audio.read(1, start_s, start_s + 0.25) for start_s in np.arange(0, 2.0, 0.25)]
        assert whole.dtype == np.float32
        np.testing.assert_array_equal(np.concatenate(pieces), whole)
        assert audio.read(0, 5.0, 6.0).size == 0
        assert audio.read(0, -1.0, 0.1).size == 1600
        assert audio.read(0, 1.0, 0.5).size == 0
        with pytest.raises(IndexError, match="channel 2 of 2"):
            audio.read(2)


def test_a_clean_wav_is_decoded_sample_by_sample(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(0.5, 440)])
    with open_audio(path, call_id="c") as audio:
        np.testing.assert_allclose(audio.read(0), tone(0.5, 440), atol=2 / 32768)


def fault_of(path: Path, **limits: float) -> str:
    with pytest.raises(DecodeError) as caught:
        open_audio(path, call_id="K7", **limits)  # type: ignore[arg-type]
    assert caught.value.call_id == "K7"
    assert path.name in caught.value.reason
    return caught.value.reason


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "c.wav").write_bytes(b"")
    assert "is empty (0 bytes); copy it again" in fault_of(tmp_path / "c.wav")


@pytest.mark.parametrize(
    "text", ["坐席：您好\n客户：我要投诉\n" * 20, "hello", "#EXTM3U\n#EXTINF:1,\nother.wav\n"]
)
def test_text_renamed_wav(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.wav").write_text(text, encoding="utf-8")
    assert "is text, not a recording" in fault_of(tmp_path / "c.wav")


def test_archive_and_zeros(tmp_path: Path) -> None:
    (tmp_path / "zip.wav").write_bytes(b"PK\x03\x04" + bytes(200))
    assert "unpack it" in fault_of(tmp_path / "zip.wav")
    (tmp_path / "zeros.wav").write_bytes(bytes(5000))
    assert "holds zeros" in fault_of(tmp_path / "zeros.wav")


def test_missing_folder_and_pipe(tmp_path: Path) -> None:
    assert "cannot be read" in fault_of(tmp_path / "none.wav")
    assert "cannot be read" in fault_of(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    assert "no regular file" in fault_of(tmp_path / "pipe.wav")


def test_header_without_sound(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(1.0, 440)])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"data") + 8])
    assert "0.0 s of 1.0 s" in fault_of(path) or "no sound" in fault_of(path)


@pytest.mark.parametrize(
    ("suffix", "container", "codec"),
    [
        (".wav", "wav", "pcm_alaw"),
        (".flac", "flac", "flac"),
        (".wma", "asf", "wmav2"),
        (".mp3", "mp3", "libmp3lame"),
    ],
)
def test_half_a_recording_is_refused(
    tmp_path: Path, encode: Encode, tone: MakeTone, suffix: str, container: str, codec: str
) -> None:
    path = encode(
        tmp_path / f"c{suffix}",
        [tone(20.0, 440, rate_hz=8000)],
        codec=codec,
        rate_hz=8000,
        container_format=container,
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "too little to judge the call" in fault_of(path)


def test_half_a_recording_without_its_index_is_refused(
    tmp_path: Path, encode: Encode, tone: MakeTone
) -> None:
    path = encode(tmp_path / "c.m4a", [tone(20.0, 440)], codec="aac", container_format="mp4")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "header is damaged" in fault_of(path)


def test_a_short_loss_is_stated(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(20.0, 440, rate_hz=8000)], codec="pcm_alaw", rate_hz=8000)
    path.write_bytes(path.read_bytes()[:-8000])
    with open_audio(path, call_id="c") as audio:
        assert audio.duration_s == pytest.approx(19.0, abs=0.05)
        assert audio.missing_s == pytest.approx(1.0, abs=0.05)


def test_damage_in_the_middle_keeps_the_times_of_what_follows(
    tmp_path: Path, encode: Encode, tone: MakeTone
) -> None:
    halves = np.concatenate([tone(10.0, 440), tone(10.0, 880)])
    path = encode(tmp_path / "c.m4a", [halves], codec="aac", container_format="mp4")
    raw = bytearray(path.read_bytes())
    start = raw.index(b"mdat") + len(raw) // 4
    raw[start : start + len(raw) // 20] = b"\xff" * (len(raw) // 20)
    path.write_bytes(raw)
    with open_audio(path, call_id="c") as audio:
        assert audio.duration_s == pytest.approx(20.0, abs=0.2)
        assert audio.missing_s is not None
        assert 0.5 < audio.missing_s < 2.0
        assert loudest_hz(audio.read(0, 9.0, 9.8)) == pytest.approx(440, abs=5)
        assert loudest_hz(audio.read(0, 10.2, 11.0)) == pytest.approx(880, abs=5)


def test_a_wav_that_was_never_closed(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(5.0, 440)])
    raw = bytearray(path.read_bytes())
    at = raw.index(b"data") + 4
    raw[at : at + 4] = bytes(4)
    path.write_bytes(raw)
    with open_audio(path, call_id="c") as audio:
        assert audio.duration_s == pytest.approx(5.0, abs=0.01)
        assert audio.missing_s is None
    raw[at : at + 4] = b"\xff" * 4
    path.write_bytes(raw)
    with open_audio(path, call_id="c") as audio:
        assert audio.missing_s == 0.0  # streamed on purpose


def test_a_header_that_hides_most_of_the_sound_is_refused(
    tmp_path: Path, encode: Encode, tone: MakeTone
) -> None:
    path = encode(tmp_path / "c.wav", [tone(5.0, 440)])
    raw = bytearray(path.read_bytes())
    at = raw.index(b"data") + 4
    raw[at : at + 4] = struct.pack("<I", 32000)
    path.write_bytes(raw)
    assert "1.0 s of 5.0 s" in fault_of(path)


def test_chunks_after_the_sound_are_no_sound(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(2.0, 440)])
    with path.open("ab") as stream:
        stream.write(b"LIST" + struct.pack("<I", 50_000) + bytes(50_000))
    with open_audio(path, call_id="c") as audio:
        assert audio.duration_s == pytest.approx(2.0)
        assert audio.missing_s == 0.0


def test_an_ogg_cut_off_is_noticed(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.ogg", [tone(20.0, 440)], codec="libopus", container_format="ogg")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with open_audio(path, call_id="c") as audio:
        assert audio.duration_s < 15
        assert audio.missing_s is None


def test_too_many_channels(tmp_path: Path) -> None:
    header = struct.pack("<HHIIHH", 1, 4, 8000, 64000, 8, 16)
    sound = bytes(64000)
    chunks = (
        b"fmt " + struct.pack("<I", len(header)) + header + b"data" + struct.pack("<I", len(sound)) + sound
    )
    path = tmp_path / "c.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    assert "has 4 channels" in fault_of(path)


def test_an_unknown_coding(
    tmp_path: Path, encode: Encode, tone: MakeTone, capfd: pytest.CaptureFixture[str]
) -> None:
    path = encode(tmp_path / "c.wav", [tone(1.0, 440)])
    raw = bytearray(path.read_bytes())
    raw[20:22] = b"\xee\xee"  # the format tag
    path.write_bytes(raw)
    assert "unknown coding" in fault_of(path)
    assert capfd.readouterr() == ("", "")


def test_impossible_places_in_a_header_are_not_printed(
    tmp_path: Path, encode: Encode, tone: MakeTone, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = encode(tmp_path / "c.caf", [tone(1.0, 440)], container_format="caf").read_bytes()
    for at in range(80):
        path = tmp_path / f"{at}.caf"
        path.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        with suppress(DecodeError):
            open_audio(path, call_id="c").close()
    assert capfd.readouterr() == ("", "")


def test_duration_limits(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(4.0, 440)])
    assert "over the limit" in fault_of(path, max_duration_s=3.0)
    # Silence packs to almost nothing; without a stated length the limit holds while decoding.
    bomb = encode(tmp_path / "c.ogg", [np.zeros(16000 * 30)], codec="libopus", container_format="ogg")
    assert bomb.stat().st_size < 30_000
    assert "over the limit" in fault_of(bomb, max_duration_s=10.0)


def test_too_low_a_rate(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(1.0, 440, rate_hz=4000)], rate_hz=4000)
    assert "sampled at 4000 Hz" in fault_of(path)


def test_no_sound_track(tmp_path: Path) -> None:
    import av

    path = tmp_path / "c.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
        container.mux(stream.encode(None))
    assert "no sound track" in fault_of(path)


def test_two_sound_tracks(tmp_path: Path, tone: MakeTone) -> None:
    import av

    path = tmp_path / "c.mka"
    with av.open(str(path), "w", format="matroska") as container:
        streams = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(2)]
        for stream in streams:
            samples = (tone(1.0, 440, rate_hz=8000) * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = 8000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    assert "2 sound tracks" in fault_of(path)


def test_no_space_is_explained(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(1.0, 440)])
    with pytest.raises(DecodeError, match="set TMPDIR"):
        open_audio(path, call_id="c", spool_dir=tmp_path / "nowhere")


def test_closing_frees_the_spool(tmp_path: Path, encode: Encode, tone: MakeTone) -> None:
    path = encode(tmp_path / "c.wav", [tone(1.0, 440), tone(1.0, 440)])
    before = len(list(Path("/proc/self/fd").iterdir()))
    with open_audio(path, call_id="c", spool_dir=tmp_path) as audio:
        assert isinstance(audio, Audio)
        assert len(list(Path("/proc/self/fd").iterdir())) == before + 2
        assert sorted(tmp_path.iterdir()) == [path]  # unnamed: nothing to clean up after a kill
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    flips=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=30),
    keep=st.floats(0, 1),
)
@pytest.mark.parametrize(
    ("suffix", "container", "codec"),
    [
        (".wav", "wav", "adpcm_ima_wav"),
        (".mp3", "mp3", "libmp3lame"),
        (".m4a", "mp4", "aac"),
        (".ogg", "ogg", "libopus"),
    ],
)
def test_damaged_files_are_decoded_or_refused_never_worse(
    tmp_path_factory: pytest.TempPathFactory,
    encode: Encode,
    tone: MakeTone,
    suffix: str,
    container: str,
    codec: str,
    flips: list[tuple[int, int]],
    keep: float,
) -> None:
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    whole = path.with_name(f"whole{suffix}")
    if not whole.exists():
        encode(whole, [tone(1.0, 440)], codec=codec, container_format=container)
    raw = bytearray(whole.read_bytes())
    for at, value in flips:
        raw[at % len(raw)] = value
    path.write_bytes(raw[: max(1, round(keep * len(raw)))])
    try:
        with open_audio(path, call_id="c", max_duration_s=60) as audio:
            assert 0 < audio.duration_s <= 60
            assert np.isfinite(audio.read(0)).all()
    except DecodeError:
        return
