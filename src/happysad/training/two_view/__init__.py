"""Learning a model of two views from a folder: numpy and ONNX Runtime, no keras.

``embed`` reads every picture with the graphs of a base model, once, and ``cache`` keeps what it
read; ``embedding`` stacks it. ``heads`` learns the linear heads and their fusion on top, with
``grouped`` choosing by cross-validation and ``logistic`` doing the arithmetic. ``saving`` makes a
bundle of it.
"""

PRESET = "two-view"
"""Name of the preset."""
