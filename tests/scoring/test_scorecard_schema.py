import json

import jsonschema
import pytest
import yaml

from qa_analyzer.scoring.scorecard_schema import SCHEMA_PATH, scorecard_schema
from qa_analyzer.settings import shipped


def test_the_published_schema_is_current() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == scorecard_schema()


@pytest.mark.parametrize(
    "name", ["telecom_etiquette", "broadband_fault", "complaint_handling", "outbound_marketing"]
)
def test_the_shipped_scorecards_follow_it_and_a_wrong_kind_does_not(name: str) -> None:
    schema = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    card = yaml.safe_load(shipped("scorecards", f"{name}.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(card, schema)
    card["sections"][0]["criteria"][0]["pass_when"] = {"kind": "frases"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(card, schema)
