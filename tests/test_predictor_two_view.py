"""A model of two views answers like any other, and says what each view saw."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bright_spots import picture
from happysad.bundle.archive import Bundle, read
from happysad.errors import BundleError, UsageError
from happysad.faces.views import ViewReader
from happysad.faces.weighing import Weigher
from happysad.judge.calibration import apply_temperature
from happysad.pictures.decode import from_array
from happysad.pictures.prepared import prepare_picture
from happysad.predictor import Predictor, load, with_golden
from happysad.records import Prediction
from happysad.sources.expand import Source

FIXTURES = Path(__file__).parent / "fixtures"
TINY = FIXTURES / "tiny-two-view.happysad"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read(TINY)


@pytest.fixture(scope="module")
def predictor(bundle: Bundle) -> Predictor:
    return Predictor(bundle)


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return picture files with none to four faces; the third is no picture."""
    paths = []
    for count in range(5):
        spots = [(8 + 44 * spot, 60, 24) for spot in range(count)]
        paths.append(tmp_path / f"{count}.png")
        paths[-1].write_bytes(png(picture(180, 192, *spots)))
    paths[2].write_bytes(b"nothing of the kind")
    return paths


def one(predictor: Predictor, x: object) -> Prediction:
    answer = predictor.predict(x)
    assert isinstance(answer, Prediction)
    return answer


def test_t23_golden_answers_hold_with_a_face_among_them(bundle: Bundle) -> None:
    assert load(TINY, verify=True).verify() <= 1e-6
    fresh = with_golden(replace(bundle, golden=()))
    assert len(fresh.golden) == 4  # the three waves, and a drawn face
    assert fresh.golden == bundle.golden


def test_every_kind_of_input_gives_the_same_answer(predictor: Predictor, tmp_path: Path) -> None:
    pixels = picture(180, 192, (40, 60, 24))
    path = tmp_path / "face.png"
    path.write_bytes(png(pixels))
    expected = one(predictor, path)
    assert expected.faces
    for x in (str(path), path.read_bytes(), Image.open(path), pixels):
        assert replace(one(predictor, x), source="") == replace(expected, source="")


def test_the_answer_is_that_of_the_views_and_the_temperature(
    predictor: Predictor, bundle: Bundle
) -> None:
    pixels = picture(180, 192, (40, 60, 24))
    item = prepare_picture(from_array(pixels), bundle.manifest.preprocessing)
    (seen,) = ViewReader(bundle).see([item])
    raw = Weigher(bundle.manifest).probabilities([seen.embedding])
    expected = apply_temperature(raw, bundle.manifest.temperature)[0]
    answer = one(predictor, pixels)
    assert list(answer.probabilities.values()) == pytest.approx(expected)
    assert [face.box for face in answer.faces] == [place.box for place in seen.places]
    assert answer.views is not None
    assert answer.views.scene_share + answer.views.faces_share == pytest.approx(1)
    assert answer.as_dict()["views"]["sentence"] == answer.views.sentence


def test_files_in_order_with_their_errors(predictor: Predictor, files: list[Path]) -> None:
    answers = predictor.predict(files)
    assert isinstance(answers, list)
    assert [answer.source for answer in answers] == [str(file) for file in files]
    assert answers[2].error is not None
    assert answers[2].views is None
    assert answers[0].faces == ()
    assert answers[4].faces
    for file, answer in zip(files, answers, strict=True):
        if answer.error is None:
            alone = one(predictor, file)
            assert alone.faces == answer.faces
            assert alone.probabilities == pytest.approx(answer.probabilities, abs=1e-6)


def test_what_is_probably_neither_is_unsure(bundle: Bundle) -> None:
    x = picture(64, 64, (20, 20, 24))
    surely = replace(bundle.manifest, unsure_below=0.0, off_topic_above=1.0)
    answer = one(Predictor(replace(bundle, manifest=surely)), x)
    assert answer.verdict == answer.label
    assert answer.off_topic is not None
    assert 0 < answer.off_topic < 1
    for above, verdict in (
        (answer.off_topic - 0.01, "unsure"),
        (answer.off_topic + 0.01, answer.label),
    ):
        manifest = replace(surely, off_topic_above=above)
        assert one(Predictor(replace(bundle, manifest=manifest)), x).verdict == verdict


def test_a_model_without_that_head_never_says_so(bundle: Bundle) -> None:
    heads = {name: bundle.manifest.heads[name] for name in ("scene", "faces")}
    manifest = replace(bundle.manifest, heads=heads, off_topic_above=0.0, unsure_below=0.0)
    answer = one(Predictor(replace(bundle, manifest=manifest)), picture(64, 64))
    assert answer.off_topic is None
    assert answer.verdict == answer.label


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (37, 5), (64, 64)])
def test_odd_pictures_are_answered(predictor: Predictor, shape: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)
    for pixels in (np.full(shape, 128, np.uint8), generator.integers(0, 256, (*shape, 4))):
        answer = one(predictor, pixels.astype(np.uint8))
        assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_whole_pictures_are_needed(predictor: Predictor) -> None:
    with pytest.raises(UsageError, match="two views"):
        predictor.probabilities(np.zeros((1, 64, 64, 3), np.uint8))


def test_explanations_hold_what_was_looked_at(predictor: Predictor, files: list[Path]) -> None:
    sources = [Source(str(file), "file") for file in files]
    explanations = list(predictor.explain_many(sources))
    assert [item.prediction for item in explanations] == predictor.predict(files)
    assert explanations[2].pixels is explanations[2].scene_map is None
    for item in explanations[:2]:
        assert item.pixels is not None
        assert item.pixels.shape == (180, 192, 3)
        assert item.scene_map is not None
        assert item.scene_map.shape == (8, 8)
        scene = item.prediction.views
        assert scene is not None
        assert 1 / (1 + np.exp(-item.scene_map.mean())) == pytest.approx(scene.scene, abs=1e-5)


def test_one_view_cannot_explain() -> None:
    with pytest.raises(UsageError, match="cannot explain"):
        load(FIXTURES / "v1-tiny.happysad").explain_many([])


def test_numbers_that_are_not_finite_are_an_error(bundle: Bundle) -> None:
    onnx = pytest.importorskip("onnx")
    for name in ("scene", "finder", "expression"):
        model = onnx.load_from_string(bundle.graphs[name])
        for tensor in model.graph.initializer:
            if tensor.data_type == onnx.TensorProto.FLOAT:
                values = onnx.numpy_helper.to_array(tensor) * np.float32(np.nan)
                tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
        bad = Predictor(replace(bundle, graphs={**bundle.graphs, name: model.SerializeToString()}))
        with pytest.raises(BundleError, match="not finite"):
            bad.predict(picture(180, 192, (40, 60, 24)))


@pytest.mark.parametrize(
    ("name", "output", "axis"),
    [
        ("scene", "features", 1),
        ("scene", "features", 0),
        ("scene", "grid", 3),
        ("expression", "features", 0),
        ("expression", "features", 1),
        ("finder", "scores", 1),
        ("finder", "boxes", 1),
        ("finder", "boxes", 2),
    ],
)
def test_t21_a_graph_that_gives_another_shape_than_it_says_is_an_error(
    bundle: Bundle, name: str, output: str, axis: int
) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(bundle.graphs[name])
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = ["half" if one == output else one for one in names]
    twice = onnx.helper.make_node("Concat", ["half", "half"], [output], axis=axis)
    model.graph.node.append(twice)
    graphs = {**bundle.graphs, name: model.SerializeToString()}
    bad = Predictor(replace(bundle, graphs=graphs))
    look = prepare_picture(
        from_array(picture(180, 192, (40, 60, 24))), bundle.manifest.preprocessing
    )
    with pytest.raises(BundleError, match=r"not as it says|not one for each anchor"):
        bad.answer([look], explain=True)


def test_a_model_of_one_view_pays_nothing_for_faces() -> None:
    code = (
        "import sys; from happysad.predictor import load; "
        f"load({str(FIXTURES / 'v1-tiny.happysad')!r}, verify=True); "
        "heavy = ('happysad.faces', 'happysad.drawn'); "
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"
