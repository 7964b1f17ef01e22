"""Importing Keras files: the tutorial's answer the same, hostile ones do nothing."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

import happysad
from happysad.errors import BundleError, UsageError
from happysad.training.engine import load_keras, load_tensorflow

CLASSES = ("happy", "sad")


def tutorial_network(*, rescaling: bool = False) -> Any:
    """A small relative of the tutorial's network, built the way its readers build it."""
    layers = load_keras().layers
    model = load_keras().models.Sequential()
    model.add(load_keras().Input((64, 48, 3)))
    if rescaling:
        model.add(layers.RandomFlip())
        model.add(layers.Rescaling(1.0 / 255))
    model.add(layers.Conv2D(8, (3, 3), 1, activation="relu"))
    model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(16, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile("adam", loss=load_keras().losses.BinaryCrossentropy(), metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A colourful picture, so that another order of colours gives another answer."""
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    rows, columns = np.mgrid[0:150, 0:200]
    pixels = np.stack([rows, 255 - columns, (rows * columns) % 256], axis=-1)
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def tutorial_answer(model: Any, picture: Path, *, divide: float = 255) -> float:
    tf = load_tensorflow()
    resized = tf.image.resize(np.asarray(Image.open(picture)), (64, 48))
    return float(model.predict(np.expand_dims(resized / divide, 0), verbose=0)[0, 0])


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_a_tutorial_model_answers_the_same(tmp_path: Path, picture: Path, suffix: str) -> None:
    model = tutorial_network()
    file = tmp_path / f"happysadmodel{suffix}"
    model.save(file)
    before = file.read_bytes()
    bundle = happysad.import_model(file, classes=CLASSES)
    assert bundle == tmp_path / "happysadmodel.happysad"
    predictor = happysad.load(bundle, verify=True)
    assert predictor.manifest.preprocessing.resample == "point"
    assert predictor.manifest.preset == "imported"
    expected = tutorial_answer(model, picture)
    found = predictor.predict(str(picture))
    assert found.probabilities["sad"] == pytest.approx(expected, abs=1e-4)  # type: ignore[union-attr]
    assert found.label == ("sad" if expected > 0.5 else "happy")  # type: ignore[union-attr]
    assert file.read_bytes() == before
    with pytest.raises(BundleError, match="exists already"):
        happysad.import_model(file, classes=CLASSES)


def test_a_network_that_scales_itself_is_not_scaled_twice(tmp_path: Path, picture: Path) -> None:
    model = tutorial_network(rescaling=True)
    model.save(tmp_path / "model.keras")
    bundle = happysad.import_model(tmp_path / "model.keras", classes=CLASSES)
    expected = tutorial_answer(model, picture, divide=1)
    found = happysad.load(bundle).predict(str(picture))
    assert found.probabilities["sad"] == pytest.approx(expected, abs=1e-4)  # type: ignore[union-attr]
    with pytest.raises(UsageError, match="tells 2 classes apart"):
        happysad.import_model(
            tmp_path / "model.keras", classes=("a", "b", "c"), out=tmp_path / "other.happysad"
        )


def lambda_model(path: Path) -> None:
    """A Lambda layer whose code would leave a mark."""
    mark = str(path.parent / "was here")
    layers = load_keras().layers
    keras = load_keras()
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Lambda(lambda x, m=mark: (__import__("pathlib").Path(m).touch(), x)[1]),
        ]
    )
    model.save(path)
    Path(mark).unlink(missing_ok=True)


def rewrite_keras(path: Path, change: Any) -> None:
    """Change the configuration inside a ``.keras`` file."""
    model = tutorial_network()
    model.save(path)
    target = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(name, data)
    path.write_bytes(target.getvalue())


def foreign_class(path: Path) -> None:
    def change(config: Any) -> None:
        layer = config["config"]["layers"][1]
        layer.update(module="subprocess", class_name="Popen", registered_name=None)

    rewrite_keras(path, change)


def registered_custom(path: Path) -> None:
    def change(config: Any) -> None:
        config["config"]["layers"][1]["registered_name"] = "evil>Conv2D"

    rewrite_keras(path, change)


def truncated(path: Path) -> None:
    tutorial_network().save(path)
    path.write_bytes(path.read_bytes()[:3000])


def not_a_model(path: Path) -> None:
    path.write_bytes(b"\x80\x04 a pickle, perhaps")


def weights_alone(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["w"] = np.zeros(3)


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (40 << 20))


@pytest.mark.parametrize(
    ("make", "suffix", "message"),
    [
        (lambda_model, ".keras", "Lambda"),
        (lambda_model, ".h5", "Lambda"),
        (foreign_class, ".keras", "Popen"),
        (registered_custom, ".keras", "Conv2D"),
        (truncated, ".keras", "cannot be imported"),
        (truncated, ".h5", "cannot be imported"),
        (not_a_model, ".h5", "neither a .keras nor an .h5"),
        (weights_alone, ".h5", "weights alone"),
        (zip_bomb, ".keras", "unpacks to"),
    ],
)
def test_t22_hostile_files_are_refused_and_leave_no_mark(
    tmp_path: Path, make: Any, suffix: str, message: str
) -> None:
    file = tmp_path / f"model{suffix}"
    make(file)
    with pytest.raises(BundleError, match=message):
        happysad.import_model(file, classes=CLASSES)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_network_of_another_kind_is_refused_by_its_shape(tmp_path: Path) -> None:
    keras = load_keras()
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    model.save(tmp_path / "grey.keras")
    with pytest.raises(BundleError, match="one RGB picture"):
        happysad.import_model(tmp_path / "grey.keras", classes=CLASSES)


def test_a_missing_file_and_a_single_class_are_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no file"):
        happysad.import_model(tmp_path / "none.h5", classes=CLASSES)
    with pytest.raises(UsageError, match="classes"):
        happysad.import_model(tmp_path / "none.h5", classes=("happy",))
