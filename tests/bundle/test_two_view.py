"""A bundle of two views is read as strictly as one of one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

from happysad.bundle import document, graph, ports
from happysad.bundle.archive import Bundle, read, write
from happysad.bundle.manifest import FUSION_TERMS, MAX_WIDTH, Head, Manifest
from happysad.config import Preprocessing
from happysad.errors import BundleError, UsageError

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read(FIXTURES / "tiny-two-view.happysad")


@pytest.fixture
def table(bundle: Bundle) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(document.to_json(bundle.manifest))
    return value


def parse(table: dict[str, Any]) -> Manifest:
    return document.from_json(json.dumps(table).encode())


def changed(table: dict[str, Any], *path: str, value: Any = None) -> dict[str, Any]:
    """Return the table with one inner value replaced; without a value, removed."""
    copy: dict[str, Any] = json.loads(json.dumps(table))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


def test_what_was_written_is_read(bundle: Bundle, tmp_path: Path) -> None:
    written = write(tmp_path / "again.happysad", bundle)
    assert written == bundle
    assert (tmp_path / "again.happysad").read_bytes() == (
        FIXTURES / "tiny-two-view.happysad"
    ).read_bytes()


def test_what_one_view_writes_has_nothing_of_two() -> None:
    old = read(FIXTURES / "v1-tiny.happysad").manifest
    written = json.loads(document.to_json(old))
    assert not {"heads", "fusion", "off_topic_above"} & set(written)
    assert "look" not in written["preprocessing"]


def test_every_field_of_two_views_is_needed(table: dict[str, Any]) -> None:
    for name in ("heads", "fusion", "off_topic_above"):
        with pytest.raises(BundleError, match=f"'{name}'"):
            parse(changed(table, name))
    for term in FUSION_TERMS:
        with pytest.raises(BundleError, match=f"'{term}'"):
            parse(changed(table, "fusion", term))
    for name in ("scene", "faces"):
        with pytest.raises(BundleError, match="heads"):
            parse(changed(table, "heads", name))
    assert "off_topic" not in parse(changed(table, "heads", "off_topic")).heads


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("heads", "surprise"), {"weights": [1.0], "bias": 0.0}),
        (("heads", "scene", "surprise"), 1),
        (("heads", "scene", "weights"), []),
        (("heads", "scene", "weights"), [0.0] * (MAX_WIDTH + 1)),
        (("heads", "scene", "weights"), ["1"]),
        (("heads", "scene", "weights"), [True]),
        (("heads", "scene", "weights"), [10**400]),
        (("heads", "scene", "bias"), "0"),
        (("heads", "off_topic", "weights"), [0.0]),
        (("heads", "faces"), [0.0]),
        (("fusion", "surprise"), 1.0),
        (("fusion", "bias"), True),
        (("off_topic_above",), 1.5),
        (("off_topic_above",), -0.1),
        (("output",), "softmax"),
        (("classes",), ["happy", "sad", "angry"]),
        (("preprocessing", "look"), 63),
        (("preprocessing", "look"), 2049),
        (("preprocessing", "look"), -1),
        (("preprocessing", "look"), 768.0),
        (("preprocessing", "resample"), "point"),
        (("preprocessing", "fit"), "crop"),
        (("kind",), "scene"),
    ],
)
def test_t21_two_views_out_of_range_are_refused(
    table: dict[str, Any], path: tuple[str, ...], value: Any
) -> None:
    with pytest.raises(BundleError):
        parse(changed(table, *path, value=value))


def test_t21_numbers_that_are_none_are_refused(table: dict[str, Any]) -> None:
    text = json.dumps(changed(table, "heads", "scene", "bias", value="?"))
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        with pytest.raises(BundleError):
            document.from_json(text.replace('"?"', number).encode())


def test_faces_are_looked_for_by_two_views_alone(table: dict[str, Any]) -> None:
    with pytest.raises(BundleError, match="look"):
        parse(changed(table, "preprocessing", "look"))


def test_a_wrong_head_cannot_be_made(bundle: Bundle) -> None:
    for weights, bias in (((), 0.0), ((float("nan"),), 0.0), ((1.0,), float("inf"))):
        with pytest.raises(UsageError):
            Head(weights, bias)
    one_view = read(FIXTURES / "v1-tiny.happysad").manifest
    heads = bundle.manifest.heads
    for changes in ({"heads": heads}, {"fusion": bundle.manifest.fusion}, {"off_topic_above": 0.5}):
        with pytest.raises(UsageError, match="'scene'"):
            replace(one_view, **changes)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="finite"):
        replace(bundle.manifest, fusion=dict.fromkeys(FUSION_TERMS, float("nan")))


def test_heads_of_another_width_than_the_graph_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    manifest = bundle.manifest
    wrong = {
        "scene": {"scene": Head((1.0,) * 15, 0.0), "faces": manifest.heads["faces"]},
        "expression": {"scene": manifest.heads["scene"], "faces": Head((1.0,) * 9, 0.0)},
    }
    for name, heads in wrong.items():
        bad = replace(bundle, manifest=replace(manifest, heads=heads))
        with pytest.raises(BundleError, match=f"graph '{name}' should give 'features'"):
            write(tmp_path / "bad.happysad", bad)


def test_another_size_than_the_graph_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    size = Preprocessing(width=96, height=64, look=192)
    bad = replace(bundle, manifest=replace(bundle.manifest, preprocessing=size))
    with pytest.raises(BundleError, match="graph 'scene' should take 'pixels'"):
        write(tmp_path / "bad.happysad", bad)


@pytest.mark.parametrize("name", ["scene", "expression", "finder"])
def test_t21_a_graph_in_another_s_place_is_refused(
    bundle: Bundle, name: str, tmp_path: Path
) -> None:
    for other in {"scene", "expression", "finder"} - {name}:
        graphs = {**bundle.graphs, name: bundle.graphs[other]}
        with pytest.raises(BundleError, match=f"'{name}'"):
            write(tmp_path / "bad.happysad", replace(bundle, graphs=graphs))


@pytest.mark.parametrize("name", ["scene", "expression", "finder"])
def test_t21_a_missing_or_additional_graph_is_refused(
    bundle: Bundle, name: str, tmp_path: Path
) -> None:
    less = {key: onnx for key, onnx in bundle.graphs.items() if key != name}
    more = {**bundle.graphs, "more": bundle.graphs[name]}
    for graphs in (less, more):
        with pytest.raises(BundleError, match="holds the graphs expression, finder, scene"):
            write(tmp_path / "bad.happysad", replace(bundle, graphs=graphs))


def resized(scales: list[float], *, computed: bool = False) -> bytes:
    """Return a graph that resizes its input."""
    port = helper.make_tensor_value_info
    takes = ["pixels", "", "pixels" if computed else "scales"]
    made = helper.make_graph(
        [helper.make_node("Resize", takes, ["y"], mode="linear")],
        "resized",
        [port("pixels", TensorProto.FLOAT, ["N", "C", "H", "W"])],
        [port("y", TensorProto.FLOAT, ["N", "C", "H", "W"])],
        [helper.make_tensor("scales", TensorProto.FLOAT, [len(scales)], scales)],
    )
    return bytes(helper.make_model(made).SerializeToString())


def test_a_resize_by_a_few_times_passes() -> None:
    assert graph.inspect(resized([1, 1, 2, 2])).operators == {"Resize": 1}


def test_t21_a_resize_without_bounds_is_refused() -> None:
    for onnx in (
        resized([1, 1, 64, 64]),
        resized([1, 1, float("nan"), 2]),
        resized([1, 1, 0, 2]),
        resized([1, 1, 2, 2], computed=True),
    ):
        with pytest.raises(BundleError, match=r"resizes|enlarges"):
            graph.inspect(onnx)


def test_each_port_is_held_against_the_manifest(bundle: Bundle) -> None:
    facts = {name: graph.inspect(onnx) for name, onnx in bundle.graphs.items()}
    ports.check(bundle.manifest, facts)
    for name, fact in facts.items():
        for field in ("inputs", "outputs"):
            first = getattr(fact, field)[0]
            for port in (
                replace(first, name="other"),
                replace(first, dtype="<i8"),
                replace(first, shape=(*first.shape, 1)),
            ):
                others = getattr(fact, field)[1:]
                bad = replace(fact, **{field: (port, *others)})
                with pytest.raises(BundleError, match=f"'{name}'"):
                    ports.check(bundle.manifest, {**facts, name: bad})
