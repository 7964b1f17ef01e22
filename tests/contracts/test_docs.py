"""The documents say what is so: links lead somewhere, commands exist, snippets are Python."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import happysad
from happysad.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, *languages: str) -> Iterator[str]:
    """Yield the fenced blocks of a document in any of these languages."""
    for language, text in FENCE.findall(path.read_text(encoding="utf-8")):
        if language in languages:
            yield text


def anchors(path: Path) -> set[str]:
    """Return the anchors that a renderer makes of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {text.strip().replace(" ", "-") for text in words}


def command_lines(path: Path) -> Iterator[list[str]]:
    """Yield the words of every ``happysad …`` line in a document's blocks."""
    for block in blocks(path, "text", "bash", "sh", "console"):
        for line in block.splitlines():
            found = re.match(r"(?:\$ )?(?:[^|#]*\| )?happysad (.*)", line)
            if found and not found[1].startswith((":", "…", "0.")):
                yield shlex.split(re.split(r" [#>|]|   ", found[1])[0])


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        assert other.exists(), f"{named(path)} links to {target}"
        if anchor:
            assert anchor in anchors(other), f"{named(path)} links to {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_snippets_are_python_that_names_what_there_is(path: Path) -> None:
    for block in blocks(path, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "happysad":
                assert node.attr in happysad.__all__, f"{named(path)}: happysad.{node.attr}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_commands_and_options_exist(path: Path) -> None:
    group = get_command(app)
    for words in command_lines(path):
        known = {option for parameter in group.params for option in parameter.opts}
        if not words[0].startswith("-"):
            assert words[0] in group.commands, f"{named(path)}: happysad {' '.join(words)}"
            command = group.commands[words[0]]
            known = {option for parameter in command.params for option in parameter.opts}
        for word in words:
            if word.startswith("--"):
                assert word.split("=")[0] in {*known, "--help"}, f"{named(path)}: {' '.join(words)}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_files_and_tests_that_are_named_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:src|tests|docs|scripts|benchmarks)/[\w./-]*\w/?)`", text):
        assert (ROOT / name).exists(), f"{named(path)} names {name}"
    code = "\n".join(file.read_text(encoding="utf-8") for file in ROOT.glob("tests/**/*.py"))
    for name in re.findall(r"`(test_\w+)`", text):
        assert f"def {name}(" in code, f"{named(path)} names {name}"


def test_made_documents_are_what_the_program_says() -> None:
    script = ROOT / "scripts" / "make_docs.py"
    command = [sys.executable, str(script), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
