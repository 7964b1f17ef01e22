"""From a labelled folder to a ``Collection``: read every file once, compare, judge.

A bad file never ends a scan. Every file seen is used, set aside or ignored, and nothing in the
folder is changed.
"""

from __future__ import annotations

import importlib
import os
import threading
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from happysad.collection.decisions import apply_decisions, dropped
from happysad.collection.groups import read_groups
from happysad.collection.layout import read_layout, refuse_empty
from happysad.collection.names import claims_picture
from happysad.collection.survey import Failure, Survey
from happysad.collection.walk import Found, walk
from happysad.config import CheckOptions
from happysad.errors import PictureError
from happysad.pictures.examine import Examined, examine
from happysad.pictures.workers import map_isolated
from happysad.progress import Progress, silent
from happysad.records import CODES, Collection, Entry, Finding

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from happysad.collection.decisions import Decision

NO_PICTURE = frozenset(
    {"zero_bytes", "html", "git_lfs_pointer", "unsupported_format", "too_many_bytes"}
)
"""Codes of content that is no picture, or need not be one: a fault only under a picture's name."""


def scan(
    folder: str | os.PathLike[str],
    *,
    options: CheckOptions | None = None,
    decisions: Sequence[Decision] = (),
    progress: Progress = silent,
) -> Collection:
    """Read a labelled folder and find what is wrong with it.

    Args:
        folder: folder with one folder for each class; nested folders belong to their class.
        options: what to look for, and what a picture may cost.
        decisions: what a person wants to be done with some of the pictures.
        progress: told of the files read.

    Raises:
        CollectionError: the folder's layout leaves open what the classes are; or a decision, or
            the list of groups, is not the folder's.
    """
    options = options or CheckOptions()
    layout = read_layout(folder)
    survey, ignored = read_all(layout.root, walk(layout.root), options, progress)
    meant = [*(one.file for one in survey.pictures), *(one.file for one in survey.failures)]
    refuse_empty(layout, {file.partition("/")[0] for file in meant})
    return judged(survey, layout.root, layout.classes, ignored, decisions=decisions)


def read_all(
    root: str,
    found: Sequence[Found],
    options: CheckOptions,
    progress: Progress,
    *,
    known: Mapping[str, Examined] | None = None,
) -> tuple[Survey, list[str]]:
    """Read what was found below a folder, and group the copies.

    Args:
        root: absolute path of the folder.
        found: from ``walk``.
        options: what a picture may cost.
        progress: told of the files read.
        known: what is known of some of the files, which are not read again.

    Returns:
        The pictures and the failures; and the files to be passed over.

    Raises:
        CollectionError: the folder's list of groups cannot be used.
    """
    known = known or {}
    listed = read_groups(root)
    ignored = [item.file for item in found if item.kind == "ignored"]
    failures = [_unread(item) for item in found if item.kind not in {"file", "ignored"}]
    pictures: list[Entry] = []
    pixels: list[str] = []
    files = [item.file for item in found if item.kind == "file"]
    old = ((file, known[file]) for file in files if file in known)
    new = examine_each(root, [file for file in files if file not in known], options, progress)
    for file, told in chain(old, new):
        if not told.code:
            pictures.append(entry_of(file, told))
            pixels.append(told.pixel_sha256)
        elif told.code in NO_PICTURE and not claims_picture(file):
            ignored.append(file)
        else:
            failures.append(Failure(file, *_read_problem(told)))
    return _survey(pictures, pixels, failures, options, listed), ignored


def examine_each(
    root: str, files: Sequence[str], options: CheckOptions, progress: Progress
) -> Iterator[tuple[str, Examined]]:
    """Yield what reading told of each file, as it becomes known.

    Args:
        root: absolute path of the folder.
        files: paths relative to it.
        options: what a picture may cost.
        progress: told after each file.
    """
    if not files:
        return
    paths = [f"{root}/{file}" for file in files]
    look = partial(examine, limits=options.limits)
    progress("reading pictures", 0, len(files))
    # What compares the pictures is loaded while the workers are at work, not before or after.
    threading.Thread(target=importlib.import_module, args=("happysad.collection.checks",)).start()
    results = map_isolated(
        look, paths, workers=options.workers, seconds=options.limits.decode_seconds
    )
    for done, (number, result) in enumerate(results, start=1):
        if isinstance(result, PictureError):
            result = Examined(paths[number], code=result.code, message=result.message)  # noqa: PLW2901
        progress("reading pictures", done, len(files))
        yield files[number], result


def _read_problem(told: Examined) -> tuple[str, str]:
    """A file that was listed and is missing now has vanished."""
    if told.code == "missing":
        return "vanished", _sentence("vanished")
    return told.code, told.message


def _unread(item: Found) -> Failure:
    return Failure(item.file, item.kind, item.reason or _sentence(item.kind))


def _sentence(code: str) -> str:
    meaning = CODES[code]
    return f"{meaning[0].upper()}{meaning[1:]}."


def entry_of(file: str, told: Examined) -> Entry:
    """Return a picture as its folder names it, in a group of its own."""
    return Entry(
        file=file,
        label=file.partition("/")[0],
        sha256=told.sha256,
        size_bytes=told.size_bytes,
        format=told.format,
        width=told.width,
        height=told.height,
        signature=told.signature,
        group=told.sha256,
        quality=told.quality,
    )


def _survey(
    pictures: list[Entry],
    pixels: list[str],
    failures: list[Failure],
    options: CheckOptions,
    listed: Mapping[str, str],
) -> Survey:
    """Sort what was read and group what belongs together: copies, and what a list says."""
    import numpy as np

    from happysad.collection.duplicates import find_duplicates
    from happysad.collection.groups import joined
    from happysad.pictures.signature import from_hex

    order = sorted(range(len(pictures)), key=lambda item: pictures[item].file)
    ranked = [pictures[item] for item in order]
    signatures = np.array([from_hex(picture.signature) for picture in ranked], np.uint64)
    copies = find_duplicates(
        [(pictures[item].sha256, pixels[item]) for item in order], signatures.reshape(-1, 4)
    )
    for group in joined(ranked, copies.near, listed):
        name = min(ranked[item].sha256 for item in group)
        for item in group:
            ranked[item] = replace(ranked[item], group=name)
    return Survey(
        pictures=tuple(ranked),
        failures=tuple(sorted(failures, key=lambda failure: failure.file)),
        exact=tuple(tuple(ranked[item] for item in group) for group in copies.exact),
        near=tuple(tuple(ranked[item] for item in group) for group in copies.near),
        options=options,
    )


def judged(
    survey: Survey,
    root: str,
    classes: tuple[str, ...],
    ignored: Sequence[str],
    *,
    decisions: Sequence[Decision] = (),
) -> Collection:
    """Let every check judge what was read, and follow what a person decided.

    Args:
        survey: from ``read_all``.
        root: absolute path of the folder.
        classes: its classes in label order.
        ignored: files that were passed over.
        decisions: what is to be done with some of the pictures.

    Raises:
        CollectionError: a decision is not about this folder.
    """
    from happysad.collection.checks import CHECKS

    survey, settled = _settled(survey, {item.file for item in decisions if item.choice == "drop"})
    findings: list[Finding] = [finding for check in CHECKS for finding in check.find(survey)]
    findings += [dropped(file) for file in settled]
    aside = {finding.file for finding in findings if finding.severity == "fault"}
    collection = Collection(
        root=root,
        classes=classes,
        entries=tuple(picture for picture in survey.pictures if picture.file not in aside),
        set_aside=tuple(sorted(aside)),
        ignored=tuple(sorted(ignored)),
        # Stable: findings of one file stay in the order of the checks.
        findings=tuple(sorted(findings, key=lambda finding: finding.file)),
    )
    return apply_decisions(collection, decisions) if decisions else collection


def _settled(survey: Survey, unwanted: Container[str]) -> tuple[Survey, set[str]]:
    """Take the copies out whose class a person has dropped: the others contradict nothing then.

    Returns:
        The rest of what was read, and the files that were taken out.
    """
    out = {
        picture.file
        for group in survey.near
        if len({picture.label for picture in group}) > 1
        for picture in group
        if picture.file in unwanted
    }
    if not out:
        return survey, out
    pictures, *groups = (
        [[picture for picture in group if picture.file not in out] for group in some]
        for some in ([survey.pictures], survey.exact, survey.near)
    )
    exact, near = (tuple(tuple(group) for group in some if len(group) > 1) for some in groups)
    return replace(survey, pictures=tuple(pictures[0]), exact=exact, near=near), out
