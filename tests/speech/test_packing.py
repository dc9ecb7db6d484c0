import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_analyzer.intervals import Span, total_s
from qa_analyzer.speech.packing import PackOptions, pack

OPTIONS = PackOptions(join_gap_s=1.0, margin_s=0.3, window_s=10.0)


def spans(*pairs: tuple[float, float]) -> tuple[Span, ...]:
    return tuple(Span(start_s, end_s) for start_s, end_s in pairs)


def test_far_stretches_share_a_window_near_ones_stay_one_piece() -> None:
    (window,) = pack(spans((1, 2), (2.5, 4), (30, 32)), 1, duration_s=60, options=OPTIONS)
    assert window.channel == 1
    assert [(piece.source.start_s, piece.source.end_s) for piece in window.pieces] == [
        (0.7, 4.3),
        (29.7, 32.3),
    ]
    assert window.pieces[1].offset_s == pytest.approx(3.6)


def test_times_map_back_to_the_piece_they_came_from() -> None:
    (window,) = pack(spans((1, 2), (30, 32)), 0, duration_s=60, options=OPTIONS)
    assert window.piece_of(Span(0.9, 1.1)).source_time_s(1.0) == pytest.approx(1.7)
    late = window.piece_of(Span(2.5, 2.7))
    assert late.source_time_s(2.6) == pytest.approx(29.7 + 2.6 - late.offset_s)
    assert window.piece_of(Span(99, 99)).source_time_s(99.0) == pytest.approx(32.3)


def test_a_word_that_swallowed_the_pause_belongs_to_its_voice() -> None:
    (window,) = pack(spans((1, 2), (30, 32)), 0, duration_s=60, options=OPTIONS)
    early, late = window.pieces
    seam_s = late.offset_s
    assert window.piece_of(Span(seam_s - 0.3, seam_s + 0.5)) is late
    assert window.piece_of(Span(seam_s - 0.6, seam_s + 0.3)) is early


def test_voice_without_pause_is_cut_to_fit() -> None:
    windows = pack(spans((0, 25)), 0, duration_s=25, options=OPTIONS)
    assert [len(window.pieces) for window in windows] == [1, 1, 1]
    assert windows[0].pieces[0].source.end_s <= windows[1].pieces[0].source.start_s + 1e-9


def test_read_lays_pieces_at_their_offsets(array_audio: type) -> None:
    ramp = np.arange(16_000 * 40, dtype=np.float32)
    (window,) = pack(spans((1, 2), (30, 32)), 0, duration_s=40, options=OPTIONS)
    samples = window.read(array_audio(ramp))
    second = round(window.pieces[1].offset_s * 16_000)
    assert samples[0] == pytest.approx(0.7 * 16_000, abs=2)
    assert samples[second] == pytest.approx(29.7 * 16_000, abs=2)
    assert samples.size == round(window.pieces[-1].placed.end_s * 16_000)


def test_no_voice_no_window() -> None:
    assert pack((), 0, duration_s=10) == ()


@st.composite
def voices(draw: st.DrawFn) -> tuple[Span, ...]:
    cursor_s, found = 0.0, []
    for gap_s, length_s in draw(
        st.lists(st.tuples(st.floats(0.05, 8), st.floats(0.05, 30)), min_size=1, max_size=15)
    ):
        found.append(Span(cursor_s + gap_s, cursor_s + gap_s + length_s))
        cursor_s += gap_s + length_s
    return tuple(found)


@given(voices(), st.sampled_from([OPTIONS, PackOptions(2.0, 0.4, 28.0), PackOptions(0.5, 0.4, 9.0)]))
def test_every_voice_is_heard_once_and_windows_fit(voice: tuple[Span, ...], options: PackOptions) -> None:
    duration_s = voice[-1].end_s + 0.1
    windows = pack(voice, 0, duration_s=duration_s, options=options)
    pieces = [piece.source for window in windows for piece in window.pieces]
    assert all(window.pieces[-1].placed.end_s <= options.window_s + 1e-6 for window in windows)
    assert all(left.end_s <= right.start_s + 1e-6 for left, right in itertools.pairwise(pieces))
    missed_s = total_s(voice) - sum(
        total_s(
            [Span(max(p.start_s, v.start_s), min(p.end_s, v.end_s)) for p in pieces if p.overlap_s(v) > 0]
        )
        for v in voice
    )
    assert abs(missed_s) < 1e-6
    assert pieces[0].start_s >= 0
    assert pieces[-1].end_s <= duration_s
