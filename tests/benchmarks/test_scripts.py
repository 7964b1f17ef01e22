from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PARTS = {"measuring.py", "callers.py"}
SCRIPTS = sorted({path.name for path in BENCHMARKS.glob("*.py")} - PARTS)
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def bench(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, BENCHMARKS / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_header_says_how_to_repeat_it(name: str) -> None:
    header = ast.get_docstring(ast.parse((BENCHMARKS / name).read_text(encoding="utf-8"))) or ""
    assert f"python benchmarks/{name}" in header
    assert "minute" in header or re.search(r"about \d+ s", header)


@LINUX
def test_every_planted_fault_is_found(tmp_path: Path) -> None:
    done = bench("planted.py", "--pictures", "60", "--work", tmp_path, "--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "planted.json").read_text())
    assert result["passed"]
    assert result["figures"]["files"] == 60
