"""The write-up's system, step by step, as the yardstick of the other benchmarks.

It is written from the write-up's description and kept as that describes it, weak points included:
files are decoded anew every epoch, the split takes and skips batches of a data set that is
reshuffled every epoch (so test pictures were trained on), and a folder of fewer than ten batches
leaves no test part. Only the folder is copied first, because its first step deletes files.

    python benchmarks/tutorial_pipeline.py train FOLDER --model m.h5 [--epochs 20] [--augment]
    python benchmarks/tutorial_pipeline.py predict m.h5 PICTURE

Expected on two cores, 301 pictures: training about 110 s; load-and-predict of one picture 13 s.
Needs the extra 'train' and OpenCV (``train_vs_tutorial.py`` provides it).
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import cv2
import keras
import numpy as np
import tensorflow as tf
from matplotlib import pyplot as plt

SIDE, BATCH = 256, 32
TYPES = {b"\xff\xd8\xff": "jpeg", b"\x89PNG": "png", b"BM": "bmp"}


def remove_dodgy(folder: Path) -> None:
    """Delete what OpenCV cannot read and what is no JPEG, BMP or PNG."""
    for path in folder.rglob("*"):
        if path.is_file():
            start = path.read_bytes()[:8]
            known = any(start.startswith(mark) for mark in TYPES)
            if cv2.imread(str(path)) is None or not known:
                path.unlink()


def load(folder: Path) -> tf.data.Dataset:
    return keras.utils.image_dataset_from_directory(
        folder, image_size=(SIDE, SIDE), batch_size=BATCH, shuffle=True
    )


def plot(data: tf.data.Dataset, path: Path) -> None:
    """Look at one batch: four pictures with their labels."""
    pictures, labels = next(data.as_numpy_iterator())
    figure, axes = plt.subplots(ncols=4, figsize=(20, 20))
    for axis, picture, label in zip(axes, pictures, labels, strict=False):
        axis.imshow(picture.astype(int))
        axis.set_title(label)
    figure.savefig(path)


def build() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Conv2D(16, (3, 3), 1, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(32, (3, 3), 1, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(16, (3, 3), 1, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(256, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", loss=keras.losses.BinaryCrossentropy(), metrics=["accuracy"])
    return model


def fit(folder: Path, epochs: int, picture: Path) -> tuple[keras.Model, tf.data.Dataset]:
    data = load(folder)
    plot(data, picture)
    data = data.map(lambda x, y: (x / 255, y))
    batches = len(data)
    train, validation = int(batches * 0.7), int(batches * 0.2) + 1
    model = build()
    model.fit(
        data.take(train),
        epochs=epochs,
        validation_data=data.skip(train).take(validation),
        verbose=2,
    )
    return model, data.skip(train + validation).take(int(batches * 0.1) + 1)


def fit_augmented(folder: Path, epochs: int) -> tuple[keras.Model, tf.data.Dataset]:
    """Train again on pictures that Keras' (long deprecated) generator changes at random."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(
        rescale=1 / 255,
        rotation_range=30,
        width_shift_range=0.2,
        height_shift_range=0.2,
        horizontal_flip=True,
        fill_mode="nearest",
        validation_split=0.2,
    )
    parts = {
        part: generator.flow_from_directory(
            folder,
            target_size=(SIDE, SIDE),
            batch_size=BATCH,
            class_mode="binary",
            subset=part,
        )
        for part in ("training", "validation")
    }
    model = build()
    model.fit(parts["training"], epochs=epochs, validation_data=parts["validation"], verbose=2)
    return model, load(folder).map(lambda x, y: (x / 255, y)).take(1)


def judge(model: keras.Model, test: tf.data.Dataset) -> str:
    metrics = [keras.metrics.Precision(), keras.metrics.Recall(), keras.metrics.BinaryAccuracy()]
    for pictures, labels in test.as_numpy_iterator():
        answers = model.predict(pictures, verbose=0)
        for metric in metrics:
            metric.update_state(labels.reshape(-1, 1), answers)
    return " ".join(f"{metric.name} {float(metric.result()):.3f}" for metric in metrics)


def train(folder: Path, model_path: Path, epochs: int, *, augment: bool) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "data"
        shutil.copytree(folder, copy)
        remove_dodgy(copy)
        if augment:
            model, test = fit_augmented(copy, epochs)
        else:
            model, test = fit(copy, epochs, Path(scratch) / "batch.png")
        print(judge(model, test))
        model.save(model_path)


def predict(model_path: Path, picture: Path) -> None:
    """Load the model and ask it about one picture, whose channels OpenCV gives as BGR."""
    model = keras.models.load_model(model_path)
    pixels = tf.image.resize(cv2.imread(str(picture)), (SIDE, SIDE))
    answer = float(model.predict(np.expand_dims(pixels / 255, 0), verbose=0)[0, 0])
    print(f"{'second' if answer > 0.5 else 'first'} class, {answer:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True, dest="command")
    one = commands.add_parser("train")
    one.add_argument("folder", type=Path)
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--epochs", type=int, default=20)
    one.add_argument("--augment", action="store_true")
    two = commands.add_parser("predict")
    two.add_argument("model", type=Path)
    two.add_argument("picture", type=Path)
    options = parser.parse_args()
    if options.command == "train":
        train(options.folder, options.model, options.epochs, augment=options.augment)
    else:
        predict(options.model, options.picture)


if __name__ == "__main__":
    main()
