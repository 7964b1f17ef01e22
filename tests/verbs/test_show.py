"""The card says what a model is, and nothing in it can pass for markup."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from happysad.bundle import shelf
from happysad.bundle.archive import read, write
from happysad.errors import BundleError
from happysad.records import Score
from happysad.verbs.show import show

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"


def test_a_card_holds_what_matters() -> None:
    card = show(TINY)
    assert card.parameters == 118
    assert card.operators["Conv"] == 1
    assert card.size_bytes == TINY.stat().st_size
    for words in (
        "# v1-tiny",
        "happy, sad, or `unsure`",
        "| accuracy | 0.500 | 0.250 to 0.750 | 12 |",
        "| always the majority class | 0.500 |",
        "train 84, validation 24, test 12",
        "- epochs: 1",
        "Random weights; nothing was learnt.",
        "Apache-2.0",
    ):
        assert words in card.markdown
    assert card._repr_markdown_() == card.markdown


def test_the_last_trained_model_is_shown() -> None:
    shelf.remember(TINY)
    assert show().path == TINY


def test_without_scores_it_says_so(tmp_path: Path) -> None:
    tiny = read(TINY)
    bare = replace(
        tiny.manifest, scores={}, baseline=None, parts={}, options={}, notes="", licence=""
    )
    write(tmp_path / "m.happysad", replace(tiny, manifest=bare))
    text = show(tmp_path / "m.happysad").markdown
    assert "Nothing was measured" in text
    assert "not stated" in text
    assert "Training options" not in text


def test_t35_names_are_text(tmp_path: Path) -> None:
    tiny = read(TINY)
    odd = replace(
        tiny.manifest,
        name="# <b>x</b>\n[a](http://x)",
        scores={"a|b": Score("a|b", math.nan, math.nan, math.nan, 0, "none")},
    )
    write(tmp_path / "m.happysad", replace(tiny, manifest=odd))
    text = show(tmp_path / "m.happysad").markdown
    assert text.startswith("# \\# \\<b\\>x\\</b\\> \\[a\\](http://x)\n")
    assert "| a\\|b | undefined | | 0 |" in text


def test_no_model_is_a_bundle_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model"):
        show(tmp_path / "none.happysad")
