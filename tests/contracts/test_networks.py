"""What every network promises to the rest of training."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from happysad.bundle.graph import inspect
from happysad.errors import UsageError
from happysad.training.networks import NETWORKS, find_network
from happysad.training.onnx_writer import write_onnx

NAMES = sorted(NETWORKS)


@pytest.mark.parametrize("name", NAMES)
def test_takes_pictures_and_gives_probabilities_that_the_graph_gives_too(name: str) -> None:
    network = find_network(name)
    size = network.preprocessing
    model = network.build(("happy", "sad"), seed=1)
    pixels = np.random.default_rng(0).integers(0, 256, (3, size.height, size.width, 3), np.uint8)
    answers = np.asarray(model.predict_on_batch(pixels.astype(np.float32)))
    assert answers.shape == ((3, 1) if network.output == "sigmoid" else (3, 2))
    assert ((answers >= 0) & (answers <= 1)).all()
    graph = write_onnx(model, input_dtype=network.pixel_dtype)
    facts = inspect(graph)
    assert [port.name for port in facts.inputs] == ["pixels"]
    assert [port.name for port in facts.outputs] == ["probability"]
    session = onnxruntime.InferenceSession(graph)
    given = pixels.astype(network.pixel_dtype)
    assert session.run(None, {"pixels": given})[0] == pytest.approx(answers, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_the_initial_weights(name: str) -> None:
    network = find_network(name)
    first, same, other = (
        np.concatenate([w.numpy().ravel() for w in network.build(("a", "b"), seed=s).weights])
        for s in (1, 1, 2)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", NAMES)
def test_describes_itself(name: str) -> None:
    network = find_network(name)
    assert network.name == name
    assert network.summary
    assert network.learning_rate > 0
    if network.output == "sigmoid":
        with pytest.raises(UsageError, match="exactly two classes"):
            network.build(("a", "b", "c"), seed=1)


def test_seed_is_the_network_of_the_write_up() -> None:
    model = find_network("seed").build(("happy", "sad"), seed=1)
    assert model.count_params() == 3_696_625
    assert model.input_shape == (None, 256, 256, 3)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        "Rescaling",
        *["Conv2D", "MaxPooling2D"] * 3,
        "Flatten",
        "Dense",
        "Dense",
    ]
    convolutions = [layer for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert [(c.filters, c.kernel_size, c.strides) for c in convolutions] == [
        (count, (3, 3), (1, 1)) for count in (16, 32, 16)
    ]
    first, last = model.layers[-2:]
    assert (first.units, first.activation.__name__) == (256, "relu")
    assert (last.units, last.activation.__name__) == (1, "sigmoid")


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"one of: .*seed.*'sead'"):
        find_network("sead")
