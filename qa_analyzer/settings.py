"""Settings of one run: command-line option > ``QA_*`` environment > settings file > default."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from qa_analyzer.errors import ConfigError, FaultsError
from qa_analyzer.human_yaml import load_model
from qa_analyzer.whole_files import FileMode

PACKAGE_DIR = Path(__file__).parent
MAX_REMOTE_BYTES = 3_000_000_000  # twelve hours of two-channel telephone PCM, and more: no call is larger


def shipped(*parts: str) -> Path:
    """Return what ships with the project: inside a wheel, or beside the package in a checkout."""
    packaged = PACKAGE_DIR / "_data"
    return (packaged if packaged.is_dir() else PACKAGE_DIR.parent).joinpath(*parts)


class Settings(BaseSettings):
    """Everything a run can be told. Paths may be relative to the current folder."""

    model_config = SettingsConfigDict(env_prefix="QA_", extra="forbid", frozen=True)

    models_dir: Path = Field(default_factory=lambda: shipped("models"), description="where model weights lie")
    scorecard: Path = Field(
        default_factory=lambda: shipped("scorecards", "telecom_etiquette.yaml"),
        description="the scorecard to judge by",
    )
    bands: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="a site's own limits, by the name that a rule's band gives"
    )
    lexicon: Path = Field(
        default_factory=lambda: shipped("scorecards", "complaint_lexicon.yaml"),
        description="complaints and risks",
    )
    lexicon_overrides: Path | None = Field(default=None, description="a site's changes to the lexicon")
    hotwords: Path | None = Field(default=None, description="YAML list of domain terms for the recogniser")
    asr_model: str = Field(
        default="whisper-base", description="name in the model manifest, or a CTranslate2 folder"
    )
    sentiment_model: str = Field(
        default="sentiment-zh", description="name, or a transformers folder; or 'lexicon'"
    )
    act_model: str = Field(
        default="acts-zh", description="name or folder of the model of acts; 'none' judges by words alone"
    )
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = Field(default=0, ge=0, description="threads for each worker; 0 shares the cores out")
    workers: int = Field(default=0, ge=0, description="worker processes; 0 takes what cores and memory allow")
    runner: Literal["in-process", "pool", "ray"] | None = Field(
        default=None, description="default: a pool when workers > 1"
    )
    ray_address: str | None = Field(
        default=None, description="an existing Ray cluster; default one of this machine"
    )
    timezone: str = Field(default="Asia/Shanghai", description="zone of times that name none")
    filename_pattern: str | None = Field(default=None, description="regex with named groups over file names")
    input_root: Path | None = Field(default=None, description="folder that manifest paths may not leave")
    allow_outside: bool = Field(default=False, description="let manifest paths leave the input root")
    allowed_urls: tuple[str, ...] = Field(
        default=(), description="beginnings of URLs that manifests may name, such as s3://bucket/calls/"
    )
    max_remote_bytes: int = Field(default=MAX_REMOTE_BYTES, gt=0, description="largest recording at a URL")
    store: str | None = Field(
        default=None, description="SQLAlchemy URL; default a SQLite file in the output folder"
    )
    keep_pii: bool = Field(default=False, description="keep numbers, names and addresses in what is stored")
    file_mode: FileMode = Field(
        default=FileMode.PRIVATE, description="who may read what is written: 'private' (its owner) or 'group'"
    )
    language: Literal["zh", "en"] = Field(
        default="zh", description="language of reports and messages to supervisors"
    )
    seconds_per_audio_second: float = Field(
        default=10.0,
        gt=0,
        description="a call that takes longer than this for each second of audio is given up",
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as problem:
            raise ValueError(
                f"unknown time zone {name!r}; use a name such as Asia/Shanghai (where the system has none: "
                "pip install tzdata)"
            ) from problem
        return name


def load_settings(config_file: Path | None = None, **options: Any) -> Settings:
    """Join options, environment and settings file; options that are None were not given.

    Raises ConfigError with every fault.
    """
    given = {name: value for name, value in options.items() if value is not None}
    from_file: dict[str, Any] = {}
    if config_file is not None:
        # The file alone is checked first, so that its faults carry their lines.
        from_file = load_model(config_file, Settings, error=FaultsError).model_dump(exclude_unset=True)
    try:
        environment = Settings()
        return Settings(**{**from_file, **environment.model_dump(exclude_unset=True), **given})
    except ValidationError as problem:
        faults = (
            f"{'.'.join(str(step) for step in fault['loc']) or 'settings'}: {fault['msg']}"
            for fault in problem.errors(include_url=False)
        )
        raise ConfigError("settings are wrong:\n  " + "\n  ".join(faults)) from problem
