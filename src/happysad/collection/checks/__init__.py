"""One file for each thing that ``check`` looks for.

A new check is one new file with a ``CHECK`` in it, its name in ``CHECKS`` below, its code in
``records.CODES`` and a case in the contract test of the checks.
"""

from happysad.collection.checks import (
    blurred,
    both_classes,
    bright,
    dark,
    exact_duplicate,
    likely_wrong_label,
    low_information,
    misnamed,
    near_duplicate,
    odd_aspect,
    off_topic,
    too_small,
    unusable,
)
from happysad.collection.survey import Check, Survey

__all__ = ["CHECKS", "Check", "Survey"]

CHECKS: tuple[Check, ...] = (
    both_classes.CHECK,
    *unusable.CHECKS,
    exact_duplicate.CHECK,
    likely_wrong_label.CHECK,
    off_topic.CHECK,
    near_duplicate.CHECK,
    misnamed.CHECK,
    too_small.CHECK,
    odd_aspect.CHECK,
    dark.CHECK,
    bright.CHECK,
    blurred.CHECK,
    low_information.CHECK,
)
"""Every check, in the order in which reports show what they found: the gravest first."""
