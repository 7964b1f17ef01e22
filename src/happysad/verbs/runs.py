"""Say which runs there were on this machine, and how good their models are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from happysad.bundle import archive, shelf
from happysad.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from happysad.bundle.manifest import Manifest

_PAGES: Final = {"report": "report/index.html", "check": "check/index.html"}


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run whose folder is still there.

    Attributes:
        folder: its folder.
        manifest: what its model says of itself; None where the model cannot be read any more.
        pages: title → page inside the folder, with ``/``.
    """

    folder: Path
    manifest: Manifest | None
    pages: dict[str, str]


def past_runs(bundles: Iterable[Path] | None = None) -> list[PastRun]:
    """Return the runs of these bundles, in their order.

    Args:
        bundles: files named ``model.happysad`` in the folders of runs, others are passed by;
            None for those that were trained on this machine, the last one first.
    """
    known = shelf.trained() if bundles is None else bundles
    return [_past_run(path) for path in known if path.name == shelf.RUN_BUNDLE]


def _past_run(path: Path) -> PastRun:
    pages = {title: page for title, page in _PAGES.items() if (path.parent / page).is_file()}
    try:
        facts = path.stat()
        manifest = _manifest(path, facts.st_mtime_ns, facts.st_size)
    except (BundleError, OSError):
        manifest = None
    return PastRun(path.parent, manifest, pages)


@lru_cache(maxsize=128)
def _manifest(path: Path, _changed: int, _size: int) -> Manifest:
    """Read a manifest once for every state of its file."""
    return archive.read(path).manifest
