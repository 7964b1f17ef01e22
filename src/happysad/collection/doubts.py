"""The labels in doubt: which to look at first, and the list on which a person decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from happysad.collection.checks import likely_wrong_label, off_topic
from happysad.collection.decisions import Decision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happysad.records import Collection, Finding

CODES = (likely_wrong_label.CHECK.code, off_topic.CHECK.code)
"""Codes of the findings that a decision can be about, in the order of the list."""


def in_doubt(collection: Collection) -> list[Finding]:
    """Return the findings about labels: likely wrong ones first, the most likely first."""
    found = [finding for finding in collection.findings if finding.code in CODES]
    return sorted(found, key=lambda one: (CODES.index(one.code), -(one.measure or 0.0), one.file))


def proposed(collection: Collection, *, earlier: Sequence[Decision] = ()) -> tuple[Decision, ...]:
    """Return the list for a person to decide on; until then every label is kept.

    A picture that is in doubt twice is on it once, for its label.

    Args:
        collection: a folder whose labels were checked.
        earlier: a list that a person worked on. What it drops or relabels stays decided, also
            of pictures that are not in doubt any more, unless they left the folder or the class.
    """
    label_of = {entry.file: entry.label for entry in collection.entries}
    decisions: dict[str, Decision] = {}
    for finding in in_doubt(collection):
        wrong = finding.measure if finding.suggested else None
        decision = Decision(
            file=finding.file,
            label=label_of[finding.file],
            suggested=finding.suggested or "",
            probability=None if wrong is None else 1 - wrong,
        )
        decisions.setdefault(finding.file, decision)
    for one in earlier:
        label = label_of.get(one.file)
        if one.choice == "keep" or (label != one.label and one.file not in collection.set_aside):
            continue
        likely = decisions[one.file].probability if one.file in decisions else one.probability
        decisions[one.file] = replace(one, probability=likely)
    return tuple(decisions.values())
