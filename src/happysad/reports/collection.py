"""The page of a check: what a folder holds, what is wrong with it, and what to do about it.

``write_check_page`` makes the values, ``templates/collection.html`` shows them. What is shown is
capped, what is counted is not: a page for 200,000 files stays a page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from happysad.collection.checks import CHECKS
from happysad.collection.checks.unusable import ADVICE as UNUSABLE
from happysad.collection.doubts import CODES as LABEL_CODES
from happysad.collection.doubts import in_doubt
from happysad.collection.duplicates import connected
from happysad.config import Limits
from happysad.errors import PictureError
from happysad.pictures.decode import decode
from happysad.pictures.thumbnail import thumbnail
from happysad.pictures.workers import map_isolated
from happysad.progress import Progress, silent
from happysad.records import CODES, classes_of
from happysad.reports.page import data_uri, render, write_text
from happysad.sources.read import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from happysad.records import Collection, Finding

MOST_TILES = 24
"""Pictures shown of one kind of finding, and groups of copies shown."""

MOST_DOUBTS = 96
"""Pictures shown whose label is in doubt: people go through them one by one."""

MOST_IN_GROUP = 6
"""Pictures shown of one group of copies."""

MOST_NAMES = 200
"""Names listed of one kind of finding."""

UNFOLDED = 12
"""Names that are seen without unfolding."""

ADVICE_ON_DECISIONS = {
    "dropped": "You said so in the decision list. To use it again, write 'keep' there.",
    "relabelled": "You said so in the decision list. The file itself stays where it is.",
}
"""Advice by code for what no check found, but a person decided."""

TITLES = {"html": "Web page", "git_lfs_pointer": "Git LFS pointer"}
"""Codes that do not read well as words."""

_SIDE = 200


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture to show; ``uri`` is empty where none can be shown.

    Attributes:
        name: its file.
        uri: ``data:`` address of its thumbnail.
        caption: what to say of it.
    """

    name: str
    uri: str
    caption: str


@dataclass(frozen=True, slots=True)
class Group:
    """Pictures that are copies of each other.

    Attributes:
        tiles: some of them.
        more: how many are not shown.
    """

    tiles: tuple[Tile, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Section:
    """All findings of one code.

    Attributes:
        code: the code.
        severity: ``fault`` or ``notice``.
        meaning: what it stands for.
        advice: what to do.
        count: files concerned.
        groups: copies side by side, for findings about copies.
        more_groups: groups that are not shown.
        tiles: pictures, for findings about one picture each.
        rows: file and message, for files that give no picture.
        folded: more of them, and what the tiles leave out, to be unfolded by the reader.
        more: files that are not shown at all.
    """

    code: str
    severity: str
    meaning: str
    advice: str
    count: int
    groups: tuple[Group, ...] = ()
    more_groups: int = 0
    tiles: tuple[Tile, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    folded: tuple[tuple[str, str], ...] = ()
    more: int = 0

    @property
    def title(self) -> str:
        """The code as words."""
        return TITLES.get(self.code, self.code.replace("_", " ").capitalize())

    @property
    def one_message(self) -> bool:
        """Whether all listed files say the same, so that their names are enough."""
        return len({message for _, message in (*self.rows, *self.folded)}) == 1


def write_check_page(
    collection: Collection,
    path: Path,
    *,
    decisions: Path | None = None,
    limits: Limits | None = None,
    progress: Progress = silent,
) -> None:
    """Write the page of a check, with thumbnails; the folder is only read.

    Args:
        collection: a checked folder whose files still are where they were.
        path: the page, one HTML file.
        decisions: the list of the pictures whose label is in doubt; the page holds a copy.
        limits: what a picture may cost.
        progress: told of the thumbnails.

    Raises:
        UsageError: the page cannot be written there.
    """
    by_code = _by_code(collection)
    wanted = _wanted(by_code)
    uris = _thumbnails(collection.root, wanted, limits or Limits(), progress)
    order = [*ADVICE_ON_DECISIONS, *(check.code for check in CHECKS)]
    sections = [_section(code, by_code[code], uris) for code in order if by_code[code]]
    page = render(
        "collection.html",
        root=collection.root,
        counts=collection.counts,
        classes=_class_rows(collection),
        faults=[section for section in sections if section.severity == "fault"],
        labels=[section for section in sections if section.code in LABEL_CODES],
        wrong_labels=collection.wrong_labels,
        seen_by_base=collection.seen_by_base,
        decisions=_link_of(decisions),
        notices=[
            section
            for section in sections
            if section.severity == "notice" and section.code not in LABEL_CODES
        ],
        ignored=collection.ignored[:MOST_NAMES],
        more_ignored=max(0, len(collection.ignored) - MOST_NAMES),
    )
    write_text(path, page)


def _by_code(collection: Collection) -> dict[str, list[Finding]]:
    """Return the findings of each code: by file, or the most doubtful label first."""
    by_code: dict[str, list[Finding]] = defaultdict(list)
    others = (one for one in collection.findings if one.code not in LABEL_CODES)
    for finding in (*others, *in_doubt(collection)):
        by_code[finding.code].append(finding)
    return by_code


def _link_of(decisions: Path | None) -> tuple[str, str] | None:
    """Return name and ``data:`` address of the decision list, to be saved by the reader."""
    if decisions is None:
        return None
    return decisions.name, data_uri(decisions.read_bytes(), kind="text/csv")


def _class_rows(collection: Collection) -> list[tuple[str, int, int, int]]:
    """Return for each class its name, its pictures in use, their groups and its files aside."""
    aside = Counter(file.partition("/")[0] for file in collection.set_aside)
    groups: dict[str, set[str]] = defaultdict(set)
    for entry in collection.entries:
        groups[entry.label].add(entry.group)
    used = classes_of(collection)
    return [(name, used[name], len(groups[name]), aside[name]) for name in collection.classes]


def _groups_of(findings: Sequence[Finding]) -> list[list[str]]:
    """Return the files of each group of copies, as the findings tell of each other."""
    number: dict[str, int] = {}
    for finding in findings:
        for file in (finding.file, *finding.related):
            number.setdefault(file, len(number))
    links = [
        (number[finding.file], number[other]) for finding in findings for other in finding.related
    ]
    files = list(number)
    return [sorted(files[item] for item in group) for group in connected(len(files), links)]


def _wanted(by_code: Mapping[str, Sequence[Finding]]) -> list[str]:
    """Return the files whose thumbnails the page will show."""
    wanted: dict[str, None] = {}
    for code, findings in by_code.items():
        if code in UNUSABLE:
            continue
        shown: Iterable[str] = (finding.file for finding in findings[: _most_tiles(code)])
        if _is_about_copies(findings):
            groups = _groups_of(findings)[:MOST_TILES]
            shown = (file for group in groups for file in group[:MOST_IN_GROUP])
        wanted.update(dict.fromkeys(shown))
    return list(wanted)


def _most_tiles(code: str) -> int:
    return MOST_DOUBTS if code in LABEL_CODES else MOST_TILES


def _is_about_copies(findings: Sequence[Finding]) -> bool:
    return any(finding.related for finding in findings)


def _thumbnails(
    root: str, files: Sequence[str], limits: Limits, progress: Progress
) -> dict[str, str]:
    """Return ``data:`` addresses by file, made in processes of their own like every decode."""
    uris: dict[str, str] = {}
    paths = [f"{root}/{file}" for file in files]
    results = map_isolated(partial(_thumbnail, limits=limits), paths, seconds=limits.decode_seconds)
    for done, (number, result) in enumerate(results, start=1):
        progress("making thumbnails", done, len(files))
        # A file that has changed since it was checked is shown by its name alone.
        if not isinstance(result, PictureError):
            uris[files[number]] = data_uri(result, kind="image/jpeg")
    return uris


def _thumbnail(path: str, *, limits: Limits) -> bytes:
    data = read_file(path, limits=limits)
    picture = decode(data, source=path, limits=limits, at_least=(_SIDE, _SIDE))
    return thumbnail(picture, side=_SIDE)


def _section(code: str, findings: Sequence[Finding], uris: Mapping[str, str]) -> Section:
    advice = ADVICE_ON_DECISIONS.get(code) or next(one.advice for one in CHECKS if one.code == code)
    head = Section(code, findings[0].severity, CODES[code], advice, len(findings))
    if _is_about_copies(findings):
        return _with_groups(head, findings, uris)
    shown = [] if code in UNUSABLE else findings[: _most_tiles(code)]
    listed = [(one.file, one.message) for one in findings[len(shown) :][:MOST_NAMES]]
    unfolded = 0 if shown else UNFOLDED
    return replace(
        head,
        tiles=tuple(Tile(one.file, uris.get(one.file, ""), _caption(one)) for one in shown),
        rows=tuple(listed[:unfolded]),
        folded=tuple(listed[unfolded:]),
        more=len(findings) - len(shown) - len(listed),
    )


def _caption(finding: Finding) -> str:
    if finding.code not in LABEL_CODES or finding.measure is None:
        return finding.message
    if finding.suggested is None:
        return f"off topic: {finding.measure:.2f}"
    label = finding.file.partition("/")[0]
    return f"{label} → {finding.suggested}: {finding.measure:.2f}"


def _with_groups(head: Section, findings: Sequence[Finding], uris: Mapping[str, str]) -> Section:
    groups = _groups_of(findings)
    return replace(
        head,
        groups=tuple(_group(files, uris) for files in groups[:MOST_TILES]),
        more_groups=max(0, len(groups) - MOST_TILES),
    )


def _group(files: Sequence[str], uris: Mapping[str, str]) -> Group:
    tiles = [
        Tile(file, uris.get(file, ""), file.partition("/")[0]) for file in files[:MOST_IN_GROUP]
    ]
    return Group(tuple(tiles), len(files) - len(tiles))
