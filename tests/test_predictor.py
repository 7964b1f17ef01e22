"""A saved model answers the same way for every kind of input, and says so when it cannot."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from happysad.bundle.archive import Bundle, read, write
from happysad.bundle.manifest import TrainedPicture
from happysad.config import FetchOptions, Limits, Preprocessing
from happysad.errors import BundleError, PictureError, SourceError, UsageError
from happysad.pictures.decode import decode
from happysad.pictures.prepare import prepare
from happysad.pictures.signature import signature, to_hex
from happysad.predictor import Predictor, load, with_golden
from happysad.records import Prediction
from happysad.sources.expand import Source, expand

TINY = Path(__file__).parent / "fixtures" / "v1-tiny.happysad"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read(TINY)


@pytest.fixture(scope="module")
def predictor(bundle: Bundle) -> Predictor:
    return Predictor(bundle)


def image(seed: int = 1, size: tuple[int, int] = (90, 60)) -> Image.Image:
    generator = np.random.default_rng(seed)
    small = Image.fromarray(generator.integers(0, 256, (6, 9, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def png(seed: int = 1) -> bytes:
    file = io.BytesIO()
    image(seed).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Return 20 picture files; the second is no picture, the last does not exist."""
    paths = [tmp_path / f"{number:02d}.png" for number in range(20)]
    for number, path in enumerate(paths[:-1]):
        path.write_bytes(png(number))
    paths[1].write_bytes(b"")
    return paths


def one(answer: Prediction | list[Prediction]) -> Prediction:
    assert isinstance(answer, Prediction)
    return answer


def many(answer: Prediction | list[Prediction]) -> list[Prediction]:
    assert isinstance(answer, list)
    return answer


# --- one picture ---------------------------------------------------------------------------


def test_t23_a_version_1_bundle_gives_the_same_numbers_as_when_it_was_made() -> None:
    predictor = load(TINY, verify=True)
    assert predictor.verify() <= 1e-6
    known = [golden.probabilities for golden in predictor.manifest.golden]
    expected = [[0.0454406, 0.9545594], [0.0330841, 0.9669159], [0.0827597, 0.9172403]]
    np.testing.assert_allclose(known, expected, atol=1e-6)


def test_every_kind_of_input_gives_the_same_answer(predictor: Predictor, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png())
    pixels = np.asarray(image())
    kinds = [path, str(path), png(), bytearray(png()), memoryview(png()), image(), pixels]
    answers = [one(predictor.predict(kind)) for kind in kinds]
    assert len({json.dumps(answer.as_dict()["probabilities"]) for answer in answers}) == 1
    assert [answer.source for answer in answers] == [str(path)] * 2 + ["bytes"] * 3 + ["array"] * 2
    assert answers[0].error is None
    assert answers[0].faces == ()
    assert sum(answers[0].probabilities.values()) == pytest.approx(1)


def test_grey_and_transparent_arrays(predictor: Predictor) -> None:
    grey = np.asarray(image().convert("L"))
    colours = np.stack([grey] * 3, axis=-1)
    clear = np.dstack([colours, np.full_like(grey, 255)])
    answers = [one(predictor.predict(array)).probabilities for array in (grey, colours, clear)]
    assert answers[0] == answers[1] == answers[2]


def test_probabilities_are_those_of_the_graph_and_the_temperature(
    predictor: Predictor, bundle: Bundle
) -> None:
    pixels = prepare(decode(png()), bundle.manifest.preprocessing)[None]
    hot = predictor.probabilities(pixels)
    manifest = replace(bundle.manifest, temperature=1.0)
    raw = Predictor(replace(bundle, manifest=manifest)).probabilities(pixels)
    np.testing.assert_allclose(np.log(raw / raw[:, ::-1]) / 1.5, np.log(hot / hot[:, ::-1]))
    assert hot.dtype == np.float64
    np.testing.assert_allclose(hot.sum(axis=1), 1)


def test_imported_models_get_their_pixels_unrounded(bundle: Bundle) -> None:
    size = replace(bundle.manifest.preprocessing, resample="point")
    manifest = replace(bundle.manifest, preprocessing=size)
    imported = Predictor(replace(bundle, manifest=manifest))
    pixels = prepare(decode(png()), size)[None]
    assert pixels.dtype == np.float32
    answer = list(one(imported.predict(png())).probabilities.values())
    assert answer == pytest.approx(imported.probabilities(pixels)[0], abs=1e-7)
    assert answer != pytest.approx(imported.probabilities(pixels.round())[0], abs=1e-7)


def test_below_the_threshold_the_verdict_is_unsure(bundle: Bundle) -> None:
    for threshold, sure in ((0.0, True), (1.0, False)):
        manifest = replace(bundle.manifest, unsure_below=threshold)
        answer = one(Predictor(replace(bundle, manifest=manifest)).predict(png()))
        assert answer.label in {"happy", "sad"}
        assert answer.verdict == (answer.label if sure else "unsure")


def test_the_size_of_a_batch_does_not_matter(predictor: Predictor, bundle: Bundle) -> None:
    size = bundle.manifest.preprocessing
    pixels = np.stack([prepare(decode(png(seed)), size) for seed in range(19)])
    together = predictor.probabilities(pixels)
    alone = np.concatenate([predictor.probabilities(row[None]) for row in pixels])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert predictor.probabilities(pixels[:0]).shape == (0, 2)


def test_pixels_of_another_shape_are_refused(predictor: Predictor) -> None:
    for shape in ((32, 32, 3), (1, 32, 32), (1, 16, 32, 3), (1, 32, 32, 4)):
        with pytest.raises(UsageError, match="must have the shape"):
            predictor.probabilities(np.zeros(shape, np.uint8))


def test_one_failing_picture_raises_with_its_name(predictor: Predictor, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as missing:
        predictor.predict(tmp_path / "none.jpg")
    assert missing.value.code == "missing"
    assert missing.value.source == str(tmp_path / "none.jpg")
    with pytest.raises(PictureError) as empty:
        predictor.predict(b"")
    assert empty.value.code == "zero_bytes"
    with pytest.raises(PictureError) as folder:
        predictor.predict(tmp_path)
    assert folder.value.code == "not_a_file"


@pytest.mark.parametrize("x", [None, 3, 1.5, object(), np.zeros((4, 4, 3)), np.zeros(3, np.uint8)])
def test_what_is_no_picture_is_a_usage_error(predictor: Predictor, x: object) -> None:
    with pytest.raises(UsageError, match="must be"):
        predictor.predict(x)


# --- several pictures ----------------------------------------------------------------------


def test_t08_a_list_of_files_in_order_with_its_errors(
    predictor: Predictor, pictures: list[Path]
) -> None:
    answers = many(predictor.predict(pictures))
    assert [answer.source for answer in answers] == [str(path) for path in pictures]
    errors = {number: a.error["code"] for number, a in enumerate(answers) if a.error}
    assert errors == {1: "zero_bytes", 19: "missing"}
    assert answers[1].label is None
    assert answers[1].verdict is None
    assert answers[1].probabilities == {}
    for path, answer in list(zip(pictures, answers, strict=True))[2:5]:
        alone = one(predictor.predict(path))
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_mixed_kinds_and_stacks_of_arrays(predictor: Predictor, pictures: list[Path]) -> None:
    mixed = [pictures[0], png(2), image(3), np.asarray(image(4)), b"broken", "nowhere.jpg"]
    answers = many(predictor.predict(item for item in mixed))
    codes = [answer.error and answer.error["code"] for answer in answers]
    assert codes == [None] * 4 + ["unsupported_format", "missing"]
    stack = np.stack([np.asarray(image(seed)) for seed in range(10)])
    assert len(many(predictor.predict(stack))) == 10
    assert many(predictor.predict([])) == []


def test_sources_are_taken_as_they_are_needed(predictor: Predictor, pictures: list[Path]) -> None:
    taken = 0

    def endless() -> Iterator[Source]:
        nonlocal taken
        while True:
            taken += 1
            yield Source(str(pictures[0]), "file")

    answers = predictor.predict_many(endless(), workers=1)
    for _ in range(20):
        assert next(answers).error is None
    answers.close()  # type: ignore[attr-defined]
    assert taken < 500


def test_one_source_and_none(predictor: Predictor, pictures: list[Path]) -> None:
    single = list(predictor.predict_many(expand([pictures[1]])))
    assert [answer.error and answer.error["code"] for answer in single] == ["zero_bytes"]
    assert list(predictor.predict_many([])) == []


def test_limits_reach_the_decoder(predictor: Predictor, pictures: list[Path]) -> None:
    limits = Limits(max_pixels=100)
    with pytest.raises(PictureError, match="too_many_pixels"):
        predictor.predict(pictures[0], limits=limits)
    answers = predictor.predict_many(expand(pictures[2:4]), limits=limits)
    assert {answer.error and answer.error["code"] for answer in answers} == {"too_many_pixels"}


def test_t16_a_refused_address_is_one_item(predictor: Predictor, pictures: list[Path]) -> None:
    mixed = [str(pictures[0]), "http://127.0.0.1:1/x.jpg", str(pictures[2])]
    answers = many(predictor.predict(mixed))
    assert [answer.error and answer.error["code"] for answer in answers] == [
        None,
        "url_refused",
        None,
    ]
    with pytest.raises(SourceError):
        predictor.predict(
            "http://127.0.0.1:1/x.jpg", fetch_options=FetchOptions(allow_private=True, seconds=2)
        )


class _Pictures(BaseHTTPRequestHandler):
    """Serve one picture at /a.png, nothing elsewhere."""

    def do_GET(self) -> None:
        found = self.path.startswith("/a.png")
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(png())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """Return the address of a server on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pictures) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_t20_addresses_are_fetched_and_a_failed_one_is_one_item(
    predictor: Predictor, pictures: list[Path], address: str
) -> None:
    own = FetchOptions(allow_private=True)
    alone = one(predictor.predict(f"{address}/a.png?size=large", fetch_options=own))
    assert alone.source == f"{address}/a.png?size=large"
    assert alone.probabilities == one(predictor.predict(png())).probabilities
    mixed = [f"{address}/a.png", f"{address}/none.png", pictures[0]]
    answers = many(predictor.predict(mixed, fetch_options=own))
    assert [answer.error and answer.error["code"] for answer in answers] == [
        None,
        "fetch_failed",
        None,
    ]
    assert answers[0].probabilities == pytest.approx(alone.probabilities, abs=1e-6)


def test_t04_every_hostile_file_is_answered_or_has_an_error(
    shared_data: Path,
) -> None:
    program = """
import sys
from happysad.verbs.predict import predict, write_jsonl
folder, model = sys.argv[1:]
write_jsonl(predict(folder, model=model, recursive=True), sys.stdout)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, shared_data / "hostile", TINY],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    files = [path for path in (shared_data / "hostile").rglob("*") if path.is_file()]
    assert sorted(row["source"] for row in rows) == sorted(map(str, files))
    assert all((row["error"] is None) == (row["label"] is not None) for row in rows)
    assert sum(row["error"] is None for row in rows) > 300
    assert done.stderr == ""


# --- what it has seen ----------------------------------------------------------------------


def test_a_reencoded_training_picture_is_recognised(bundle: Bundle, tmp_path: Path) -> None:
    original = decode(png(5))
    known = TrainedPicture("happy/a.png", original.sha256, to_hex(signature(original.pixels)))
    seen = Predictor(replace(bundle, manifest=replace(bundle.manifest, training=(known,))))
    image(5).save(tmp_path / "renamed.jpg", quality=60)
    assert one(seen.predict(tmp_path / "renamed.jpg")).seen_in_training == "happy/a.png"
    assert one(seen.predict(png(5))).seen_in_training == "happy/a.png"
    assert one(seen.predict(png(6))).seen_in_training is None


# --- models that are not right -------------------------------------------------------------


def test_t23_other_golden_answers_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    first, *others = bundle.manifest.golden
    wrong = replace(first, probabilities=(0.5, 0.5))
    manifest = replace(bundle.manifest, golden=(wrong, *others))
    path = tmp_path / "wrong.happysad"
    write(path, replace(bundle, manifest=manifest))
    assert load(path).classes == ("happy", "sad")
    with pytest.raises(BundleError, match="answers differently"):
        load(path, verify=True)


def test_t23_golden_pictures_that_are_none(bundle: Bundle) -> None:
    broken = replace(bundle, golden=(b"x", *bundle.golden[1:]))
    with pytest.raises(BundleError, match="damaged"):
        Predictor(broken).verify()


def test_golden_answers_are_made_once_and_hold(bundle: Bundle) -> None:
    bare = replace(bundle, golden=(), manifest=replace(bundle.manifest, golden=()))
    assert Predictor(bare).verify() == 0.0
    fresh = with_golden(bare)
    assert Predictor(fresh).verify() <= 1e-6
    assert len(fresh.golden) == len(fresh.manifest.golden) == 3


def test_a_graph_that_the_runtime_refuses(
    bundle: Bundle, capfd: pytest.CaptureFixture[str]
) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(bundle.graphs["scene"])
    model.graph.node[2].input[0] = "nothing"
    with pytest.raises(BundleError, match="ONNX Runtime"):
        Predictor(replace(bundle, graphs={"scene": model.SerializeToString()}))
    out, err = capfd.readouterr()
    assert out == err == ""


def test_numbers_that_are_no_probabilities(bundle: Bundle) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(bundle.graphs["scene"])
    model.graph.node[-1].op_type = "Identity"  # logits instead of probabilities
    bad = Predictor(replace(bundle, graphs={"scene": model.SerializeToString()}))
    with pytest.raises(BundleError, match="no probabilities"):
        bad.predict(png())


def test_several_classes_and_whole_numbers_in(bundle: Bundle, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    helper, types = onnx.helper, onnx.TensorProto
    size = Preprocessing(width=16, height=8)
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=types.FLOAT),
        helper.make_node("ReduceMean", ["numbers"], ["colours"], axes=[1, 2], keepdims=0),
        helper.make_node("Softmax", ["colours"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("pixels", types.UINT8, ["N", 8, 16, 3])],
        [helper.make_tensor_value_info("probability", types.FLOAT, ["N", 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    manifest = replace(
        bundle.manifest,
        classes=("angry", "happy", "sad"),
        preprocessing=size,
        output="softmax",
        golden=(),
    )
    path = tmp_path / "three.happysad"
    write(path, Bundle(manifest, {"scene": model.SerializeToString()}))
    red = np.zeros((8, 16, 3), np.uint8)
    red[..., 0] = 200
    answer = one(load(path).predict(red))
    assert list(answer.probabilities) == ["angry", "happy", "sad"]
    assert answer.label == "angry"


def test_what_a_notebook_shows(bundle: Bundle) -> None:
    manifest = replace(bundle.manifest, name="<script>")
    shown = Predictor(replace(bundle, manifest=manifest))
    assert repr(shown) == "<Predictor '<script>': happy, sad; preset tiny>"
    assert "<script>" not in shown._repr_html_()
    assert "accuracy 0.500 [0.250, 0.750], n = 12" in shown._repr_html_()


def test_predicting_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    program = f"""
import sys
from happysad.predictor import load
load({str(TINY)!r}, verify=True).predict({str(tmp_path / "a.png")!r})
heavy = {{"keras", "tensorflow", "sklearn", "matplotlib", "onnx", "pyarrow", "jinja2", "httpcore2"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert done.stderr == ""
