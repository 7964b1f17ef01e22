"""A model of two views at work: see, weigh, tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from happysad.bundle.runtime import Reading
from happysad.faces.views import ViewReader
from happysad.faces.weighing import Weigher, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happysad.bundle.archive import Bundle
    from happysad.pictures.prepared import Prepared


class TwoViewModel:
    """The graphs, heads and fusion of a bundle of the kind ``two-view``.

    Args:
        bundle: from ``archive.read``.

    Raises:
        BundleError: ONNX Runtime does not accept a graph.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._reader = ViewReader(bundle)
        self._weigher = Weigher(bundle.manifest)

    def read(self, pictures: Sequence[Prepared], *, explain: bool = False) -> list[Reading]:
        """Read some pictures together.

        Args:
            pictures: prepared with the bundle's preprocessing.
            explain: also say what each part of the scene spoke for.

        Raises:
            BundleError: a graph cannot be run.
        """
        weigher = self._weigher
        seen = self._reader.see(pictures, grid=explain)
        weighed = [weigher.weigh(item.embedding) for item in seen]
        return [
            Reading(
                probabilities=row,
                faces=weigher.faces(item, one.places),
                views=weigher.views(item),
                off_topic=item.off_topic,
                scene_map=None if one.grid is None else weigher.scene_map(one.grid),
            )
            for row, item, one in zip(rows_of(weighed), weighed, seen, strict=True)
        ]
