"""Learning a model of two views from a folder: numpy and ONNX Runtime, no keras.

``embed`` reads every picture with the graphs of a base model, once, and ``cache`` keeps what it
read. ``embedding`` has the nouns. ``heads`` learns the linear heads and their fusion on top, with
``logistic`` doing the arithmetic and ``grouped`` the cross-validation.
"""
