"""Pictures drawn by code: for the demo, the tests and the benchmarks.

``draw`` draws one picture of a mood, ``draw_collection`` a labelled folder with planted faults.
Drawn pictures prove that the machinery works; they say nothing about accuracy on photographs.

The way of a picture: ``backgrounds`` covers a ``canvas``, ``faces`` or ``people`` put heads and
bodies on it, ``expression`` gives them the mood, ``drawing`` composes; ``faults`` spoils files.
"""

from happysad.drawn.drawing import draw
from happysad.drawn.expression import MOODS, Mood
from happysad.drawn.folder import Planted, draw_collection

__all__ = ["MOODS", "Mood", "Planted", "draw", "draw_collection"]
