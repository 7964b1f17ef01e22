"""A model as a folder of static files that answers in the visitor's own browser.

``folder`` puts it together: the page of ``happysad serve``, the model's graphs and what its
manifest says, ONNX Runtime for browsers (``runtime``), and the modules in ``static/predictor``,
which do in JavaScript what ``pictures``, ``faces`` and ``predictor`` do in Python and have their
names.
"""
