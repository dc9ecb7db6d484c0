"""Ctrl-C: the first one lets the calls in hand be finished, the second one ends at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import typer

from qa_analyzer.batch.stopping import Stop


@contextmanager
def ctrl_c_asks(stop: Stop) -> Iterator[None]:
    """Turn the first Ctrl-C into a wish to stop; the second raises KeyboardInterrupt as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals arrive elsewhere
        return

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        with suppress(RuntimeError):  # the signal may come in the middle of a write to the same stream
            typer.echo(
                "正在完成手上的通话，再按一次 Ctrl-C 立即停止。"
                "Finishing the calls in hand; press Ctrl-C again to stop at once.",
                err=True,
            )

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
