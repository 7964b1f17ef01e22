"""Finding faces and cutting them out upright; numpy, Pillow and ONNX Runtime only.

``finder`` turns a picture into places of faces, ``crops`` a place into an upright square. Reading
the expression of such a square is the work of a graph in the model's bundle.
"""
