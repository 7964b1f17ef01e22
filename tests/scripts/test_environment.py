from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICE = "requirements-service.txt"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The module, with room of its own for environments."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import environment

    monkeypatch.setattr(environment, "CACHE", tmp_path / "the cache")
    return environment


def made(environment: ModuleType, folder: str, requirements: str) -> Path:
    """Write what is left of an environment that was made, without anything to run in it."""
    place = environment.CACHE / folder
    python = place / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_bytes(b"")
    (place / f"{requirements}.sha256").write_text(environment._digest(requirements))
    return python


def test_an_active_environment_with_all_of_it_is_used(environment: ModuleType) -> None:
    assert environment.python_with(SERVICE, "numpy", "jinja2") == Path(sys.executable)


def test_what_was_made_is_used_without_asking_pip(environment: ModuleType) -> None:
    python = made(environment, "start", SERVICE)
    assert environment.python_with(SERVICE, "no_such_module", folder="start") == python


def test_the_environments_of_start_and_test_are_apart(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def make(place: Path, *, fresh: bool) -> None:
        asked.append(place)

    monkeypatch.setattr(environment, "_make", make)
    monkeypatch.setattr(environment, "_install", lambda *_: None)
    made(environment, "start", SERVICE)
    (environment.CACHE / "venv").mkdir()
    environment.python_with(SERVICE, "no_such_module")
    assert asked == [environment.CACHE / "venv"]


def test_a_clone_that_was_moved_is_set_up_again(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = environment._digest(SERVICE)
    for name in (SERVICE, "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    assert environment._digest(SERVICE) != before


def test_an_installation_that_fails_ends_without_a_traceback(environment: ModuleType) -> None:
    with pytest.raises(SystemExit, match="not finished"):
        environment._install(Path(sys.executable), "--no-index", "no-such-package-of-ours")


def test_activation_is_a_line_for_the_shell(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = made(environment, "start", SERVICE)
    (python.parent / "activate").write_text("echo it is active")
    (tmp_path / "elsewhere").mkdir()
    for folder, line in (
        (tmp_path, ". 'the cache/start/bin/activate'"),
        (tmp_path / "elsewhere", f". '{python.parent}/activate'"),
    ):
        monkeypatch.chdir(folder)
        assert environment.activation(python) == line
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert done.stdout == "it is active\n"
