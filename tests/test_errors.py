import pickle
from pathlib import Path

import pytest

from qa_analyzer import errors

FAULTS = (errors.Fault(Path("card.yaml"), 3, "sections.0", "too heavy"),)
MADE = [
    errors.QAError("x"),
    errors.ConfigError("x"),
    errors.ScorecardError(FAULTS),
    errors.ManifestError(FAULTS),
    errors.ModelError("x"),
    errors.InputError("c1", "x"),
    errors.DecodeError("c1", "x"),
    errors.SpoolError("c1", "x"),
    errors.FetchError("c1", "x"),
    errors.TranscriptionError("c1", "x"),
    errors.TranscriptError("c1", "x"),
    errors.StoreError("x"),
    errors.StoreAddressError("x"),
    errors.OutputError(Path("out/a"), "No space left on device"),
    errors.RunnerError("x"),
    errors.MissingDependencyError("mono", "mono"),
]


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_errors_cross_process_borders(error: errors.QAError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


def test_every_class_of_the_tree_is_tried_and_drawn() -> None:
    classes = {
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.QAError)
    }
    abstract = {errors.CallError, errors.FaultsError}
    assert {type(error) for error in MADE} == classes - abstract
    assert errors.__doc__ is not None
    for each in classes - {errors.FaultsError}:
        assert each.__name__ in errors.__doc__


def test_a_fault_names_file_line_and_place() -> None:
    assert str(errors.ScorecardError(FAULTS)) == "card.yaml:3: sections.0: too heavy"
