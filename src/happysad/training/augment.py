"""Random changes of training pictures, made of Keras preprocessing layers.

The same layers serve training and ``look --augment``. Nothing here keeps a random state: the
changes of a batch are a function of its seed alone, which is what lets a resumed training go on
exactly where it stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from happysad.training.engine import load_keras, load_tensorflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from happysad.config import AugmentOptions

_SEED_RANGE = 2**31  # Keras keeps a seed as a signed number of 32 bits

# A blur that shows at 256 pixels without hiding a smile.
_BLUR_KERNEL, _BLUR_SIGMA = 7, (0.5, 2.0)
# The largest turn of the hue circle at colour = 1; more makes skin green.
_HUE_SHARE = 0.25
# Share of the picture that an erased rectangle covers (Zhong et al. 2020, arXiv:1708.04896).
_ERASED_SHARE = (0.02, 0.2)


class Augmenter:
    """Changes batches at random; a function of the batch and its seed.

    Args:
        options: which changes, and how strong.

    Raises:
        UsageError: a strength that Keras has no layer for.
        MissingExtraError: keras is not installed.
    """

    def __init__(self, options: AugmentOptions) -> None:
        self._layers = augment_layers(options)
        self._apply: Any = None

    @property
    def changes_nothing(self) -> bool:
        """Whether every change is turned off."""
        return not self._layers

    def __call__(
        self, pixels: NDArray[Any], targets: NDArray[np.float32], *, seed: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the changed batch.

        Args:
            pixels: array of shape (N, height, width, 3), values 0 to 255.
            targets: float32 array of shape (N, K); MixUp and CutMix blend them like the pixels.
            seed: decides every random number of this batch.

        Returns:
            float32 pixels of the same shape and range, and the targets.
        """
        if not self._layers:
            return pixels.astype(np.float32), targets
        for number, layer in enumerate(self._layers):
            words = np.random.SeedSequence([seed, number]).generate_state(1)
            layer.generator.state.assign([int(words[0]) % _SEED_RANGE, 0])
        if self._apply is None:
            self._apply = _compiled(self._layers, pixels.shape[1:], targets.shape[1])
        changed, blended = self._apply(pixels.astype(np.float32), targets)
        return changed.numpy(), blended.numpy()


def augment_batch(
    pixels: NDArray[np.uint8], options: AugmentOptions, *, seed: int
) -> NDArray[np.float32]:
    """Return randomly changed pictures, as training would see them.

    Args:
        pixels: array of shape (N, height, width, 3), values 0 to 255, RGB.
        options: which changes, and how strong.
        seed: decides every random number.

    Returns:
        float32 array of the same shape and range.

    Raises:
        UsageError: a strength that Keras has no layer for.
        MissingExtraError: keras is not installed.
    """
    targets = np.zeros((len(pixels), 1), np.float32)
    return Augmenter(options)(pixels, targets, seed=seed)[0]


def augment_layers(options: AugmentOptions) -> list[Any]:
    """Return a Keras preprocessing layer for every change that is turned on, in order.

    Keras' units differ from ours: a rotation is a share of a full turn, a saturation of 0.5
    changes nothing, a single contrast only ever raises it, and a chance is given as a range of
    which both ends are the same.
    """
    layers = load_keras().layers
    fill = {"fill_mode": options.fill, "seed": 0}
    makers: list[tuple[float, Callable[[], Any]]] = [
        (options.flip, lambda: layers.RandomFlip("horizontal", seed=0)),
        (options.rotation, lambda: layers.RandomRotation(options.rotation / 360, **fill)),
        (options.shift, lambda: layers.RandomTranslation(options.shift, options.shift, **fill)),
        (options.zoom, lambda: layers.RandomZoom(options.zoom, **fill)),
        (options.shear, lambda: layers.RandomShear(options.shear, options.shear, **fill)),
        (options.brightness, lambda: layers.RandomBrightness(options.brightness, seed=0)),
        (options.contrast, lambda: layers.RandomContrast((options.contrast,) * 2, seed=0)),
        (options.colour, lambda: layers.RandomHue(options.colour * _HUE_SHARE, seed=0)),
        (
            options.colour,
            lambda: layers.RandomSaturation(
                (0.5 - options.colour / 2, 0.5 + options.colour / 4), seed=0
            ),
        ),
        (
            options.blur,
            lambda: layers.RandomGaussianBlur(
                (options.blur, options.blur), _BLUR_KERNEL, _BLUR_SIGMA, seed=0
            ),
        ),
        (options.rand_augment, lambda: layers.RandAugment(num_ops=options.rand_augment, seed=0)),
        (
            options.erase,
            lambda: layers.RandomErasing((options.erase, options.erase), _ERASED_SHARE, seed=0),
        ),
        (options.mix_up, lambda: layers.MixUp(options.mix_up, seed=0)),
        (options.cut_mix, lambda: layers.CutMix((options.cut_mix, options.cut_mix), seed=0)),
    ]
    return [make() for strength, make in makers if strength]


def _compiled(layers: list[Any], shape: tuple[int, ...], columns: int) -> Any:
    """Return one TensorFlow graph of all the layers; eager, they take twice the time."""
    tf = load_tensorflow()

    def apply(pixels: Any, targets: Any) -> tuple[Any, Any]:
        batch = {"images": pixels, "labels": targets}
        for layer in layers:
            batch = layer(batch, training=True)
        return tf.clip_by_value(batch["images"], 0.0, 255.0), batch["labels"]

    # The number of pictures stays open, so that a smaller last batch is no second graph.
    signature = [
        tf.TensorSpec((None, *shape), tf.float32),
        tf.TensorSpec((None, columns), tf.float32),
    ]
    return tf.function(apply, input_signature=signature)
