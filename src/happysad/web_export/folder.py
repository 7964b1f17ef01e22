"""Put the folder together that a web server serves and a browser runs."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from happysad.bundle import document
from happysad.reports.page import templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from happysad.bundle.archive import Bundle

_HOUSE: Final = Path(__file__).parents[1]
_STATIC: Final = _HOUSE / "web_export" / "static"
# The page is the one of ``happysad serve``: its files are taken as they are. Where a file of the
# same path lies in ``static``, it stands in its place: here the page asks no server. Its template
# is extended by ours.
_PAGES: Final = _HOUSE / "web" / "static"
_TEMPLATES: Final = (_HOUSE / "web_export" / "templates", _HOUSE / "web" / "templates")
_PALETTE: Final = "shared/palette.css"
_COLOURS: Final = _HOUSE / "reports" / "templates" / "palette.css"

_PAGE: Final = "index.html"
_NOTICE: Final = "NOTICE.txt"
_APP: Final = "app"
_NAMED: Final = re.compile(rf'"{_APP}/([\w./-]+)"')
_IMPORTED: Final = re.compile(r'(?:from |import |URL\()"(\.{1,2}/[\w./-]+\.js)"')

# What the list of pictures and the training options say is for those who have the bundle.
_KEPT: Final = (
    "name",
    "created",
    "preset",
    "kind",
    "classes",
    "preprocessing",
    "output",
    "temperature",
    "unsure_below",
    "off_topic_above",
    "heads",
    "fusion",
    "scores",
    "baseline",
    "licence",
    "notes",
    "graphs",
    "golden",
)


def write(bundle: Bundle, folder: Path, *, runtime: Mapping[str, bytes]) -> None:
    """Write a page that answers with this model.

    Args:
        bundle: the model, from ``archive.read``.
        folder: to write into; it exists and is empty.
        runtime: from ``runtime.files``.

    Raises:
        OSError: it cannot be written.
    """
    for name in (_APP, "model/golden", "runtime"):
        (folder / name).mkdir(parents=True)
    page = _page()
    (folder / _PAGE).write_text(page, encoding="utf-8", newline="\n")
    (folder / _NOTICE).write_bytes((_STATIC / _NOTICE).read_bytes())
    for name, data in _page_files(page):
        place = folder / _APP / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
    for name, data in runtime.items():
        # Some web servers do not know that .mjs is a script, and browsers then refuse it.
        (folder / "runtime" / name.replace(".mjs", ".js")).write_bytes(data)
    for name, data in _model_files(bundle):
        (folder / "model" / name).write_bytes(data)


def model_document(bundle: Bundle) -> dict[str, Any]:
    """Return what the page has to know of a model.

    Args:
        bundle: from ``archive.read``; its ``path`` gives the digest.
    """
    manifest = bundle.manifest
    bare = replace(manifest, training=(), options={}, versions={}, parts={})
    whole = json.loads(document.to_json(bare))
    kept = {name: whole[name] for name in _KEPT if name in whole}
    digest = hashlib.sha256(bundle.path.read_bytes()).hexdigest() if bundle.path else None
    return {**kept, "sha256": digest, "training_pictures": len(manifest.training)}


def _model_files(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    yield "model.json", json.dumps(model_document(bundle)).encode("ascii")
    for name, member in bundle.manifest.graphs.items():
        yield member.file, bundle.graphs[name]
    for known, picture in zip(bundle.manifest.golden, bundle.golden, strict=True):
        yield known.member.file, picture


def _page() -> str:
    return templates(*_TEMPLATES).get_template(_PAGE).render(files=_APP)


def _page_files(page: str) -> Iterator[tuple[str, bytes]]:
    """Yield the files that a page names, and those that they import in turn."""
    waiting = _NAMED.findall(page)
    known = set(waiting)
    for name in waiting:  # grows while it is walked
        data = _find(name).read_bytes()
        yield name, data
        if name.endswith(".js"):
            fresh = [other for other in _imports(name, data.decode()) if other not in known]
            known.update(fresh)
            waiting.extend(fresh)


def _imports(name: str, script: str) -> Iterator[str]:
    """Yield what a module of the page imports, by path in the page's folder."""
    for other in _IMPORTED.findall(script):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), other))
        if not path.startswith("../"):  # the runtime lies beside that folder
            yield path


def _find(name: str) -> Path:
    if name == _PALETTE:
        return _COLOURS
    own = _STATIC / name
    return own if own.is_file() else _PAGES / name
