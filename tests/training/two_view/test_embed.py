"""Reading pictures in two views, once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from happysad.collection.scan import scan
from happysad.config import Preprocessing
from happysad.drawn import draw_collection
from happysad.errors import PictureError
from happysad.records import Collection
from happysad.training.two_view import cache, embed
from two_views import FACE, SCENE, base


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    draw_collection(tmp_path / "drawn", pictures=12, seed=1, plant=False)
    return scan(tmp_path / "drawn")


def test_every_picture_is_read_and_never_decoded_again(
    collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    first = embed.embed_collection(
        collection,
        base=base(),
        progress=lambda step, done, total, note="": told.append((done, total)),
    )
    assert len(first) == 12
    assert told[0] == (0, 12)
    assert told[-1] == (12, 12)
    assert [entry.file for entry in first.entries] == [entry.file for entry in collection.entries]
    assert first.labels.tolist() == [0] * 6 + [1] * 6
    for item in first.embeddings:
        assert item.scene.shape == (SCENE,)
        assert item.faces.shape == (len(item.scores), FACE)
    assert sum(len(item.scores) for item in first.embeddings) > 0
    for entry in collection.entries:  # nothing is left to be decoded
        (Path(collection.root) / entry.file).unlink()
    again = embed.embed_collection(collection, base=base())
    for one, other in zip(first.embeddings, again.embeddings, strict=True):
        assert np.array_equal(one.scene, other.scene)
        assert np.array_equal(one.faces, other.faces)


def test_a_damaged_cache_is_read_anew(collection: Collection) -> None:
    first = embed.embed_collection(collection, base=base())
    (path,) = cache.folder().iterdir()
    path.write_bytes(b"x" * 5000)
    again = embed.embed_collection(collection, base=base())
    for one, other in zip(first.embeddings, again.embeddings, strict=True):
        assert one.scene == pytest.approx(other.scene, abs=1e-5)


def test_a_picture_that_went_away_is_reported(collection: Collection) -> None:
    root = Path(collection.root)
    (root / collection.entries[3].file).unlink()
    (root / collection.entries[5].file).write_bytes(b"\xff\xd8\xff nothing more")
    results = embed.embed(root, collection.entries, base=base())
    failed = [row for row, result in enumerate(results) if isinstance(result, PictureError)]
    assert failed == [3, 5]
    whole = embed.embed_collection(collection, base=base())
    assert set(whole.failed) == {collection.entries[row].file for row in failed}
    assert len(whole) == 10


def test_other_views_have_a_cache_of_their_own() -> None:
    known = base()
    size = replace(known.manifest, preprocessing=Preprocessing(width=64, height=64, look=96))
    assert embed.views_digest(known) != embed.views_digest(replace(known, manifest=size))
    other = replace(known, graphs={**known.graphs, "finder": known.graphs["finder"] + b" "})
    assert embed.views_digest(known) != embed.views_digest(other)
    renamed = replace(known, manifest=replace(known.manifest, name="other", temperature=3.0))
    assert embed.views_digest(known) == embed.views_digest(renamed)
