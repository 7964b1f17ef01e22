"""A split on disk: a JSON manifest of content hashes, so that it survives renamed files.

``{"format": "happysad split", "version": 1, "seed": 1, "fractions": [0.7, 0.2, 0.1], "classes":
["happy", "sad"], "pictures": [{"sha256": …, "label": …, "group": …, "part": …}, …]}``
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happysad.durable import replacing
from happysad.errors import CollectionError
from happysad.records import PARTS, Split

if TYPE_CHECKING:
    from happysad.records import Collection

FORMAT = "happysad split"
VERSION = 1
_KEYS = {"format", "version", "seed", "fractions", "classes", "pictures"}
_PICTURE_KEYS = {"sha256", "label", "group", "part"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN = 5


def save_split(split: Split, path: str | os.PathLike[str]) -> None:
    """Write a split as JSON; an older file stays whole until the new one is on disk.

    Raises:
        CollectionError: the file cannot be written.
    """
    part_of = {sha256: part for part, members in split.parts.items() for sha256 in members}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "seed": split.seed,
        "fractions": list(split.fractions),
        "classes": list(split.classes),
        "pictures": [
            {
                "sha256": sha256,
                "label": split.labels[sha256],
                "group": split.groups[sha256],
                "part": part_of[sha256],
            }
            for sha256 in sorted(part_of)
        ],
    }
    try:
        with replacing(Path(path)) as file:
            file.write((json.dumps(document, indent=1) + "\n").encode())
    except OSError as error:
        msg = f"The split cannot be written to {str(path)!r}: {error.strerror}."
        raise CollectionError(msg) from error


def load_split(path: str | os.PathLike[str], collection: Collection | None = None) -> Split:
    """Read a split, and check it against a collection.

    Args:
        path: file written by ``save_split``.
        collection: if given, its pictures must be exactly those of the split.

    Raises:
        CollectionError: the file cannot be read, is damaged or foreign, or the collection differs;
            the message lists the differences.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        msg = f"The split file {str(path)!r} cannot be read: {error}"
        raise CollectionError(msg) from error
    split = _split_from(document, str(path))
    if collection is not None:
        _require_same(split, collection, str(path))
    return split


def _split_from(document: Any, path: str) -> Split:
    """Build the split from decoded JSON, trusting nothing."""
    wrong = _wrong_head(document) or _wrong_pictures(document)
    if wrong:
        msg = f"The split file {path!r} is damaged or no split of happysad: {wrong}."
        raise CollectionError(msg)
    pictures, fractions = document["pictures"], document["fractions"]
    return Split(
        parts={
            part: tuple(sorted(item["sha256"] for item in pictures if item["part"] == part))
            for part in PARTS
        },
        seed=document["seed"],
        fractions=(fractions[0], fractions[1], fractions[2]),
        classes=tuple(document["classes"]),
        labels={picture["sha256"]: picture["label"] for picture in pictures},
        groups={picture["sha256"]: picture["group"] for picture in pictures},
    )


def _wrong_head(document: Any) -> str:
    """Return what is wrong with everything but the pictures; nothing if all is well."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return f"its 'format' is not {FORMAT!r}"
    if document.get("version") != VERSION:
        return f"its version is {document.get('version')!r}, and this happysad reads {VERSION}"
    if set(document) != _KEYS:
        return f"its keys are not {', '.join(sorted(_KEYS))}"
    shares, classes = document["fractions"], document["classes"]
    good = {
        "seed": type(document["seed"]) is int,  # a bool is an int, too
        "fractions": isinstance(shares, list)
        and [type(share) for share in shares] == [float] * len(PARTS),
        "classes": isinstance(classes, list) and all(isinstance(name, str) for name in classes),
        "pictures": isinstance(document["pictures"], list),
    }
    return ", ".join(f"wrong {name!r}" for name, is_good in good.items() if not is_good)


def _wrong_pictures(document: dict[str, Any]) -> str:
    """Return what is wrong with the pictures; nothing if all is well."""
    part_of_group: dict[str, str] = {}
    seen: set[str] = set()
    for picture in document["pictures"]:
        if not _is_picture(picture, document["classes"]):
            return f"it holds the picture {picture!r:.200}"
        if picture["sha256"] in seen:
            return f"the picture {picture['sha256']} appears twice"
        seen.add(picture["sha256"])
        if part_of_group.setdefault(picture["group"], picture["part"]) != picture["part"]:
            return f"the group of duplicates {picture['group']} lies in two parts"
    return ""


def _is_picture(picture: Any, classes: list[str]) -> bool:
    return (
        isinstance(picture, dict)
        and set(picture) == _PICTURE_KEYS
        and all(isinstance(value, str) for value in picture.values())
        and _SHA256.fullmatch(picture["sha256"]) is not None
        and _SHA256.fullmatch(picture["group"]) is not None
        and picture["label"] in classes
        and picture["part"] in PARTS
    )


def _require_same(split: Split, collection: Collection, path: str) -> None:
    entries = {entry.sha256: entry for entry in collection.entries}
    new = [entry.file for entry in collection.entries if entry.sha256 not in split.labels]
    gone = [sha256[:12] for sha256 in split.labels if sha256 not in entries]
    moved = [
        entries[sha256].file
        for sha256, label in split.labels.items()
        if sha256 in entries and entries[sha256].label != label
    ]
    differences = [
        _listed("in the folder, not in the split", new),
        _listed("in the split, not in the folder", gone),
        _listed("in another class than in the split", moved),
    ]
    if split.classes != collection.classes:
        differences.append(f"classes {list(split.classes)} became {list(collection.classes)}")
    if any(differences):
        msg = f"The split {path!r} was made for other pictures than those in {collection.root!r}:"
        msg += "".join(f"\n  {difference}" for difference in differences if difference)
        msg += "\nMake a new split, or put the folder back as it was."
        raise CollectionError(msg)


def _listed(what: str, names: list[str]) -> str:
    """Return e.g. ``2 in the folder, not in the split: 'happy/a.jpg', 'sad/b.jpg'``."""
    if not names:
        return ""
    shown = ", ".join(repr(name) for name in sorted(names)[:_SHOWN])
    more = ", …" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}: {shown}{more}"
