"""The layers, the size of modules, and what importing the package costs."""

import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
MAX_LINES = 400
HEAVY = ("torch", "transformers", "faster_whisper", "ctranslate2", "pandas", "sqlalchemy", "jieba")


def test_data_flows_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert outcome == 0, capsys.readouterr().out


@pytest.mark.parametrize("folder", ["qa_analyzer", "benchmarks", "models"])
def test_no_module_is_too_long_to_read(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / folder).rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long


@pytest.mark.parametrize(
    "module", ["qa_analyzer.scoring.evaluation", "qa_analyzer.speech.transcript", "qa_analyzer.errors"]
)
def test_values_load_no_heavy_library(module: str) -> None:
    script = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
