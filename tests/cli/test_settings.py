from __future__ import annotations

from pathlib import Path

import pytest

from happysad import AugmentOptions, TrainOptions, UsageError
from happysad.cli.settings import train_options


def test_no_option_means_none() -> None:
    assert train_options(None, [], flags={"epochs": None, "split": {"seed": None}}) is None


def test_flags_win_over_settings_and_settings_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text("epochs = 1\nbatch_size = 8\npatience = 2\n[split]\nseed = 4\n")
    options = train_options(
        file, ["epochs=2", "patience=3"], flags={"epochs": 3, "split": {"folds": 5}}
    )
    assert options is not None
    assert (options.epochs, options.patience, options.batch_size) == (3, 3, 8)
    assert (options.split.seed, options.split.folds) == (4, 5)


def test_single_changes_keep_the_rest_of_the_level() -> None:
    settings = ["augment.rotation=10", "augment.flip=false"]
    options = train_options(None, settings, flags={})
    assert options is not None
    assert options.augment == AugmentOptions.level("write-up", rotation=10.0, flip=False)


def test_a_level_and_single_changes_go_together(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text('augment = "strong"\n')
    options = train_options(file, ["augment.zoom = 0.5"], flags={})
    assert options is not None
    assert options.augment == AugmentOptions.level("strong", zoom=0.5)


def test_a_level_on_the_command_line_replaces_the_level_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text('[augment]\nlevel = "strong"\nzoom = 0.5\n')
    options = train_options(file, [], flags={"augment": "none"})
    assert options is not None
    assert options.augment == AugmentOptions()


def test_bare_words_and_lists_are_values() -> None:
    settings = ["preset=seed", "augment.fill=reflect", "split.fractions=[0.8, 0.1, 0.1]"]
    options = train_options(None, settings, flags={})
    assert options == TrainOptions(
        preset="seed",
        augment=AugmentOptions.level("write-up", fill="reflect"),
        split=type(TrainOptions().split)(fractions=(0.8, 0.1, 0.1)),
    )


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("epochs", "--set takes NAME=VALUE"),
        ("=3", "--set takes NAME=VALUE"),
        ("a b=3'", "as in TOML"),
        ("epoch=3", "Unknown option 'epoch'"),
        ("augment.spin=3", "Unknown option 'spin'"),
        ("epochs=many", "of type int"),
        ("epochs=0", "1 to 100000"),
        ("split=3", "table of options"),
    ],
)
def test_wrong_settings_say_what_is_wrong(setting: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        train_options(None, [setting], flags={})


def test_a_file_that_is_no_toml_is_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "train.toml"
    file.write_text("epochs: 3")
    with pytest.raises(UsageError, match="cannot be used"):
        train_options(file, [], flags={})
