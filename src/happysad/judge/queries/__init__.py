"""Query strategies: which pictures should a person be asked about next?

``strategy``   what is known when a question is due, and what a strategy is
``asking``     the one way to use a strategy
``chance``     random sampling, what every other strategy has to beat
``doubt``      pictures that the model, or a committee of models, is unsure of
``spread``     pictures that stand for many others, whatever a model thinks of them
``badge``      both at once
``features``   from embeddings to what distances are measured in

The strategies are scikit-activeml's where it has them, on features and probabilities that somebody
else computed; ``given_model`` hands those over. It is loaded when a strategy is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.errors import UsageError
from happysad.judge.queries import badge, chance, doubt, spread

if TYPE_CHECKING:
    from happysad.judge.queries.strategy import Strategy

STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy
    for strategy in (
        chance.RANDOM,
        doubt.MARGIN,
        doubt.ENTROPY,
        doubt.LEAST_CONFIDENT,
        doubt.COMMITTEE,
        doubt.BALD,
        badge.BADGE,
        spread.CORESET,
        spread.TYPICLUST,
        spread.PROBCOVER,
    )
}
"""Strategies by name."""

TWO_CLASS_STRATEGIES = tuple(
    # With two classes these two order pictures exactly as margin does.
    name
    for name in STRATEGIES
    if name not in {"entropy", "least-confident"}
)
"""Names of the strategies that differ from each other where there are two classes."""


def find_strategy(name: str, *, option: str = "strategies") -> Strategy:
    """Return a strategy by its name.

    Args:
        name: one of ``STRATEGIES``.
        option: where the name was given.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in STRATEGIES:
        msg = f"The {option!r} option takes any of: {', '.join(STRATEGIES)}. Got {name!r}."
        raise UsageError(msg)
    return STRATEGIES[name]
