"""Can the channels be trusted to stand for the two speakers, and be heard? Each fault comes with its figure.

Thresholds were set on telephone calls with slight cross-talk, which must pass, and on faults made from
them; where the two are far apart, in the middle. The room that makes transcripts maps faults to what they
forbid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from qa_analyzer.calls.channel_copies import Copy, copied_voice, measure_copy
from qa_analyzer.calls.channel_levels import ChannelLevels, ReadableAudio, measure_levels
from qa_analyzer.intervals import Span, intersection, total_s

MIN_VOICE_S = 0.3
SILENT_DBFS = -60.0
"""The loudest moments of a channel on which nothing is connected; idle telephone lines hiss at -75 to -65."""

MAX_CLIPPED_SHARE = 0.001
DUAL_MONO_COVERAGE = 0.9
DUAL_MONO_COHERENCE = 0.9
DUAL_MONO_MAX_LEVEL_DB = 12.0
"""A copy further below its source is cross-talk onto a line where nobody speaks."""

BLEED_COVERAGE = 0.5
BLEED_LEVEL_DB = -32.0
"""Cross-talk below this is not heard as speech; -38 dB is common and harmless."""

COPIED_VOICE_SHARE = 0.05
MIN_SPEED_VOICE_S = 3.0
SLOW_HIGHS_DB = -26.0
"""Power above 2 kHz: at half speed under -29 dB on telephone lines, else over -23 dB."""

FAST_LOWS_DB = -25.0
FAST_HIGHS_DB = -20.0
"""Power in 100-280 Hz and above 3600 Hz. At double speed the first is under -29 dB, the second over -17 dB;
otherwise the first is over -18 dB or, on lines that cut it off, the second under -25 dB."""

SWAP_TALK_RATIO = 1.5
SWAP_MIN_MORE_S = 1.0


class ChannelFaultKind(StrEnum):
    """What is wrong. The values are those that transcripts store."""

    DUAL_MONO = "dual_mono"
    SILENT_CHANNEL = "silent_channel"
    NO_SPEECH = "no_speech"
    BLEED = "bleed"
    CLIPPING = "clipping"
    WRONG_SPEED = "wrong_speed"
    SWAPPED = "swapped"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class ChannelFault:
    """One fault with the figure that shows it. ``channel`` is None when it concerns all of them."""

    problem: ChannelFaultKind
    channel: int | None
    value: float
    detail: str


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """All that was measured; ``levels`` by channel.

    ``copied_voice`` holds for each channel the voice that is only a copy of the other one: take it away
    before overlap or talk time is measured.
    """

    faults: tuple[ChannelFault, ...]
    levels: tuple[ChannelLevels, ...]
    copied_voice: tuple[tuple[Span, ...], ...]


def check_channels(
    audio: ReadableAudio, voices: Sequence[Sequence[Span]], *, agent_channel: int | None = None
) -> tuple[ChannelFault, ...]:
    """Return the faults of a recording, given the voice of its channels; see ``inspect_channels``."""
    return inspect_channels(audio, voices, agent_channel=agent_channel).faults


def inspect_channels(
    audio: ReadableAudio, voices: Sequence[Sequence[Span]], *, agent_channel: int | None = None
) -> ChannelReport:
    """Measure every channel and compare the two.

    Pass ``agent_channel`` as the input gives it, on inbound calls only, to have it doubted where it seems
    swapped.
    """
    levels = tuple(measure_levels(audio, channel, voice) for channel, voice in enumerate(voices))
    faults = list(_truncation(audio))
    for channel, of_channel in enumerate(levels):
        faults += _channel_faults(channel, of_channel)
    copied: tuple[tuple[Span, ...], ...] = ((),) * len(levels)
    if len(levels) == 2:
        copies = (measure_copy(audio, levels, 0), measure_copy(audio, levels, 1))
        if (dual := _dual_mono(copies)) is not None:
            faults.append(dual)
        else:
            onto = (copied_voice(audio, levels, 1), copied_voice(audio, levels, 0))
            copied = tuple(intersection(spans, voice) for spans, voice in zip(onto, voices, strict=True))
            for copy in copies:
                faults += _bleed(copy, voices[1 - copy.source], copied[1 - copy.source])
            if agent_channel is not None:
                faults += _swap(voices, agent_channel)
    return ChannelReport(tuple(faults), levels, copied)


def _truncation(audio: ReadableAudio) -> Iterator[ChannelFault]:
    if audio.missing_s is None:
        yield ChannelFault(
            ChannelFaultKind.TRUNCATED, None, 0.0, "the file was never closed: its end may be missing"
        )
    elif audio.missing_s > 0:
        yield ChannelFault(
            ChannelFaultKind.TRUNCATED,
            None,
            round(audio.missing_s, 1),
            f"{audio.missing_s:.1f} s of the recording are missing or damaged",
        )


def _channel_faults(channel: int, levels: ChannelLevels) -> Iterator[ChannelFault]:
    if levels.voiced_s < MIN_VOICE_S:
        if levels.loudest_dbfs < SILENT_DBFS:
            yield ChannelFault(
                ChannelFaultKind.SILENT_CHANNEL,
                channel,
                round(levels.loudest_dbfs, 1),
                f"nothing louder than {levels.loudest_dbfs:.0f} dBFS",
            )
        else:
            yield ChannelFault(
                ChannelFaultKind.NO_SPEECH,
                channel,
                round(levels.voiced_s, 2),
                f"{levels.voiced_s:.1f} s of voice in sound of up to {levels.loudest_dbfs:.0f} dBFS",
            )
        return
    if levels.clipped_share >= MAX_CLIPPED_SHARE:
        yield ChannelFault(
            ChannelFaultKind.CLIPPING,
            channel,
            round(levels.clipped_share, 5),
            f"{100 * levels.clipped_share:.1f} % of the voiced samples are at full scale",
        )
    if levels.voiced_s >= MIN_SPEED_VOICE_S:
        yield from _wrong_speed(channel, levels)


def _wrong_speed(channel: int, levels: ChannelLevels) -> Iterator[ChannelFault]:
    highs_db = levels.band_db(2000, 8000)
    if highs_db < SLOW_HIGHS_DB:
        yield ChannelFault(
            ChannelFaultKind.WRONG_SPEED,
            channel,
            round(highs_db, 1),
            f"too slow, or very dull: only {highs_db:.0f} dB of voice above 2 kHz; check the sampling rate",
        )
        return
    lows_db, upper_db = levels.band_db(100, 280), levels.band_db(3600, 8000)
    if lows_db < FAST_LOWS_DB and upper_db > FAST_HIGHS_DB:
        yield ChannelFault(
            ChannelFaultKind.WRONG_SPEED,
            channel,
            round(lows_db, 1),
            f"too fast: the voice has {lows_db:.0f} dB below 280 Hz but {upper_db:.0f} dB above 3600 Hz; "
            "check the sampling rate",
        )


def _dual_mono(copies: tuple[Copy, Copy]) -> ChannelFault | None:
    heard = [copy for copy in copies if copy.windows]
    if not heard or any(
        copy.coverage < DUAL_MONO_COVERAGE
        or copy.coherence < DUAL_MONO_COHERENCE
        or copy.level_db is None
        or copy.level_db < -DUAL_MONO_MAX_LEVEL_DB
        for copy in heard
    ):
        return None
    coherence = min(copy.coherence for copy in heard)
    return ChannelFault(
        ChannelFaultKind.DUAL_MONO,
        None,
        round(coherence, 3),
        f"both channels hold the same sound (coherence {coherence:.2f}): it is a mono recording",
    )


def _bleed(copy: Copy, voice: Sequence[Span], copied: Sequence[Span]) -> Iterator[ChannelFault]:
    voice_s, copied_s = total_s(voice), total_s(copied)
    audible = (
        copy.level_db is not None and copy.level_db >= BLEED_LEVEL_DB and copy.coverage >= BLEED_COVERAGE
    )
    taken_for_voice = copied_s >= max(MIN_VOICE_S, COPIED_VOICE_SHARE * voice_s)
    if copy.level_db is not None and (audible or taken_for_voice):
        yield ChannelFault(
            ChannelFaultKind.BLEED,
            1 - copy.source,
            round(copy.level_db, 1),
            f"channel {copy.source} is heard at {copy.level_db:.0f} dB, after "
            f"{1000 * (copy.delay_s or 0):.0f} ms, in {100 * copy.coverage:.0f} % of its speech; "
            f"{copied_s:.1f} s of {voice_s:.1f} s of voice are copies",
        )


def _swap(voices: Sequence[Sequence[Span]], agent_channel: int) -> Iterator[ChannelFault]:
    agent, customer = voices[agent_channel], voices[1 - agent_channel]
    agent_s, customer_s = total_s(agent), total_s(customer)
    if not agent or not customer:
        return
    if (
        customer_s >= SWAP_TALK_RATIO * agent_s
        and customer_s - agent_s >= SWAP_MIN_MORE_S
        and min(span.start_s for span in customer) < min(span.start_s for span in agent)
    ):
        yield ChannelFault(
            ChannelFaultKind.SWAPPED,
            None,
            round(customer_s / agent_s, 2),
            f"the channel given as the customer's speaks first, and {customer_s / agent_s:.1f} times "
            "as long as the agent's; the channels may be swapped",
        )
