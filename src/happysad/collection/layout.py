"""The layout of a labelled folder: which classes it has, or what is wrong with it.

``walk`` lists the files of these classes; ``scan`` reads them.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from happysad.collection.names import OWN_FOLDER, claims_picture, is_hidden
from happysad.errors import CollectionError, PictureError
from happysad.pictures.formats import sniff
from happysad.records import UNSURE
from happysad.sources.read import read_file

PART_NAMES = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})
"""Folder names that say how pictures were dealt, not what is in them."""

EXPECTED = """Expected is one folder for each class, with its pictures inside:
  {name}/
    happy/  picture-1.jpg  picture-2.png  …
    sad/    picture-3.jpg  picture-4.webp  …"""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the top level of a labelled folder holds.

    Attributes:
        root: absolute path of the folder.
        classes: names of the class folders, sorted; the index is the label number.
    """

    root: str
    classes: tuple[str, ...]


def read_layout(folder: str | os.PathLike[str]) -> Layout:
    """Read the top level of a labelled folder.

    Args:
        folder: folder with one folder for each class.

    Raises:
        CollectionError: no such folder, a file, pictures at the top level, names that differ only
            in case or in Unicode form, fewer than two classes.
    """
    root = Path(os.path.abspath(folder))  # noqa: PTH100  resolve() would follow links
    entries = _list(root)
    classes = sorted(name for name, is_class in entries.items() if is_class)
    loose = sorted(name for name, is_class in entries.items() if not is_class)
    _refuse_loose_pictures(root, loose)
    _refuse_twins(root, classes)
    _refuse_one_class(root, classes)
    _refuse_unsure(root, classes)
    _refuse_dealt(root, classes)
    return Layout(root=str(root), classes=tuple(classes))


def refuse_empty(layout: Layout, filled: set[str]) -> None:
    """Raise unless every class holds something that is, or claims to be, a picture.

    Raises:
        CollectionError: names the empty classes.
    """
    empty = [name for name in layout.classes if name not in filled]
    if empty:
        names = ", ".join(repr(name) for name in empty)
        what = f"no pictures in {names}. Put pictures there or remove the folder."
        raise _layout_error(Path(layout.root), what)


def _list(root: Path) -> dict[str, bool]:
    """Return for each name at the top level whether it is a class folder."""
    try:
        with os.scandir(root) as entries:
            return {
                entry.name: entry.is_dir(follow_symlinks=False) and not is_hidden(entry.name)
                for entry in entries
                if entry.name != OWN_FOLDER
            }
    except FileNotFoundError as error:
        msg = f"There is no folder {str(root)!r}. Give the folder that holds the classes."
        raise CollectionError(msg) from error
    except NotADirectoryError as error:
        msg = f"{str(root)!r} is a file. Give the folder that holds the class folders."
        raise CollectionError(msg) from error
    except OSError as error:
        msg = f"The folder {str(root)!r} cannot be read: {error.strerror}. Check its permissions."
        raise CollectionError(msg) from error


def _layout_error(root: Path, what: str) -> CollectionError:
    return CollectionError(f"In {str(root)!r}: {what}\n{EXPECTED.format(name=root.name)}")


def _refuse_loose_pictures(root: Path, loose: list[str]) -> None:
    pictures = [name for name in loose if not is_hidden(name) and _is_picture(root / name)]
    if pictures:
        more = f" and {len(pictures) - 1} more" if len(pictures) > 1 else ""
        what = (
            f"pictures at the top level, where they have no class ({pictures[0]!r}{more}). "
            "Move each into the folder of its class; or, if this is the folder of one class, give "
            "the folder above it."
        )
        raise _layout_error(root, what)


def _is_picture(path: Path) -> bool:
    """Whether a regular file is a picture by its name or by its first bytes."""
    if path.is_symlink() or not path.is_file():
        return False
    if claims_picture(path.name):
        return True
    try:
        sniff(read_file(str(path)))
    except PictureError:
        return False
    return True


def _refuse_unsure(root: Path, classes: list[str]) -> None:
    if UNSURE in classes:
        what = (
            f"a class named {UNSURE!r}, the word for answers that a model does not give. "
            "Rename that folder, or move it elsewhere if nobody knew what its pictures show."
        )
        raise _layout_error(root, what)


def _refuse_twins(root: Path, classes: list[str]) -> None:
    """Refuse ``Happy`` beside ``happy``: nobody can say whether they are one class or two."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        by_name[unicodedata.normalize("NFC", name).casefold()].append(name)
    for twins in by_name.values():
        if len(twins) > 1:
            names = " and ".join(repr(name) for name in twins)
            what = f"the folders {names} look like one class. Rename or merge them."
            raise _layout_error(root, what)


def _refuse_one_class(root: Path, classes: list[str]) -> None:
    if len(classes) >= 2:
        return
    if not classes:
        raise _layout_error(root, "no class folders. Make one for each class.")
    inner = [name for name, is_class in _list(root / classes[0]).items() if is_class]
    hint = f" Did you mean {str(root / classes[0])!r}?" if len(inner) >= 2 else ""
    what = f"only one class folder, {classes[0]!r}; two or more are needed.{hint}"
    raise _layout_error(root, what)


def _refuse_dealt(root: Path, classes: list[str]) -> None:
    """Refuse ``train/happy``, ``test/happy``: the part names would become the classes."""
    if not all(name.casefold() in PART_NAMES for name in classes):
        return
    if all(any(_list(root / name).values()) for name in classes):
        names = ", ".join(repr(name) for name in classes)
        what = (
            f"the folders {names} are parts, not classes. Give one part, or merge the parts: "
            "happysad splits without leaks by itself."
        )
        raise _layout_error(root, what)
