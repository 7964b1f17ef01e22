"""The Dockerfile's steps, carried out without a Docker engine.

Files are copied as it says, into a folder in place of the image. The pinned packages are linked
from the environment that the tests run in, each checked for its version, and nothing but them; the
wheel is built by the pinned builder and installed; and the service runs with the variables and the
command it names. What only an engine can do, to change the user and to make the root read-only, is
left: that nothing is written into the image is looked at instead.
"""

from __future__ import annotations

import http.client
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from happysad.drawn import draw
from ports import free_port
from waiting import until

pytest.importorskip("fastapi", reason="the extra web is not installed")

ROOT = Path(__file__).parents[2]
HOME = "/opt/happysad"
TOKEN = "a-token-of-the-test"


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile as pairs of a word and what follows it."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def only(stage: list[tuple[str, str]], word: str) -> str:
    (rest,) = (rest for name, rest in stage if name == word)
    return rest


@dataclass
class Image:
    """What came of the Dockerfile: where its files lie, and how it is run."""

    home: Path
    settings: dict[str, str]
    command: list[str]
    health: list[str]

    def run(self, *arguments: str, port: int, **settings: str) -> subprocess.Popen[str]:
        """Start it with other arguments or the usual ones."""
        command = [*self.command[:1], *(arguments or self.command[1:])]
        asked = [_replaced(word, port) for word in command]
        return subprocess.Popen(
            [self.home / "bin" / asked[0], *asked[1:]],
            env=self.settings | settings,
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def files(self) -> set[Path]:
        """Return every file and folder in it."""
        return set(self.home.rglob("*"))

    def healthy(self, port: int) -> bool:
        """Whether the health check is content."""
        asked = [_replaced(word, port) for word in self.health]
        done = subprocess.run(asked, env=self.settings, check=False, capture_output=True)
        return done.returncode == 0


def _replaced(word: str, port: int) -> str:
    """Stay on loopback, at a port of the test."""
    return word.replace("8765", str(port)).replace("0.0.0.0", "127.0.0.1")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    place = tmp_path_factory.mktemp("image")
    build, last = stages()
    home = place / "happysad"
    context = place / "build"
    context.mkdir()
    for word, rest in build:
        if word == "COPY":
            _copy(rest.split(), context)
        elif word == "RUN":
            _run_step(shlex.split(rest), home, context)
        else:
            assert word in {"FROM", "WORKDIR"}, word
    assert only(last, "COPY") == f"--from=build {HOME} {HOME}"
    assert only(last, "USER") == "10001:10001"
    settings = dict(pair.split("=", 1) for pair in only(last, "ENV").split())
    settings["PATH"] = f"{home / 'bin'}:{os.environ['PATH']}"
    health = only(last, "HEALTHCHECK").partition("CMD ")[2]
    command = json.loads(only(last, "ENTRYPOINT")) + json.loads(only(last, "CMD"))
    return Image(home, settings, command, json.loads(health))


def _copy(words: list[str], context: Path) -> None:
    *sources, target = words
    for name in sources:
        assert f"!{name}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
        source = ROOT / name
        if source.is_dir():
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, context / target, ignore=hidden)
        else:
            shutil.copy(source, context / target)


def _run_step(words: list[str], home: Path, context: Path) -> None:
    words = [word.replace(HOME, str(home)) for word in words]
    match words:
        case ["python", "-m", "venv", place]:
            _done([sys.executable, "-m", "venv", "--without-pip", "--symlinks", place], context)
        case ["python", "-m", "pip", "install", "--no-cache-dir", "--require-hashes", "-r", file]:
            assert list(_pinned(context / file))
        case ["python", *rest]:
            _done([sys.executable, *rest], context)
        case [pip, "install", "--no-cache-dir", "--require-hashes", "-r", file]:
            assert pip == f"{home}/bin/pip"
            _link_packages(context / file, home)
        case [pip, "install", "--no-cache-dir", "--no-index", "--no-deps", wheel]:
            assert pip == f"{home}/bin/pip"
            _install_wheel(context, wheel, home)
        case _:
            assert words[0] == f"{home}/bin/python", words
            _done(words, context)


def _done(command: list[str], context: Path) -> None:
    done = subprocess.run(command, cwd=context, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def _pinned(file: Path) -> Iterator[importlib.metadata.Distribution]:
    """Yield the packages that a file asks for here; they are installed, in these versions."""
    text = file.read_text(encoding="utf-8")
    for pin in re.findall(r"^[A-Za-z0-9][^\\\n]*", text, re.MULTILINE):
        one = Requirement(pin)
        if one.marker is not None and not one.marker.evaluate():
            continue
        found = importlib.metadata.distribution(one.name)
        assert one.specifier.contains(found.version), f"{one} but {found.version} is installed"
        yield found


def _link_packages(file: Path, home: Path) -> None:
    (site,) = (home / "lib").glob("python*/site-packages")
    for found in _pinned(file):
        tops = {Path(str(name)).parts[0] for name in found.files or ()} - {"..", "__pycache__"}
        for top in tops:
            if not (site / top).exists():
                (site / top).symlink_to(found.locate_file(top))


def _install_wheel(context: Path, pattern: str, home: Path) -> None:
    (wheel,) = context.glob(pattern)
    python = home / "bin" / "python"
    install = ["pip", "install", "--offline", "--no-deps", "--python", str(python), str(wheel)]
    _done([sys.executable, "-m", "uv", *install], context)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def before(image: Image) -> set[Path]:
    return image.files()


@pytest.fixture
def running(image: Image, before: set[Path], port: int) -> Iterator[subprocess.Popen[str]]:
    process = image.run(port=port, HAPPYSAD_TOKEN=TOKEN)
    try:
        until(lambda: image.healthy(port) or process.poll() is not None)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        yield process
    finally:
        process.terminate()
        process.communicate()


def _post(port: int, picture: bytes, **headers: str) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Content-Type": "image/png"} | headers
    connection.request("POST", "/v1/predict", picture, headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_the_container_answers_those_who_know_the_token(image, before, running, port, tmp_path):
    draw("happy", seed=1).save(tmp_path / "a.png")
    picture = (tmp_path / "a.png").read_bytes()
    assert _post(port, picture)[0] == 401
    status, answer = _post(port, picture, Authorization=f"Bearer {TOKEN}")
    assert status == 200
    assert answer["predictions"][0]["label"] in {"happy", "sad"}
    running.terminate()
    assert running.wait(timeout=120) == 0
    assert not image.healthy(port)
    assert image.files() == before


def test_the_container_does_not_start_without_a_token(image, port):
    process = image.run(*["serve", "--host", "::", "--port", str(port)], port=port)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "HAPPYSAD_TOKEN" in complaint


def test_the_container_holds_no_library_of_training(image):
    (site,) = (image.home / "lib").glob("python*/site-packages")
    installed = {path.name for path in site.iterdir()}
    assert {"happysad", "onnxruntime", "fastapi"} <= installed
    assert not {"keras", "tensorflow", "matplotlib", "pytest"} & installed
