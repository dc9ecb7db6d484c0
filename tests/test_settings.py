from pathlib import Path

import pytest

from qa_analyzer.errors import ConfigError
from qa_analyzer.settings import Settings, load_settings, shipped


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"QA_{name.upper()}", raising=False)


def test_options_beat_environment_beats_file_beats_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "qa.yaml"
    config.write_text("workers: 2\nthreads: 2\ntimezone: UTC\n", encoding="utf-8")
    monkeypatch.setenv("QA_THREADS", "3")
    monkeypatch.setenv("QA_TIMEZONE", "Asia/Urumqi")
    settings = load_settings(config, timezone="Asia/Hong_Kong", workers=None)
    assert (settings.workers, settings.threads, settings.timezone) == (2, 3, "Asia/Hong_Kong")
    assert settings.asr_model == "whisper-base"


def test_the_settings_file_reports_every_fault_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "qa.yaml"
    config.write_text("worker: 2\nthreads: -1\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(config)
    assert "qa.yaml:1: worker" in str(caught.value)
    assert "qa.yaml:2: threads" in str(caught.value)


def test_wrong_options_and_environment_are_configuration_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_WORKERS", "none")
    with pytest.raises(ConfigError, match="workers"):
        load_settings()


def test_what_ships_is_found() -> None:
    assert shipped("scorecards").is_dir()


def test_a_time_zone_that_is_none_is_a_fault_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("language: zh\ntimezone: Asia/Nowhere\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"site.yaml:2: timezone: .*Asia/Nowhere"):
        load_settings(path)
