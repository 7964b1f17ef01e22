"""Strict reading of a JSON object: every field is taken once, with its type; no more, no less."""

from __future__ import annotations

import json
import math
from typing import Any

from happysad.errors import BundleError

LONGEST_TEXT = 65_536


class Fields:
    """The fields of one JSON object, each to be taken once.

    Args:
        value: what the JSON parser gave.
        where: what to call the object in an error, e.g. ``manifest``.

    Raises:
        BundleError: ``value`` is no JSON object.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def __contains__(self, name: str) -> bool:
        """Tell whether the field is there and was not taken yet."""
        return name in self._left

    def take(self, name: str, kind: type | tuple[type, ...], rule: str) -> Any:
        """Return the field's value, which must be of the given type.

        Raises:
            BundleError: it is missing or of another type.
        """
        if name not in self._left:
            msg = f"{self._where} lacks the field '{name}'"
            raise BundleError(msg)
        value = self._left.pop(name)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _wrong(f"{self._where}.{name}", rule, value)
        return value

    def text(self, name: str) -> str:
        """Return a string of at most ``LONGEST_TEXT`` characters."""
        value: str = self.take(name, str, "a string")
        if len(value) > LONGEST_TEXT:
            raise _wrong(f"{self._where}.{name}", f"at most {LONGEST_TEXT} characters", value)
        return value

    def integer(self, name: str, *, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``."""
        value: int = self.take(name, int, "an integer")
        if not low <= value <= high:
            raise _wrong(f"{self._where}.{name}", f"from {low} to {high}", value)
        return value

    def number(self, name: str) -> float:
        """Return a finite number."""
        return finite(self.take(name, (int, float), "a number"), f"{self._where}.{name}")

    def number_or_nan(self, name: str) -> float:
        """Return a finite number, or NaN for null (JSON has no NaN)."""
        value = self.take(name, (int, float, type(None)), "a number or null")
        return math.nan if value is None else finite(value, f"{self._where}.{name}")

    def items(self, name: str) -> list[Any]:
        """Return a list."""
        value: list[Any] = self.take(name, list, "a list")
        return value

    def table(self, name: str) -> dict[str, Any]:
        """Return an object as a plain dict."""
        value: dict[str, Any] = self.take(name, dict, "an object")
        return value

    def fields(self, name: str) -> Fields:
        """Return an object whose fields are to be taken in turn."""
        return Fields(self.table(name), f"{self._where}.{name}")

    def end(self) -> None:
        """Say that nothing else belongs here.

        Raises:
            BundleError: a field was not taken, so it is unknown.
        """
        if self._left:
            msg = f"{self._where} holds the unknown field {shorten(sorted(self._left)[0])}"
            raise BundleError(msg)


def finite(value: float, where: str) -> float:
    """Return a number as float.

    Raises:
        BundleError: it is infinite, or an integer beyond the range of floats.
    """
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _wrong(where, "a finite number", value)
    return number


def parse(data: bytes) -> dict[str, Any]:
    """Parse a JSON object; doubled names, NaN and Infinity are refused.

    Raises:
        BundleError: the bytes are something else.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        msg = f"the manifest is no valid JSON: {shorten(error)}"
        raise BundleError(msg) from error
    if not isinstance(value, dict):
        raise _wrong("manifest", "an object", value)
    return value


def shorten(value: object) -> str:
    """Return a value as it should stand in an error: quoted, at most 80 characters, ASCII."""
    text = str(value) if isinstance(value, Exception) else ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        msg = "a field stands there twice"
        raise ValueError(msg)
    return table


def _no_constant(name: str) -> float:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)


def _wrong(where: str, rule: str, value: object) -> BundleError:
    return BundleError(f"{where} must be {rule}, got {shorten(value)}")
