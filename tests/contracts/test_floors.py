"""The floors of the house: who may import whom, and who may import which library."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import happysad

SOURCE = Path(happysad.__file__).parent
STANDARD = sys.stdlib_module_names

STOREYS = (
    {"errors", "records", "config", "progress", "durable"},
    {"sources"},
    {"pictures", "drawn"},
    {"collection", "bundle", "judge"},
    {"faces"},
    {"predictor", "client", "training", "reports", "labels"},
    {"web_export"},
    {"verbs"},
    {"workspace"},
    {"web"},
    {"cli"},
    {"__main__", "__init__"},  # __init__ lends names of every floor, when they are asked for
)
"""Folders and files of src/happysad, lowest first; one imports from itself and from below."""

FLOORS = {name: number for number, names in enumerate(STOREYS) for name in names}

DOORS = {
    "keras": {"training"},
    "tensorflow": {"training"},
    "h5py": {"training"},
    "onnx": {"training"},
    "sklearn": set(),  # the tests alone hold numbers against it
    "skactiveml": {"judge"},
    "matplotlib": {"reports"},
    "pyarrow": {"verbs"},
    "jinja2": {"reports"},
    "markdown_it": {"reports"},
    "markupsafe": {"reports"},
    "httpcore2": {"sources", "client"},
    "onnxruntime": {"bundle", "training"},
    "PIL": {"pictures", "drawn", "reports", "bundle", "faces"},
    "fastapi": {"web"},
    "starlette": {"web"},
    "pydantic": {"web"},
    "uvicorn": {"web"},
    "prometheus_client": {"web"},
    "typer": {"cli"},
    "rich": {"cli"},
}
"""Library → the only places that import it."""


def modules() -> dict[str, Path]:
    """Return every module of src by dotted name without ``happysad.``."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
        found[".".join(name)] = path
    return found


def imports(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield (module, name or "", line) of every import in a file, also of those in functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield from ((node.module or "", alias.name, node.lineno) for alias in node.names)


def own_imports(path: Path, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """Yield (module of ours, line) for every import of our own modules in a file."""
    for module, name, line in imports(path):
        if module != "happysad" and not module.startswith("happysad."):
            continue
        inner = module.removeprefix("happysad").removeprefix(".")
        deeper = f"{inner}.{name}".lstrip(".")
        if deeper in known:
            yield deeper, line
        elif inner:
            yield inner, line
        elif not name.startswith("__"):  # the version is everybody's
            yield "__init__", line


def test_every_file_stands_on_a_floor() -> None:
    homeless = {name.split(".")[0] for name in modules()} - set(FLOORS)
    assert not homeless, f"give {homeless} a floor in the table above and in CONTRIBUTING.md"


def test_a_file_imports_from_its_own_folder_or_from_lower_floors() -> None:
    known = modules()
    wrong = []
    for module, path in known.items():
        home = module.split(".")[0]
        for target, line in own_imports(path, known):
            other = target.split(".")[0]
            same_folder = other == home or FLOORS[home] == 0  # the ground floor is one folder
            if FLOORS[other] > FLOORS[home] or (FLOORS[other] == FLOORS[home] and not same_folder):
                wrong.append(f"{path.relative_to(SOURCE)}:{line} imports {target}")
    assert not wrong, "\n".join(wrong)


def test_floor_zero_needs_the_standard_library_alone() -> None:
    ground = [name for name in modules() if FLOORS[name.split(".")[0]] == 0]
    for name in ground:
        for module, _, line in typed_apart(SOURCE / f"{name}.py"):
            assert module.startswith("happysad") or module.split(".")[0] in STANDARD, (
                f"{name}.py:{line} imports {module}"
            )


def typed_apart(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield the imports of a file that happen at run time."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        inner.lineno
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }
    yield from (found for found in imports(path) if found[2] not in typing_only)


def test_no_two_files_import_each_other_in_a_circle() -> None:
    known = modules()
    graph = {
        name: {target for target, _ in own_imports(path, known) if target != name}
        for name, path in known.items()
        if name != "__init__"
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way[way.index(name) :], name))
        if name not in done:
            for target in sorted(graph.get(name, ())):
                visit(target, (*way, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_each_heavy_library_has_its_door() -> None:
    wrong = []
    for module, path in modules().items():
        for foreign, _, line in imports(path):
            library = foreign.split(".")[0]
            if module.split(".")[0] not in DOORS.get(library, {module.split(".")[0]}):
                wrong.append(f"{path.relative_to(SOURCE)}:{line} imports {library}")
    assert not wrong, "\n".join(wrong)


def test_a_page_imports_from_its_own_folder_and_from_what_pages_share() -> None:
    static = SOURCE / "web" / "static"
    scripts = sorted(static.rglob("*.js"))
    assert len(scripts) > 30
    for script in scripts:
        for name in re.findall(r'from "([^"]+)"', script.read_text(encoding="utf-8")):
            target = (script.parent / name).resolve()
            assert target.is_file(), f"{script} imports {name}"
            assert target.parent in {script.parent, static / "shared"}, f"{script} imports {name}"
