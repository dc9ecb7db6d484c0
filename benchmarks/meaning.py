"""How well meaning is told: sentiment, foretold satisfaction and likeness of sentences, with other programs.

    python benchmarks/meaning.py [--shared DIR] [--model NAME] [--calls FILE ...]

Prints Markdown tables. DIR holds `text/` and `calls/` (default $QA_SHARED, else ../shared). Others
come with `pip install 'qa_analyzer[bench]'`; those that are not installed are left out.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import meaning_sentiment
import meaning_similarity

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description="Measure sentiment and likeness.")
    shared = Path(os.environ.get("QA_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--shared", type=Path, default=shared)
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--model", default="sentiment-zh")
    parser.add_argument("--calls", type=Path, nargs="*", help="labelled text calls (JSONL)")
    options = parser.parse_args()
    calls = options.calls or [
        options.shared / "calls" / "calls.jsonl",
        *sorted((ROOT / "benchmarks" / "calls").glob("*.jsonl")),
    ]
    meaning_sentiment.run(options.shared, calls, options.models, options.model)
    meaning_similarity.run(options.models / options.model)


if __name__ == "__main__":
    main()
