"""An ONNX graph under construction.

Keras keeps channels last, ONNX computes with channels first. A tensor here knows how it lies, and
is transposed when, and only when, an operation needs it the other way; a chain of convolutions
and poolings is transposed once at its start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.training.engine import load_onnx

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 20
IR_VERSION = 9


@dataclass(frozen=True, slots=True)
class Tensor:
    """A value in the graph.

    Attributes:
        name: its name there.
        rank: number of axes, the batch included.
        channels_first: whether the last axis of Keras is the second one here.
    """

    name: str
    rank: int
    channels_first: bool = False

    @property
    def channel_axis(self) -> int:
        """Where Keras' last axis lies."""
        return 1 if self.channels_first else self.rank - 1


class GraphBuilder:
    """Collects nodes and weights."""

    def __init__(self) -> None:
        self._onnx = load_onnx()
        self._nodes: list[Any] = []
        self._initializers: dict[str, NDArray[Any]] = {}

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node with one output, and return that output's name."""
        name = output or f"{operator.lower()}_{len(self._nodes)}"
        node = self._onnx.helper.make_node(operator, list(inputs), [name], name, **attributes)
        self._nodes.append(node)
        return name

    def weight(self, name: str, array: NDArray[Any]) -> str:
        """Add a named weight once, and return its name."""
        self._initializers[name] = array
        return name

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """Add a nameless array, and return the name it gets."""
        return self.weight(f"constant_{len(self._initializers)}", np.asarray(values, dtype))

    def channels_first(self, tensor: Tensor) -> Tensor:
        """Return the tensor as convolutions take it; only rank 4 has a layout."""
        if tensor.channels_first or tensor.rank != 4:
            return tensor
        return Tensor(self.add("Transpose", tensor.name, perm=[0, 3, 1, 2]), 4, True)

    def channels_last(self, tensor: Tensor) -> Tensor:
        """Return the tensor as Keras has it."""
        if not tensor.channels_first:
            return tensor
        return Tensor(self.add("Transpose", tensor.name, perm=[0, 2, 3, 1]), 4)

    def serialize(
        self, inputs: tuple[str, str, list[Any]], outputs: tuple[str, list[Any]], about: str
    ) -> bytes:
        """Return the checked graph as bytes.

        Args:
            inputs: name, dtype and shape of the one input.
            outputs: name and shape of the one output, float32.
            about: kept in the model's metadata under ``keras``.
        """
        onnx = self._onnx
        kinds = {"uint8": onnx.TensorProto.UINT8, "float32": onnx.TensorProto.FLOAT}
        name, dtype, shape = inputs
        graph = onnx.helper.make_graph(
            self._nodes,
            "scene",
            [onnx.helper.make_tensor_value_info(name, kinds[dtype], shape)],
            [onnx.helper.make_tensor_value_info(outputs[0], kinds["float32"], outputs[1])],
            [onnx.numpy_helper.from_array(item, key) for key, item in self._initializers.items()],
        )
        opset = onnx.helper.make_opsetid("", OPSET)
        model = onnx.helper.make_model(
            graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="happysad"
        )
        onnx.helper.set_model_props(model, {"keras": about})
        onnx.checker.check_model(model)
        data: bytes = model.SerializeToString(deterministic=True)
        return data
