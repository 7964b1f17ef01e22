"""Light starts, proven in fresh processes: no door loads what it does not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("keras", "tensorflow", "sklearn", "scipy", "matplotlib", "onnx", "pyarrow", "pandas")
SERVICES = ("fastapi", "starlette", "pydantic", "uvicorn", "ray", "torch", "cv2")

_RUN = """
import atexit, sys

@atexit.register
def tell():
    modules = sorted({{name.split(".")[0] for name in sys.modules}})
    print(*modules, sep="\\n", file=sys.__stdout__, flush=True)

{code}
"""
_COMMAND = """
sys.argv = ["happysad", *{arguments!r}]
from happysad.cli import main
sys.stdout = open("/dev/null", "w")
main()
"""


def loaded(
    code: str, *, codes: tuple[int, ...] = (0,), arguments: tuple[str, ...] = ()
) -> set[str]:
    """Return the top-level modules that a fresh process holds after the code."""
    if arguments:
        code = _COMMAND.format(arguments=arguments)
    command = [sys.executable, "-c", _RUN.format(code=code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in codes, done.stderr
    return set(done.stdout.split())


def test_importing_happysad_loads_the_standard_library_alone() -> None:
    found = loaded("import happysad")
    assert not found & {*HEAVY, *SERVICES, "numpy", "PIL", "onnxruntime", "typer", "rich"}


def test_all_names_but_the_trainer_s_load_without_heavy_libraries() -> None:
    code = "import happysad\nfor name in happysad.__all__: getattr(happysad, name)"
    assert not loaded(code) & {*HEAVY, *SERVICES}


def test_help_loads_no_heavy_library() -> None:
    found = loaded("", arguments=("--help",))
    assert not found & {*HEAVY, *SERVICES, "numpy", "PIL", "onnxruntime", "httpcore2", "jinja2"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "missing.jpg", "--model", "tests/fixtures/v1-tiny.happysad", "--jsonl"),
        ("predict", "missing.jpg", "--model", "tests/fixtures/v1-tiny.happysad"),
        ("predict", "tests/fixtures", "--model", "tests/fixtures/tiny-two-view.happysad"),
        ("show", "tests/fixtures/v1-tiny.happysad"),
        ("check", "tests/fixtures"),
        ("doctor",),
        ("label", "tests/fixtures", "--export", "nowhere"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_light_commands_load_no_heavy_library(arguments: tuple[str, ...]) -> None:
    assert not loaded("", arguments=arguments, codes=(0, 1, 2, 3)) & {*HEAVY, *SERVICES}


def test_predicting_loads_neither_the_web_client_nor_the_page_writer() -> None:
    arguments = ("predict", "missing.jpg", "--model", "tests/fixtures/v1-tiny.happysad", "--jsonl")
    found = loaded("", arguments=arguments, codes=(3,))
    assert "onnxruntime" in found
    assert not found & {"httpcore2", "jinja2", "rich"}
