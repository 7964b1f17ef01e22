"""How a replay of active learning goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from happysad.config import CheckOptions, require
from happysad.judge.learning_curves import BASELINE
from happysad.judge.queries import TWO_CLASS_STRATEGIES, find_strategy
from happysad.training.two_view import PRESET as TWO_VIEW

_NO_COMMITTEE = "free of those that ask a committee: a network learns one model a round"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveOptions:
    """How ``active`` replays a labelled folder.

    Attributes:
        budget: labels that are asked for in all.
        rounds: models that are learned on the way there, in equal steps.
        seeds: repeats, each with its own chance.
        strategies: names, see ``judge.queries``; random, which they are compared with, is
            always among them. None stands for all that differ where there are two classes, as
            far as the preset can serve them.
        balanced: ask for more of what the model takes for the rarer class.
        preset: what learns: ``two-view``, or a network that is trained anew each round.
        base: the model whose views ``two-view`` builds on, see ``TrainOptions``.
        epochs: of a network, for each round.
        seed: of the parts that a folder is dealt to; the repeats count on from it.
        check: how the folder is checked.
    """

    budget: int = 400
    rounds: int = 20
    seeds: int = 5
    strategies: tuple[str, ...] = ()
    balanced: bool = False
    preset: str = TWO_VIEW
    base: str = "default"
    epochs: int = 20
    seed: int = 1
    check: CheckOptions = field(default_factory=CheckOptions)

    def __post_init__(self) -> None:
        require(2 <= self.budget <= 100_000, "budget", "2 to 100000 labels", self.budget)
        rule = "1 or more, and not above the budget"
        require(1 <= self.rounds <= self.budget, "rounds", rule, self.rounds)
        require(1 <= self.seeds <= 20, "seeds", "1 to 20", self.seeds)
        require(1 <= self.epochs <= 100_000, "epochs", "1 to 100000", self.epochs)
        require(0 <= self.seed < 2**31, "seed", "0 to 2147483647", self.seed)
        for name in self.strategies:
            find_strategy(name)
            require(_serves(self.preset, name), "strategies", _NO_COMMITTEE, name)

    @property
    def compared(self) -> tuple[str, ...]:
        """Names of the strategies, ``random`` first, none twice."""
        able = (name for name in TWO_CLASS_STRATEGIES if _serves(self.preset, name))
        return tuple(dict.fromkeys((BASELINE, *(self.strategies or able))))

    @property
    def schedule(self) -> tuple[int, ...]:
        """Number of labels at the end of each round, ascending."""
        ends = (round(self.budget * number / self.rounds) for number in range(1, self.rounds + 1))
        return tuple(dict.fromkeys(ends))


def _serves(preset: str, strategy: str) -> bool:
    """Whether a preset offers what a strategy needs: heads are cheap enough for a committee."""
    return preset == TWO_VIEW or find_strategy(strategy).needs != "committee"
