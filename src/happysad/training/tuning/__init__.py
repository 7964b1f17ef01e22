"""Fine-tuning the scene of a model with two views; needs keras.

``views`` reads the pictures with the part of the network that stays as it is, ``mixing`` makes
batches of what it read, ``schedule`` says how fast the rest learns, and ``fit`` does it.
"""
