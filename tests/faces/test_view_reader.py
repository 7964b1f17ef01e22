"""Both views of a picture through the graphs of a tiny bundle."""

from pathlib import Path

import numpy as np
import pytest

from bright_spots import picture
from happysad.bundle.archive import Bundle, read
from happysad.bundle.runtime import Network
from happysad.config import Preprocessing
from happysad.errors import BundleError, UsageError
from happysad.faces.crops import face_crop
from happysad.faces.views import ViewReader
from happysad.pictures.decode import from_array
from happysad.pictures.prepared import Prepared, prepare_picture

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCENE_WIDTH, FACE_WIDTH = 16, 8


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read(FIXTURES / "tiny-two-view.happysad")


@pytest.fixture(scope="module")
def reader(bundle: Bundle) -> ViewReader:
    return ViewReader(bundle)


def prepared(pixels: np.ndarray, bundle: Bundle) -> Prepared:
    return prepare_picture(from_array(pixels), bundle.manifest.preprocessing)


def test_a_scene_without_a_face_has_features_alone(reader, bundle):
    (seen,) = reader.see([prepared(np.full((120, 100, 3), 51, np.uint8), bundle)])
    assert seen.places == ()
    assert seen.grid is None
    embedding = seen.embedding
    assert embedding.scene.shape == (SCENE_WIDTH,)
    assert embedding.faces.shape == (0, FACE_WIDTH)
    assert embedding.scores.shape == embedding.areas.shape == embedding.sides.shape == (0,)


def test_each_face_has_its_features_score_and_size(reader, bundle):
    pixels = picture(192, 192, (24, 24, 24), (120, 96, 24))
    (seen,) = reader.see([prepared(pixels, bundle)])
    count = len(seen.places)
    assert count >= 2
    embedding = seen.embedding
    assert embedding.faces.shape == (count, FACE_WIDTH)
    for row, place in enumerate(seen.places):
        left, top, right, bottom = place.box
        assert embedding.scores[row] == pytest.approx(place.score)
        assert embedding.areas[row] == pytest.approx((right - left) * (bottom - top), rel=1e-4)
        extent = max(right - left, bottom - top) * 192
        assert embedding.sides[row] == pytest.approx(extent, rel=1e-4)


def test_the_faces_features_are_those_of_their_upright_crops(reader, bundle):
    item = prepared(picture(192, 192, (24, 24, 24)), bundle)
    (seen,) = reader.see([item])
    crop = face_crop(item.look, seen.places[0], side=24)
    (expected,) = Network(bundle.graphs["expression"]).run(crop[None], "features")
    assert seen.embedding.faces[0] == pytest.approx(expected[0], abs=1e-5)


def test_the_grid_s_mean_is_the_scene(reader, bundle):
    items = [prepared(picture(64, 90, (8, 8, side)), bundle) for side in (20, 40)]
    for seen in reader.see(items, grid=True):
        assert seen.grid.shape == (8, 8, SCENE_WIDTH)
        assert seen.grid.mean(axis=(0, 1)) == pytest.approx(seen.embedding.scene, abs=1e-5)


def test_pictures_seen_together_are_seen_as_alone(reader, bundle):
    """More than one run of crops, and pictures with and without faces between each other."""
    spots = [(24 + 40 * column, 24 + 40 * row, 24) for column in range(4) for row in range(4)]
    arrays = [picture(192, 192), picture(192, 192, *spots), picture(40, 64), picture(99, 64)]
    items = [prepared(array, bundle) for array in arrays]
    together = reader.see(items)
    assert len(together[1].places) > 16
    for item, seen in zip(items, together, strict=True):
        (alone,) = reader.see([item])
        assert alone.places == seen.places
        assert np.array_equal(alone.embedding.scene, seen.embedding.scene)
        assert alone.embedding.faces == pytest.approx(seen.embedding.faces, abs=1e-5)


def test_nothing_to_see(reader):
    assert reader.see([]) == []


def test_a_crowd_is_read_up_to_64_faces(reader, bundle):
    pixels = np.full((192, 192, 3), 255, np.uint8)  # every cell a spot
    pixels[::8] = 0
    seen = reader.see([prepared(np.repeat(np.repeat(pixels, 4, 0), 4, 1), bundle)])[0]
    assert len(seen.places) <= 64
    assert seen.embedding.faces.shape == (len(seen.places), FACE_WIDTH)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2), (200, 8)])
def test_odd_shapes_are_seen(reader, bundle, shape):
    for value in (0, 255):
        pixels = np.full((*shape, 3), value, np.uint8)
        (seen,) = reader.see([prepared(pixels, bundle)])
        assert np.isfinite(seen.embedding.scene).all()
        assert np.isfinite(seen.embedding.faces).all()


def test_the_picture_looked_at_keeps_its_shape_and_is_never_enlarged(bundle):
    assert prepared(np.zeros((300, 600), np.uint8), bundle).look.shape == (96, 192, 3)
    assert prepared(np.zeros((50, 20), np.uint8), bundle).look.shape == (50, 20, 3)
    assert prepare_picture(from_array(np.zeros((9, 9), np.uint8)), Preprocessing()).look is None


def test_a_picture_prepared_for_one_view_is_refused(reader):
    size = Preprocessing(width=64, height=64)
    item = prepare_picture(from_array(np.zeros((9, 9), np.uint8)), size)
    with pytest.raises(UsageError, match="looks for no faces"):
        reader.see([item])


def test_a_model_of_one_view_is_refused():
    with pytest.raises(BundleError, match="one view"):
        ViewReader(read(FIXTURES / "v1-tiny.happysad"))
