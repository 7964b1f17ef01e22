"""What the page computes in JavaScript is what Python computes, byte for byte."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from happysad.bundle import archive
from happysad.config import Preprocessing
from happysad.drawn import draw
from happysad.faces import boxes, crops, fusion
from happysad.faces.finder import Place
from happysad.faces.weighing import Weigher, rows_of, sigmoid
from happysad.judge.calibration import apply_temperature
from happysad.pictures.decode import decode, from_array
from happysad.pictures.prepare import looked_at, prepare
from two_views import BASE, FACE, SCENE, embedding
from web_export_pages import packed

Ask = Callable[..., Any]


def noise(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def sent(pixels: np.ndarray) -> dict[str, Any]:
    height, width = pixels.shape[:2]
    return {"width": width, "height": height, "data": packed(pixels.tobytes())}


def received(picture: dict[str, Any], dtype: type = np.uint8) -> np.ndarray:
    assert "failure" not in picture, picture
    data = np.frombuffer(base64.b64decode(picture["data"]), dtype)
    return data.reshape(picture["height"], picture["width"], 3)


@pytest.mark.parametrize("size", [(300, 40), (40, 300), (33, 57), (700, 500), (24, 24)])
@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
def test_preparing_gives_the_same_bytes(asked: Ask, size: tuple[int, int], fit: Any) -> None:
    pixels = noise(*size)
    to = {"width": 48, "height": 40, "fit": fit, "resample": "area"}
    found = asked("prepare.js", "prepare", sent(pixels), to)
    assert np.array_equal(received(found), prepare(from_array(pixels), Preprocessing(**to)))


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
def test_point_sampling_gives_the_same_floats(asked: Ask, fit: Any) -> None:
    pixels = noise(61, 90)
    to = {"width": 32, "height": 48, "fit": fit, "resample": "point"}
    found = asked("prepare.js", "prepare", sent(pixels), to)
    expected = prepare(from_array(pixels), Preprocessing(**to))
    assert np.array_equal(received(found, np.float32), expected)


@pytest.mark.parametrize("size", [(90, 70), (640, 480), (200, 1400), (1000, 64)])
def test_faces_are_looked_for_in_the_same_bytes(asked: Ask, size: tuple[int, int]) -> None:
    pixels = noise(*size)
    found = asked("prepare.js", "lookedAt", sent(pixels), {"look": 128})
    assert np.array_equal(received(found), looked_at(from_array(pixels), Preprocessing(look=128)))


@pytest.mark.parametrize("factors", [(2, 2), (3, 1), (5, 4)])
def test_shrinking_by_whole_factors_gives_the_same_bytes(
    asked: Ask, factors: tuple[int, int]
) -> None:
    pixels = noise(101, 67)
    expected = np.asarray(Image.fromarray(pixels).reduce(factors))
    assert np.array_equal(received(asked("resize.js", "reduce", sent(pixels), *factors)), expected)


@pytest.mark.parametrize("seed", range(8))
def test_a_face_is_cut_out_with_the_same_bytes(asked: Ask, seed: int) -> None:
    generator = np.random.default_rng(seed)
    pixels = noise(180, 140, seed)
    left, right = sorted(generator.random(2))
    top, bottom = sorted(generator.random(2))
    points = generator.random((6, 2))
    if seed == 0:
        points[:2] = [[0.3, 0.4], [0.6, 0.4]]  # eyes that are level are not turned
    place = Place((left, top, right, bottom), tuple(map(tuple, points.tolist())), 0.9)
    given = {"box": list(place.box), "points": points.tolist()}
    found = received(asked("crops.js", "faceCrop", sent(pixels), given, 48))
    assert np.array_equal(found, crops.face_crop(pixels, place, side=48))


def test_faces_are_merged_alike(asked: Ask) -> None:
    generator = np.random.default_rng(4)
    middles = generator.uniform(40, 200, (5, 2))[generator.integers(0, 5, 40)]
    half = generator.uniform(18, 22, (40, 1))
    places = (middles[:, None] + np.zeros((1, 8, 1))).astype(np.float32)
    places[:, 0] -= half
    places[:, 1] += half
    places[:, 2:] += generator.normal(size=(40, 6, 2))
    scores = generator.uniform(0.4, 1, 40).astype(np.float32)
    expected, values = boxes.blend(places, scores, threshold=0.3, limit=4)
    candidates = [
        {"score": float(score), "points": place.tolist()}
        for place, score in zip(places, scores, strict=True)
    ]
    found = asked("boxes.js", "blend", candidates, 0.3, 4)
    assert [face["score"] for face in found] == values.tolist()
    # to the last bit: on it can hang where a face is cut out
    assert np.array_equal(np.array([face["points"] for face in found]), expected)


@pytest.mark.parametrize("faces", [0, 1, 4])
def test_evidence_is_weighed_alike(asked: Ask, faces: int) -> None:
    generator = np.random.default_rng(faces)
    logits, scores, areas = generator.normal(size=(3, faces))
    readings = fusion.Readings(logits * 5, abs(scores), abs(areas), areas**2 * 90)
    given = [
        {"logit": logit, "score": score, "area": area, "side": side}
        for logit, score, area, side in zip(
            *(getattr(readings, name).tolist() for name in ("logits", "scores", "areas", "sides")),
            strict=True,
        )
    ]
    found = asked("fusion.js", "evidence", 7.5, given)
    assert found == pytest.approx(fusion.evidence(7.5, readings).tolist(), abs=1e-12)


@pytest.mark.parametrize("faces", [0, 1, 3])
def test_the_same_is_said_of_both_views(asked: Ask, faces: int) -> None:
    manifest = archive.read(BASE).manifest
    seen = embedding(np.random.default_rng(faces), 1, faces=faces)
    # In a picture of 100 by 100 pixels a face has to be as large as it is tall.
    sides = np.linspace(40, 80, faces, dtype=np.float32)
    seen = replace(seen, sides=sides, areas=(sides / 100) ** 2)
    weigher = Weigher(manifest)
    expected = weigher.weigh(seen)
    heads = {
        name: {"weights": list(head.weights), "bias": head.bias}
        for name, head in manifest.heads.items()
    }
    look = {"width": 100, "height": 100}
    places = [
        {"box": [0, 0, float(area / side) * 100, float(side) / 100], "score": float(score)}
        for score, area, side in zip(seen.scores, seen.areas, seen.sides, strict=True)
    ]
    given = {"scene": seen.scene.tolist(), "faces": seen.faces.tolist(), "places": places}
    assert (len(given["scene"]), seen.faces.shape[1]) == (SCENE, FACE)
    table = {"heads": heads, "fusion": dict(manifest.fusion), "classes": list(manifest.classes)}
    found = asked("weighing.js", "weigh", {**given, "look": look}, table)
    assert found["views"]["sentence"] == weigher.views(expected).sentence
    assert found["probabilities"] == pytest.approx(rows_of([expected])[0].tolist(), abs=1e-6)
    readings = [one["probabilities"]["sad"] for one in found["faces"]]
    assert readings == pytest.approx(sigmoid(expected.faces).tolist(), abs=1e-9)


@pytest.mark.parametrize("temperature", [1.0, 0.7, 3.0])
def test_temperature_is_applied_alike(asked: Ask, temperature: float) -> None:
    row = [0.0, 0.25, 0.75]
    found = asked("calibration.js", "calibrated", row, temperature)
    assert found == pytest.approx(apply_temperature(np.array([row]), temperature)[0], abs=1e-12)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0", "grey"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_large_jpeg_is_decoded_small_to_the_same_bytes(
    asked: Ask, subsampling: str, progressive: bool, factor: int
) -> None:
    image = draw("sad", seed=5, side=331).crop((0, 0, 331, 203))
    grey = subsampling == "grey"
    file = io.BytesIO()
    settings = {} if grey else {"subsampling": subsampling}
    image = image.convert("L") if grey else image
    image.save(file, "JPEG", quality=83, progressive=progressive, restart_marker_rows=2, **settings)
    with Image.open(io.BytesIO(file.getvalue())) as known:
        known.draft(None, (331 // factor, 203 // factor))
        expected = np.asarray(known.convert("RGB"))
    found = asked("scaled.js", "decodeScaled", packed(file.getvalue()), factor)
    assert np.array_equal(received(found), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright_alike(asked: Ask, orientation: int) -> None:
    pixels = noise(7, 5)
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(file, "PNG", exif=exif)
    found = received(asked("turn.js", "turned", sent(pixels), orientation))
    assert np.array_equal(found, decode(file.getvalue()).pixels)


def test_a_jpeg_says_its_size_and_orientation(asked: Ask) -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (70, 50)).save(file, "JPEG", exif=exif)
    expected = {"orientation": 6, "width": 70, "height": 50}
    assert asked("jpeg.js", "readHeader", packed(file.getvalue())) == expected


def test_damaged_jpegs_are_left_to_the_browser(asked: Ask) -> None:
    file = io.BytesIO()
    draw("happy", seed=1, side=120).save(file, "JPEG")
    whole = file.getvalue()
    for share in range(5, 100, 10):
        found = asked("scaled.js", "decodeScaled", packed(whole[: len(whole) * share // 100]), 2)
        assert found["failure"] in {"Strange", "RangeError", "TypeError"}
