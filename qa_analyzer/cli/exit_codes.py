"""What the process says to cron."""

from enum import IntEnum


class ExitCode(IntEnum):
    """A poor score is not an error; a call that could not be judged is."""

    OK = 0  # every call was processed
    FAILED_CALLS = 1  # finished, but some calls failed: see failures.jsonl
    CONFIG = 2  # options, settings, scorecard, models: nothing was started
    BUG = 3  # a fault of ours
    STOPPED = 4  # disk full, store or cluster lost; the same command goes on when that is mended
    INTERRUPTED = 130  # Ctrl-C; the same command goes on where it stopped
