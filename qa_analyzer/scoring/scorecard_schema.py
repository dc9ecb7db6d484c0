"""The JSON Schema of scorecard files, for editors that complete and check while one writes."""

from __future__ import annotations

import json
from pathlib import Path

from qa_analyzer.scoring.scorecard_model import ScorecardFile

SCHEMA_PATH = Path(__file__).parent / "schemas" / "scorecard.schema.json"


def scorecard_schema() -> str:
    """Return the schema as it is published in ``SCHEMA_PATH``."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scorecard",
        **ScorecardFile.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
