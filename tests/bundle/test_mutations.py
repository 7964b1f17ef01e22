"""Whatever happens to a bundle's bytes: a BundleError, or the same bundle."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from happysad.bundle import container, document, graph
from happysad.bundle.archive import Bundle, read
from happysad.errors import BundleError

TINY = Path(__file__).parents[1] / "fixtures" / "v1-tiny.happysad"
GOOD = TINY.read_bytes()
MEMBERS = {name: bytes(data) for name, data in container.unpack(GOOD).items()}
MANIFEST: dict[str, Any] = json.loads(MEMBERS["manifest.json"])

places = st.integers(0, len(GOOD) - 1)
lengths = st.integers(1, 400)
quick = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def mutated(draw: st.DrawFn, data: bytes = GOOD) -> bytes:
    """Return bytes with a few flips, cuts, repeats, swaps or foreign pieces."""
    for _ in range(draw(st.integers(1, 3))):
        here, there = (draw(st.integers(0, max(len(data) - 1, 0))) for _ in range(2))
        length = draw(lengths)
        match draw(st.sampled_from(["flip", "cut", "truncate", "repeat", "swap", "insert"])):
            case "flip" if data:
                flipped = data[here] ^ 1 << draw(st.integers(0, 7))
                data = data[:here] + bytes([flipped]) + data[here + 1 :]
            case "cut":
                data = data[:here] + data[here + length :]
            case "truncate":
                data = data[:here]
            case "repeat":
                data = data[:here] + data[there : there + length] + data[here:]
            case "swap":
                data = data[:here] + data[there : there + length] + data[here + length :]
            case "insert":
                data = data[:here] + draw(st.binary(max_size=64)) + data[here:]
    return data


def outcome(path: Path, data: bytes) -> Bundle | None:
    path.write_bytes(data)
    try:
        return read(path)
    except BundleError:
        return None


@quick
@given(data=mutated())
def test_t21_mutated_files(data: bytes, tmp_path: Path) -> None:
    bundle = outcome(tmp_path / "m.happysad", data)
    assert bundle is None or (data == GOOD and bundle == read(TINY))


@quick
@given(data=mutated(MEMBERS["scene.onnx"]))
def test_t21_mutated_graphs_are_refused_or_harmless(data: bytes) -> None:
    try:
        facts = graph.inspect(data)
        graph.weights(data)
    except BundleError:
        return
    assert set(facts.operators) <= graph.OPERATORS
    assert facts.parameters * 2 <= len(data)


@quick
@given(data=mutated(MEMBERS["manifest.json"]))
def test_t21_mutated_manifests_in_a_sound_file(data: bytes, tmp_path: Path) -> None:
    """Somebody who writes the digests anew gets no further than the fields allow."""
    packed = b"".join(container.pack(MEMBERS | {"manifest.json": data}))
    bundle = outcome(tmp_path / "m.happysad", packed)
    if bundle is not None:
        assert document.from_json(document.to_json(bundle.manifest)) == bundle.manifest


odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["../x", "/x", "a\0b", "\udcff", "9" * 400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@quick
@given(name=st.sampled_from(sorted(MANIFEST)), value=odd_values)
def test_t21_odd_values_in_a_sound_file(name: str, value: object, tmp_path: Path) -> None:
    text = json.dumps(MANIFEST | {name: value}).encode()
    packed = b"".join(container.pack(MEMBERS | {"manifest.json": text}))
    bundle = outcome(tmp_path / "m.happysad", packed)
    if bundle is not None:
        assert set(bundle.graphs) == {"scene"}
        assert len(bundle.golden) == len(bundle.manifest.golden)


TWO_VIEW = container.unpack(TINY.with_name("tiny-two-view.happysad").read_bytes())
VIEWS: dict[str, Any] = json.loads(bytes(TWO_VIEW["manifest.json"]))


@quick
@given(
    path=st.sampled_from(
        [
            ("heads",),
            ("fusion",),
            ("off_topic_above",),
            ("heads", "scene"),
            ("heads", "faces", "weights"),
            ("heads", "faces", "bias"),
            ("fusion", "crowd"),
            ("preprocessing", "look"),
        ]
    ),
    value=odd_values,
)
def test_t21_odd_values_of_two_views(path: tuple[str, ...], value: object) -> None:
    table = json.loads(json.dumps(VIEWS))
    place = table
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    try:
        manifest = document.from_json(json.dumps(table).encode())
    except BundleError:
        return
    assert document.from_json(document.to_json(manifest)) == manifest


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "C:\\x", "scene.onnx/", "con", "./scene.onnx"]
)
def test_t21_path_tricks(name: str, tmp_path: Path) -> None:
    members = {name if old == "scene.onnx" else old: data for old, data in MEMBERS.items()}
    table = json.loads(MEMBERS["manifest.json"])
    table["graphs"]["scene"]["file"] = name
    members["manifest.json"] = json.dumps(table).encode()
    assert outcome(tmp_path / "m.happysad", b"".join(container.pack(members))) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.happysad"]


def test_t21_refusing_costs_little_memory(tmp_path: Path) -> None:
    """Claims of gigabytes are refused before anything is made of them."""
    claims = bytearray(GOOD)
    claims[18:26] = b"\xf0\xff\xff\x7f" * 2
    deep = MEMBERS | {"manifest.json": b"[" * 1_000_000}
    tracemalloc.start()
    assert outcome(tmp_path / "a.happysad", bytes(claims)) is None
    assert outcome(tmp_path / "b.happysad", b"".join(container.pack(deep))) is None
    assert outcome(tmp_path / "c.happysad", b"PK\x03\x04" * 500_000) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000
