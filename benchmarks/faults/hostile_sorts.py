"""The sorts of hostile inputs: recordings, transcripts of every form, lists, and YAML files."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from benchmarks.faults.hostile import (
    Counts,
    judge_many,
    judge_one,
    light_run,
    pool_run,
    score_run,
    seeded,
)
from benchmarks.faults.inputs import ROOT, text_calls, write_text_calls
from benchmarks.faults.mutations import (
    TOKENS,
    harmed_bytes,
    harmed_header,
    harmed_json,
    harmed_text,
    json_line,
)
from benchmarks.faults.program import LIGHT, run_fork

Sort = Callable[[Path, int, int, Counts], None]

# suffix, container, codec, rate, layout
ENCODINGS = (
    (".wav", "wav", "pcm_s16le", 8000, "stereo"),
    (".wav", "wav", "pcm_alaw", 8000, "stereo"),
    (".wav", "wav", "adpcm_ima_wav", 8000, "stereo"),
    (".mp3", "mp3", "libmp3lame", 16000, "stereo"),
    (".m4a", "mp4", "aac", 16000, "stereo"),
    (".ogg", "ogg", "libopus", 16000, "stereo"),
    (".webm", "webm", "libopus", 16000, "stereo"),
    (".flac", "flac", "flac", 16000, "stereo"),
    (".amr", "amr", "libopencore_amrnb", 8000, "mono"),
    (".au", "au", "pcm_mulaw", 8000, "mono"),
    (".aiff", "aiff", "pcm_s16be", 8000, "stereo"),
)
LENGTH_S = 3
SHIPPED = {
    "scorecard": ROOT / "scorecards" / "telecom_etiquette.yaml",
    "lexicon": ROOT / "scorecards" / "complaint_lexicon.yaml",
}
SETTINGS = "language: zh\ntimezone: Asia/Shanghai\nworkers: 1\nsentiment_model: lexicon\nthreads: 1\n"


def recordings(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Recordings of every format with harmed headers and bodies."""
    chance = seeded(seed, "recordings")
    source = folder / "recordings"
    source.mkdir(parents=True)
    whole = [(encoding[0], _encoded(folder, *encoding)) for encoding in ENCODINGS]
    ids = []
    for number in range(inputs):
        suffix, content = whole[number % len(whole)]
        harm = harmed_header if number % 4 else harmed_bytes
        (source / f"H{number:03d}{suffix}").write_bytes(harm(content, chance))
        ids.append(f"H{number:03d}")
    judge_many(pool_run(source), folder / "out", ids, counts, "recordings")


def transcript_files(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Text calls as .txt, .srt, .vtt, .csv and .json, one call a file."""
    chance = seeded(seed, "transcript files")
    source = folder / "texts"
    source.mkdir(parents=True)
    ids = []
    for number, call in enumerate(text_calls(inputs)):
        suffix, text = list(_forms(call["turns"]))[number % 5]
        harmed = harmed_text(text, chance).encode("utf-8", "replace")
        harmed = harmed if number % 3 else harmed_bytes(harmed, chance)
        (source / f"X{number:03d}{suffix}").write_bytes(harmed)
        ids.append(f"X{number:03d}")
    judge_many(light_run(source), folder / "out", ids, counts, "transcript files")


def call_lines(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Lines of a list of text calls: members changed, dropped, added, doubled."""
    chance = seeded(seed, "call lines")
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "lines.jsonl"
    lines = [json_line(harmed_json(call, chance)) for call in text_calls(inputs)]
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    judge_many(light_run(source), folder / "out", len(lines), counts, "call lines")


def call_lists(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Whole lists of text calls with harmed bytes."""
    chance = seeded(seed, "call lists")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(inputs):
        source = folder / f"list{number}.jsonl"
        write_text_calls(source, 4)
        source.write_bytes(harmed_bytes(source.read_bytes(), chance))
        lines = sum(bool(line.strip()) for line in source.read_bytes().split(b"\n"))
        judge_one(light_run(source), folder / f"out{number}", lines, counts, source, strict=True)
        shutil.rmtree(folder / f"out{number}", ignore_errors=True)


def manifest_rows(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Rows of a manifest with hostile cells, as a spreadsheet would quote them."""
    chance = seeded(seed, "manifest rows")
    rows = _manifest(folder, inputs)
    for each in rows[1:]:
        for _ in range(chance.randint(1, 2)):
            column = chance.randrange(len(each))
            at = chance.randrange(len(each[column]) + 1)
            token = chance.choice(TOKENS).replace("\0", "\x07")  # a zero byte has the whole list refused
            each[column] = each[column][:at] + token + each[column][at:]
    source = folder / "rows.csv"
    source.write_text(_csv(rows), encoding="utf-8", newline="")
    judge_many(light_run(source), folder / "out", len(rows) - 1, counts, "manifest rows")


def manifests(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Whole manifests with harmed texts and bytes: what is left readable must be accounted for."""
    chance = seeded(seed, "manifests")
    text = _csv(_manifest(folder, 4))
    for number in range(inputs):
        source = folder / f"manifest{number}.csv"
        harmed = harmed_text(text, chance).encode("utf-8", "replace")
        source.write_bytes(harmed if number % 2 else harmed_bytes(text.encode(), chance))
        judge_one(light_run(source), folder / f"out{number}", 1, counts, source, strict=True)
        shutil.rmtree(folder / f"out{number}", ignore_errors=True)


def yaml_files(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Scorecards, lexicons and settings with harmed texts and bytes."""
    chance = seeded(seed, "yaml files")
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "calls.jsonl"
    write_text_calls(source, 1)
    for number in range(inputs):
        kind = ("scorecard", "lexicon", "settings")[number % 3]
        text = SETTINGS if kind == "settings" else SHIPPED[kind].read_text(encoding="utf-8")
        harmed = harmed_text(text, chance).encode("utf-8", "replace")
        path = folder / f"{kind}{number}.yaml"
        path.write_bytes(harmed if number % 4 else harmed_bytes(text.encode(), chance))
        options = _options(kind, path, folder)
        judge_one(light_run(source, *options), folder / f"out{number}", 1, counts, path, strict=True)
        shutil.rmtree(folder / f"out{number}", ignore_errors=True)


def stored_transcripts(folder: Path, inputs: int, seed: int, counts: Counts) -> None:
    """Transcripts of an earlier run with members changed, dropped, added, or with harmed bytes."""
    chance = seeded(seed, "stored transcripts")
    folder.mkdir(parents=True, exist_ok=True)
    source, stored = folder / "calls.jsonl", folder / "stored"
    write_text_calls(source, inputs)
    run_fork(["run", str(source), "--out", str(stored), *LIGHT])
    paths = sorted((stored / "transcripts").glob("*.json"))
    for number, path in enumerate(paths):
        plain = json.loads(path.read_text(encoding="utf-8"))
        plain.pop("content_sha256", None)  # hostile on purpose: no seal to break
        text = json_line(harmed_json(plain, chance)).encode()
        path.write_bytes(text if number % 4 else harmed_bytes(path.read_bytes(), chance))
    judge_many(score_run(stored), folder / "out", len(paths), counts, "stored transcripts")


# sort, its share of all inputs, whether it needs the recogniser
SORTS: tuple[tuple[Sort, float, bool], ...] = (
    (recordings, 0.26, True),
    (transcript_files, 0.17, False),
    (call_lines, 0.16, False),
    (call_lists, 0.03, False),
    (manifest_rows, 0.12, False),
    (manifests, 0.05, False),
    (yaml_files, 0.09, False),
    (stored_transcripts, 0.12, False),
)


def _options(kind: str, path: Path, folder: Path) -> tuple[str, ...]:
    if kind == "scorecard":
        return ("--scorecard", str(path))
    if kind == "settings":
        return ("--config", str(path))
    config = folder / f"{path.stem}-config.yml"
    config.write_text(f"lexicon: {path}\n", encoding="utf-8")
    return ("--config", str(config))


def _manifest(folder: Path, count: int) -> list[list[str]]:
    """Write a transcript a call; return the rows of a manifest of them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [["path", "call_id", "agent_id", "team", "started_at", "direction", "csat", "ring_seconds"]]
    for number, call in enumerate(text_calls(count)):
        path = folder / f"M{number:03d}.txt"
        path.write_text(
            next(text for suffix, text in _forms(call["turns"]) if suffix == ".txt"), encoding="utf-8"
        )
        rows.append([path.name, path.stem, "A1", "一组", "2026-11-16 19:06:00", "inbound", "5", "6"])
    return rows


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace").decode()


def _forms(turns: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    names = {"agent": "坐席", "customer": "客户"}
    spoken = [(names[turn["role"]], turn["text"]) for turn in turns]
    yield ".txt", "".join(f"{name}：{text}\n" for name, text in spoken)
    for suffix, head, comma in ((".srt", "", ","), (".vtt", "WEBVTT\n\n", ".")):
        cues = (
            f"{number + 1}\n00:{number:02d}:00{comma}000 --> 00:{number:02d}:20{comma}000\n{name}：{text}\n\n"
            for number, (name, text) in enumerate(spoken)
        )
        yield suffix, head + "".join(cues)
    yield ".csv", _csv([["role", "text"], *([turn["role"], turn["text"]] for turn in turns)])
    yield ".json", json.dumps({"turns": turns}, ensure_ascii=False, indent=1)


def _encoded(
    folder: Path, suffix: str, container_format: str, codec: str, rate_hz: int, layout: str
) -> bytes:
    path = folder / f"whole-{codec}{suffix}"
    channels = 1 if layout == "mono" else 2
    noise = np.random.default_rng(3).normal(0, 1500, (channels, LENGTH_S * rate_hz)).astype(np.int16)
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        stream.codec_context.open()
        resampler = av.AudioResampler(
            format=stream.codec_context.format,
            layout=layout,
            rate=48000 if codec == "libopus" else rate_hz,
            frame_size=stream.codec_context.frame_size or 1024,
        )
        frame = av.AudioFrame.from_ndarray(noise, format="s16p", layout=layout)
        frame.sample_rate = rate_hz
        for ready in (*resampler.resample(frame), *resampler.resample(None)):
            ready.pts = None
            container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return path.read_bytes()
