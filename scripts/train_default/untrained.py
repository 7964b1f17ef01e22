"""The same two views before they have seen a web picture: what a benchmark may start from.

The scene is the backbone as ImageNet left it, the faces are read by the network that learned six
expressions from FER2013 alone. Heads trained on a folder with this base owe nothing to
``data/web``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import backbone
import expression
import numpy as np
import package
import views

from happysad.bundle.manifest import FUSION_TERMS, Head

if TYPE_CHECKING:
    from collections.abc import Mapping

    import keras
    from numpy.typing import NDArray

    from happysad.bundle.archive import Bundle

_NOTES = (
    "A base for benchmarks: ImageNet features of the scene and six expressions learned from "
    "FER2013. Its scene says nothing and its faces say what FER2013 calls happy or sad; train "
    "heads on a folder before asking it."
)


def untrained_bundle(
    tensors: Mapping[str, NDArray[np.generic]], six: keras.Model, finder: bytes
) -> Bundle:
    """Return the base as a bundle that answers from the faces alone.

    Args:
        tensors: the backbone's ImageNet weights.
        six: the network of six expressions.
        finder: the face finder's graph.
    """
    front, tail = backbone.front(), backbone.tail()
    backbone.load_imagenet(front, tensors)
    backbone.load_imagenet(tail, tensors)
    upper = expression.upper(len(expression.EXPRESSIONS))
    backbone.take_over(upper, six)
    graphs = {
        "scene": package.scene_graph(front, tail, views.JUDGED_SIDE),
        "expression": package.expression_graph(expression.lower(six), upper, expression.SIDE),
        "finder": finder,
    }
    happy, sad = (expression.EXPRESSIONS.index(name) for name in ("happy", "sad"))
    layer = six.get_layer(f"face_logits{len(expression.EXPRESSIONS)}")
    heads = {
        "scene": Head((0.0,) * backbone.FEATURES, 0.0),
        "faces": package.head(layer, sad, less=happy),
    }
    fusion = np.array([float(name == "faces") for name in FUSION_TERMS])
    reading = package.Reading(heads=heads, fusion=fusion)
    return package.make_bundle(
        graphs, reading, package.Origin(name="imagenet-fer2013", notes=_NOTES)
    )
