"""Fitting networks: the only folder that imports keras, tensorflow and onnx.

``engine`` is the door through which keras comes in. ``networks`` says what is trained,
``data`` turns a split into batches, ``augment`` changes them at random, ``fit`` runs the epochs,
``checkpoint`` survives a power cut, ``onnx_writer`` writes what everything else predicts with,
and ``restore`` and ``importing`` bring saved models back into keras.
"""
