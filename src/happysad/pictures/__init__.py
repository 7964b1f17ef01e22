"""Bytes → Picture: formats, limits, decoding, resizing, signatures and quality of one picture.

``formats`` names the format, ``structure`` sees whether the bytes are all there, ``decode`` makes
the ``Picture``, ``prepare`` the array that a network takes, ``signature`` and ``quality`` the
numbers that a collection is checked with. ``examine`` does all of it for one file in one read, and
``workers`` does it for many files in processes of their own.
"""
