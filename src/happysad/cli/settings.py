"""Training options from a TOML file, from ``--set`` and from single flags; the last one wins."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happysad.config import TrainOptions, options_from, read_toml
from happysad.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def train_options(
    file: Path | None, settings: Sequence[str], *, flags: Mapping[str, Any]
) -> TrainOptions | None:
    """Return the options that were asked for; None where none was.

    Args:
        file: TOML file, or None.
        settings: ``name=value`` texts; dots lead into tables, values are TOML or bare words.
        flags: option name → value; None stands for a flag that was not given.

    Raises:
        UsageError: an unknown option, a value of the wrong type or out of range.
    """
    values: dict[str, Any] = read_toml(file) if file else {}
    for text in settings:
        values = _merged(values, _setting(text))
    values = _merged(values, _given(flags))
    return options_from(TrainOptions, values, "train") if values else None


def _setting(text: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        msg = f"--set takes NAME=VALUE, e.g. augment.rotation=10. Got {text!r} instead."
        raise UsageError(msg)
    for candidate in (text, f"{name}={_quoted(value)}"):  # a bare word is a text
        try:
            return tomllib.loads(candidate)
        except tomllib.TOMLDecodeError:
            continue
    msg = f"--set takes NAME=VALUE with a value as in TOML. Got {text!r} instead."
    raise UsageError(msg)


def _quoted(value: str) -> str:
    return "'" + value.strip() + "'"


def _given(flags: Mapping[str, Any]) -> dict[str, Any]:
    tables = {key: _given(item) for key, item in flags.items() if isinstance(item, dict)}
    single = {
        key: item for key, item in flags.items() if item is not None and not isinstance(item, dict)
    }
    return {**single, **{key: table for key, table in tables.items() if table}}


def _merged(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``low`` overridden by ``high``, table by table."""
    result = dict(low)
    for name, value in high.items():
        below = result.get(name)
        if isinstance(below, str) and isinstance(value, dict):
            below = {"level": below}  # augment = "strong" and augment.rotation = 10
        if isinstance(below, dict) and isinstance(value, dict):
            result[name] = _merged(below, value)
        else:
            result[name] = value
    return result
