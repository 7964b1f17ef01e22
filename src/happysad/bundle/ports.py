"""What each graph of a bundle must take and give, whatever is inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from happysad.bundle.graph import GraphFacts, Port
    from happysad.bundle.manifest import Manifest

INPUT = "pixels"
OUTPUT = "probability"
FEATURES = "features"
GRID = "grid"
BOXES = "boxes"
SCORES = "scores"

BOX_NUMBERS = 16
"""Numbers that a face finder gives for each anchor: centre, size and six points, as (x, y)."""

_FACE_SIDES = range(16, 513)
_Sizes = tuple[int | None, ...]


def check(manifest: Manifest, graphs: Mapping[str, GraphFacts]) -> None:
    """Refuse a bundle one of whose graphs has other ports than the manifest implies.

    Args:
        manifest: what the bundle says of itself.
        graphs: graph name → what ``graph.inspect`` found; the names are those of the kind.

    Raises:
        BundleError: a port is missing, is one too many, or has another type or shape.
    """
    if manifest.kind == "scene":
        width = 1 if manifest.output == "sigmoid" else len(manifest.classes)
        _check_pictures(manifest, graphs["scene"])
        _check_outputs("scene", graphs["scene"], {OUTPUT: (width,)})
        return
    widths = {name: len(head.weights) for name, head in manifest.heads.items()}
    scene = widths["scene"]
    _check_pictures(manifest, graphs["scene"])
    _check_outputs("scene", graphs["scene"], {FEATURES: (scene,), GRID: (None, None, scene)})
    _check_face_crops(graphs["expression"])
    _check_outputs("expression", graphs["expression"], {FEATURES: (widths["faces"],)})
    _check_input("finder", graphs["finder"], (None, None, 3), {"<f4"})
    _check_outputs("finder", graphs["finder"], {BOXES: (None, BOX_NUMBERS), SCORES: (None,)})


def _check_pictures(manifest: Manifest, facts: GraphFacts) -> None:
    """Check what the scene takes: whole pictures of the manifest's size."""
    size = manifest.preprocessing
    floats_alone = size.resample == "point"
    dtypes = {"<f4"} if floats_alone else {"|u1"} if manifest.kind == "two-view" else {"<f4", "|u1"}
    _check_input("scene", facts, (size.height, size.width, 3), dtypes)


def _check_face_crops(facts: GraphFacts) -> None:
    shape = facts.inputs[0].shape if facts.inputs else ()
    side = shape[1] if len(shape) == 4 else None
    if side is None or side not in _FACE_SIDES:
        msg = f"its graph 'expression' should take squares of {_FACE_SIDES[0]} to {_FACE_SIDES[-1]}"
        raise BundleError(f"{msg} pixels a side, not {_shown(facts.inputs)}")
    _check_input("expression", facts, (side, side, 3), {"|u1"})


def _check_input(name: str, facts: GraphFacts, sizes: _Sizes, dtypes: set[str]) -> None:
    good = [port.name for port in facts.inputs] == [INPUT]
    good = good and facts.inputs[0].dtype in dtypes and _fits(facts.inputs[0], sizes)
    if not good:
        msg = f"its graph '{name}' should take '{INPUT}' of shape {_said(sizes)}"
        raise BundleError(f"{msg}, not {_shown(facts.inputs)}")


def _check_outputs(name: str, facts: GraphFacts, wanted: Mapping[str, _Sizes]) -> None:
    ports = {port.name: port for port in facts.outputs}
    good = set(ports) == set(wanted) and len(facts.outputs) == len(wanted)
    good = good and all(
        port.dtype == "<f4" and _fits(port, wanted[output]) for output, port in ports.items()
    )
    if not good:
        said = [f"'{output}' of shape {_said(sizes)}" for output, sizes in wanted.items()]
        msg = f"its graph '{name}' should give {' and '.join(said)}"
        raise BundleError(f"{msg}, not {_shown(facts.outputs)}")


def _fits(port: Port, sizes: _Sizes) -> bool:
    """Tell whether a port has the sizes after the first; None stands for any."""
    if len(port.shape) != len(sizes) + 1:
        return False
    pairs = zip(port.shape[1:], sizes, strict=True)
    return all(wanted is None or got == wanted for got, wanted in pairs)


def _said(sizes: _Sizes) -> str:
    return f"({', '.join(['N', *('any' if size is None else str(size) for size in sizes)])})"


def _shown(ports: tuple[Port, ...]) -> str:
    return ", ".join(f"{port.name[:40]!r} of shape {port.shape}" for port in ports[:4]) or "nothing"
