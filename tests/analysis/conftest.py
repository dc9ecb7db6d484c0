"""What the tests of training share."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def models_folder():
    """Make the package `training` importable, as its scripts find it; give the folder it lies in."""
    folder = Path(__file__).resolve().parents[2] / "models"
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
