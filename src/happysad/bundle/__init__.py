"""The saved model: one file ``NAME.happysad`` that holds data alone.

``archive`` reads and writes it, ``manifest`` is what it says of itself, ``seen`` recognises
training pictures by it, ``shelf`` knows where the models of this machine are.
"""
