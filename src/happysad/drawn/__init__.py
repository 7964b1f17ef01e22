"""Pictures drawn by code: for the demo, the tests and the benchmarks.

``draw`` draws one picture of a mood, ``draw_collection`` a labelled folder with planted faults.
Drawn pictures prove that the machinery works; they say nothing about accuracy on photographs.
"""

from happysad.drawn.drawing import draw

__all__ = ["draw"]
