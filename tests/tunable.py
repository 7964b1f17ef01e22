"""A base model whose scene can be fine-tuned: the real network at a small side, random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from happysad.bundle import archive
from happysad.bundle.archive import Bundle
from happysad.bundle.manifest import Head
from two_views import base

SIDE = 64


def networks(*, seed: int = 7) -> tuple[Any, Any]:
    """Return front and tail with random weights that keep the size of what passes through."""
    from happysad.training import efficientnet

    generator = np.random.default_rng(seed)
    front, tail = efficientnet.front(), efficientnet.tail()
    for layer in (*front.layers, *tail.layers):
        if not layer.name.endswith(".conv"):
            continue
        shape = tuple(layer.kernel.shape)
        inputs = np.prod(shape[:2] if "depthwise" in layer.name else shape[:3])
        layer.kernel.assign(generator.normal(0, np.sqrt(2 / inputs), shape))
        if layer.use_bias:
            layer.bias.assign(generator.normal(0, 0.1, layer.bias.shape))
    return front, tail


def tunable_base(path: Path) -> Bundle:
    """Write a base model of two views, whose scene knows nothing yet."""
    from happysad.training.view_graphs import scene_graph

    tiny = base()
    silent = Head((0.0,) * 1280, 0.0)
    heads = {"scene": silent, "faces": tiny.manifest.heads["faces"], "off_topic": silent}
    manifest = replace(tiny.manifest, name="tunable", heads=heads, golden=())
    graphs = {**tiny.graphs, "scene": scene_graph(*networks(), SIDE)}
    return archive.write(path, Bundle(manifest, graphs))
