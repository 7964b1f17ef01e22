"""What a replay of active learning showed, in numbers with intervals and in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from happysad.judge.intervals import effective_size, wilson
from happysad.judge.learning_curves import BASELINE, Curve, Trial, curves, gains
from happysad.records import Score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALL = "all labels"
"""What a trial is called that learned from every label."""

# Shares of what random sampling gains, at whose accuracies labels are counted.
_WAYMARKS = (0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class LearningReport:
    """Ways of asking for labels, compared.

    Attributes:
        data: name of the folder.
        learner: what learned from the labels, in words.
        repeats: number of times that each way was replayed.
        curves: strategy → its learning curve, averaged over the repeats.
        gains: strategy → by how much its mean accuracy along the curve lies above random's.
        final: strategy → accuracy with the last label, with its interval.
        all_labels: accuracy with every label of the pool; None where it was not tried.
        pool: how many labels these are.
        needed: accuracy → strategy → labels that it takes to get there; None where it does not.
        conclusion: the result in plain words.
    """

    data: str
    learner: str
    repeats: int
    curves: Mapping[str, Curve]
    gains: Mapping[str, Score]
    final: Mapping[str, Score]
    all_labels: Score | None
    pool: int
    needed: Mapping[float, Mapping[str, float | None]]
    conclusion: str


def learning_report(trials: Sequence[Trial], *, data: str, learner: str) -> LearningReport:
    """Compare the strategies of some trials.

    Args:
        trials: as for ``gains``; those called ``ALL`` are what the others are measured by.
        data: name of the folder.
        learner: what learned, in words.
    """
    everything = [trial for trial in trials if trial.strategy == ALL]
    compared = [trial for trial in trials if trial.strategy != ALL]
    found, scores = curves(compared), gains(compared)
    repeats = len({trial.seed for trial in compared})
    return LearningReport(
        data=data,
        learner=learner,
        repeats=repeats,
        curves=found,
        gains=scores,
        final={
            name: _final([trial for trial in compared if trial.strategy == name]) for name in found
        },
        all_labels=_final(everything) if everything else None,
        pool=round(float(np.mean([trial.labels[-1] for trial in everything or compared]))),
        needed=_needed(found),
        conclusion=conclude(found, scores, repeats=repeats),
    )


def conclude(found: Mapping[str, Curve], scores: Mapping[str, Score], *, repeats: int) -> str:
    """Say in plain words whether asking by a strategy helped.

    Args:
        found: from ``curves``.
        scores: from ``gains``.
        repeats: number of seeds.
    """
    if not scores:
        return "Only random sampling was replayed; there is nothing to compare."
    best = max(scores, key=lambda name: scores[name].value)
    gain = scores[best]
    on = f"{gain.n} pictures, {repeats} {'repeat' if repeats == 1 else 'repeats'}"
    above = f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
    if gain.low <= 0:
        none = f"of {len(scores)} strategies none is" if len(scores) > 1 else f"{best} is not"
        return (
            f"Active learning did not help here: {none} shown to be better than random. The best, "
            f"{best}, has {above} in mean accuracy along the curve ({on}).{_worse(scores)}"
        )
    target = float(found[BASELINE].accuracy[-1])
    ours = found[best].labels_to_reach(target)
    theirs = found[BASELINE].labels_to_reach(target)
    gained = f"its mean accuracy along the curve is {above} above random's ({on})"
    if ours is None or theirs is None or round(ours) >= round(theirs):
        return (
            f"Active learning helped here on the way, but not at the end: {gained} with {best}, "
            f"and it reaches random's last accuracy of {target:.3f} no sooner.{_worse(scores)}"
        )
    return (
        f"Active learning needs {ours:.0f} labels where random needs {theirs:.0f}: with {best}, "
        f"for an accuracy of {target:.3f}; {gained}.{_worse(scores)}"
    )


def _worse(scores: Mapping[str, Score]) -> str:
    below = [name for name, score in scores.items() if score.high < 0]
    return f" Worse than random: {', '.join(below)}." if below else ""


def _needed(found: Mapping[str, Curve]) -> dict[float, dict[str, float | None]]:
    """Return the labels that each strategy needs for accuracies that random sampling reaches."""
    chance = found[BASELINE]
    start, best = float(chance.accuracy[0]), float(chance.accuracy.max())
    marks = dict.fromkeys(round(start + share * (best - start), 4) for share in _WAYMARKS)
    # Rounding must not lift a mark above what was reached.
    return {
        mark: {name: curve.labels_to_reach(min(mark, best)) for name, curve in found.items()}
        for mark in marks
    }


def _final(trials: Sequence[Trial]) -> Score:
    """Return the accuracy of the last models, averaged over the repeats."""
    value = float(np.mean([trial.right[-1].mean() for trial in trials]))
    tests = {trial.groups: trial for trial in trials}
    groups = np.concatenate([np.array(trial.groups, object) for trial in tests.values()])
    low, high = wilson(value, effective_size(groups.astype(str)))
    return Score("accuracy", value, low, high, len(groups), "wilson")
