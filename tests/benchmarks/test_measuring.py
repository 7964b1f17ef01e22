from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

PARENT = """
import subprocess, sys
ballast = bytearray(40_000_000)
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
print("done")
"""
CHILD = "import time; ballast = bytearray(60_000_000); time.sleep(1)"


def test_memory_of_children_is_counted() -> None:
    from measuring import run

    measured = run([sys.executable, "-c", PARENT, CHILD])
    assert measured.stdout == "done\n"
    assert measured.peak_mib * 1.048576 > 100
    assert measured.seconds > 1


def test_a_failed_command_ends_the_benchmark() -> None:
    from measuring import run

    with pytest.raises(SystemExit, match="ended with 7"):
        run([sys.executable, "-c", "raise SystemExit(7)"])
    assert run([sys.executable, "-c", "raise SystemExit(7)"], allowed=(7,)).code == 7


def test_marks_have_bounds() -> None:
    from measuring import Mark

    assert Mark("x", 1.0, at_most=1.0).passed
    assert not Mark("x", 1.1, at_most=1.0).passed
    assert Mark("x", 6.0, at_least=6.0).passed
    assert not Mark("x", 5.9, at_least=6.0).passed


def test_a_result_is_kept_and_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from measuring import Mark, Result, as_markdown, finish
    from run_all import read

    result = Result(
        "name",
        "python name.py",
        marks=[Mark("ratio", 0.5, at_most=0.8), Mark("speed", 5.0, at_least=6.0)],
        figures={"seconds": [1.234, 5.678], "files": 12},
    )
    assert finish(result, tmp_path) == 1
    assert capsys.readouterr().out.strip() == as_markdown(result).strip()
    assert read(tmp_path / "name.json") == result
    assert json.loads((tmp_path / "name.json").read_text())["passed"] is False
    page = as_markdown(result)
    assert "| ratio | 0.5 | ≤ 0.8 | met |" in page
    assert "| speed | 5 | ≥ 6 | **missed** |" in page
    assert "* seconds: 1.23, 5.68" in page


def test_functions_take_turns() -> None:
    from measuring import in_turn

    order: list[str] = []

    def call(name: str) -> float:
        order.append(name)
        return float(len(order))

    ones, others = in_turn(2, lambda _: call("one"), lambda _: call("other"))
    assert order == ["one", "other", "one", "other"]
    assert (ones, others) == ([1.0, 3.0], [2.0, 4.0])


def test_the_folder_to_work_in_is_made(tmp_path: Path) -> None:
    from measuring import parser

    options = parser("A benchmark.").parse_args(["--work", str(tmp_path / "deep" / "work")])
    assert options.work == tmp_path / "deep" / "work"
    assert options.work.is_dir()
