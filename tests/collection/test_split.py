"""Splits keep groups whole, parts filled and shares near what was asked for."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from happysad.collection.split import folds, split
from happysad.collection.split_file import load_split, save_split
from happysad.config import SplitOptions
from happysad.errors import CollectionError
from happysad.records import PARTS, Collection, Entry, Split


def digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()


def collection_of(sizes: dict[str, list[int]], root: str = "/pictures") -> Collection:
    """A collection whose classes have duplicate groups of the given sizes."""
    entries = []
    for label, groups in sizes.items():
        for number, size in enumerate(groups):
            ids = sorted(digest(f"{label}/{number}/{copy}") for copy in range(size))
            entries += [
                Entry(
                    f"{label}/{sha256[:12]}.jpg", label, sha256, 1, "jpeg", 9, 9, "0" * 64, ids[0]
                )
                for sha256 in ids
            ]
    entries.sort(key=lambda entry: entry.file)
    return Collection(root, tuple(sorted(sizes)), tuple(entries), (), (), ())


group_sizes = st.lists(st.integers(1, 12), min_size=3, max_size=60)
collections = st.dictionaries(
    st.sampled_from(["happy", "sad", "unmoved"]), group_sizes, min_size=2, max_size=3
).map(collection_of)


def assert_is_partition(made: Split, collection: Collection) -> None:
    dealt = [sha256 for part in PARTS for sha256 in made.parts[part]]
    assert sorted(dealt) == sorted(entry.sha256 for entry in collection.entries)
    part_of = {sha256: part for part in PARTS for sha256 in made.parts[part]}
    by_group: dict[str, set[str]] = {}
    for entry in collection.entries:
        by_group.setdefault(entry.group, set()).add(part_of[entry.sha256])
    assert all(len(parts) == 1 for parts in by_group.values())
    for part in PARTS:
        assert {made.labels[sha256] for sha256 in made.parts[part]} == set(collection.classes)


@given(collections, st.integers(0, 1000))
def test_every_picture_is_in_one_part_and_every_group_is_whole(collection, seed):
    made = split(collection, options=SplitOptions(seed=seed))
    assert_is_partition(made, collection)


@given(collections)
def test_shares_are_near_overall_and_in_each_class(collection):
    made = split(collection)
    largest = max(Counter(entry.group for entry in collection.entries).values())
    totals = Counter(entry.label for entry in collection.entries)
    for part, share in zip(PARTS, made.fractions, strict=True):
        of_part = Counter(made.labels[sha256] for sha256 in made.parts[part])
        for label in collection.classes:
            assert abs(of_part[label] - share * totals[label]) <= largest + 2
    sizes = [len(made.parts[part]) for part in PARTS]
    assert sum(sizes) == len(collection.entries)


@pytest.mark.parametrize("count", [10, 37, 150, 1001])
def test_without_duplicates_shares_are_met_to_the_picture(count):
    made = split(collection_of({"happy": [1] * count, "sad": [1] * (count + 3)}))
    for part, share in zip(PARTS, (0.7, 0.2, 0.1), strict=True):
        assert abs(len(made.parts[part]) - share * (2 * count + 3)) <= 1
        of_part = Counter(made.labels[sha256] for sha256 in made.parts[part])
        assert abs(of_part["happy"] - share * count) <= 1


def test_duplicate_groups_reach_every_part():
    made = split(collection_of({"happy": [3] * 50, "sad": [3] * 50}))
    assert [len(made.parts[part]) for part in PARTS] == [210, 60, 30]


def test_a_group_too_large_for_the_small_parts_goes_to_train():
    collection = collection_of({"happy": [40] + [1] * 60, "sad": [1] * 100})
    made = split(collection)
    big = max(Counter(entry.group for entry in collection.entries).items(), key=lambda i: i[1])[0]
    assert {part for part in PARTS for s in made.parts[part] if made.groups[s] == big} == {"train"}
    assert len(made.parts["test"]) == 20


@given(collections, st.randoms(use_true_random=False))
def test_the_order_and_names_of_files_do_not_matter(collection, chance):
    entries = [
        replace(entry, file=f"{entry.label}/{number}.png")
        for number, entry in enumerate(chance.sample(collection.entries, len(collection.entries)))
    ]
    assert split(replace(collection, entries=tuple(entries))).parts == split(collection).parts


def test_the_seed_decides():
    collection = collection_of({"happy": [1] * 40, "sad": [1] * 40})
    one, again, two = (split(collection, options=SplitOptions(seed=seed)) for seed in (1, 1, 2))
    assert one == again
    assert one.parts != two.parts


def test_three_groups_are_enough_whatever_their_sizes():
    for sizes in ([1, 1, 1], [50, 1, 1], [9, 9, 9], [30, 20, 1]):
        collection = collection_of({"happy": sizes, "sad": [1] * 30})
        assert_is_partition(split(collection), collection)


def test_a_class_below_three_groups_is_refused_with_its_numbers():
    with pytest.raises(CollectionError, match=r"'sad'.* 8 usable pictures in 2 groups.* 3 groups"):
        split(collection_of({"happy": [1] * 30, "sad": [4, 4]}))


def test_a_group_with_two_labels_is_refused():
    collection = collection_of({"happy": [1] * 5, "sad": [1] * 5})
    one, *rest = collection.entries
    mixed = (replace(one, group=rest[-1].group), *rest)
    with pytest.raises(CollectionError, match="copies in the classes 'happy' and 'sad'"):
        split(replace(collection, entries=mixed))


@given(collections, st.integers(2, 3))
@settings(max_examples=50)
def test_folds_test_every_picture_once(collection, k):
    options = SplitOptions(folds=k)
    groups = {entry.label: set() for entry in collection.entries}
    for entry in collection.entries:
        groups[entry.label].add(entry.group)
    if k == 2 and min(map(len, groups.values())) < 4:
        with pytest.raises(CollectionError, match="2 folds"):
            folds(collection, options=options)
        return
    made = folds(collection, options=options)
    assert len(made) == k
    for one in made:
        assert_is_partition(one, collection)
    tested = [sha256 for one in made for sha256 in one.parts["test"]]
    assert sorted(tested) == sorted(entry.sha256 for entry in collection.entries)


def test_folds_are_even_and_keep_the_shares_of_the_rest():
    made = folds(
        collection_of({"happy": [1] * 100, "sad": [1] * 100}), options=SplitOptions(folds=5)
    )
    for one in made:
        assert [len(one.parts[part]) for part in PARTS] == [124, 36, 40]
        assert sum(one.fractions) == pytest.approx(1)


def test_too_many_folds_are_refused():
    with pytest.raises(CollectionError, match="5 folds"):
        folds(collection_of({"happy": [1] * 4, "sad": [1] * 9}), options=SplitOptions(folds=5))


@given(collections)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_saving_and_loading_gives_the_same_split(tmp_path, collection):
    made = split(collection)
    save_split(made, tmp_path / "split.json")
    assert load_split(tmp_path / "split.json", collection) == made
    assert [path.name for path in tmp_path.iterdir()] == ["split.json"]


def test_loading_lists_what_differs(tmp_path):
    collection = collection_of({"happy": [1] * 9, "sad": [1] * 9})
    save_split(split(collection), tmp_path / "split.json")
    gone, moved, *rest = collection.entries
    new = replace(gone, file="happy/new.jpg", sha256=digest("new"), group=digest("new"))
    changed = replace(collection, entries=(new, replace(moved, label="sad"), *rest))
    with pytest.raises(CollectionError) as caught:
        load_split(tmp_path / "split.json", changed)
    text = str(caught.value)
    assert "1 in the folder, not in the split: 'happy/new.jpg'" in text
    assert f"1 in the split, not in the folder: '{gone.sha256[:12]}'" in text
    assert f"1 in another class than in the split: '{moved.file}'" in text
    with pytest.raises(
        CollectionError, match=r"classes \['happy', 'sad'\] became \['joy', 'sad'\]"
    ):
        load_split(tmp_path / "split.json", replace(collection, classes=("joy", "sad")))


def damaged(change) -> dict:
    document = {
        "format": "happysad split",
        "version": 1,
        "seed": 1,
        "fractions": [0.7, 0.2, 0.1],
        "classes": ["happy", "sad"],
        "pictures": [
            {"sha256": digest("a"), "label": "happy", "group": digest("a"), "part": "train"},
            {"sha256": digest("b"), "label": "sad", "group": digest("b"), "part": "test"},
        ],
    }
    change(document)
    return document


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format="other"), "'format'"),
        (lambda d: d.update(version=2), "version is 2"),
        (lambda d: d.update(more=1), "its keys"),
        (lambda d: d.update(seed=True), "'seed'"),
        (lambda d: d.update(fractions=[0.7, 0.3]), "'fractions'"),
        (lambda d: d.update(classes=[1]), "'classes'"),
        (lambda d: d.update(pictures={}), "'pictures'"),
        (lambda d: d["pictures"].append(3), "the picture 3"),
        (lambda d: d["pictures"][0].update(sha256="../x"), "holds the picture"),
        (lambda d: d["pictures"][0].update(part="dev"), "holds the picture"),
        (lambda d: d["pictures"].append(d["pictures"][0]), "appears twice"),
        (lambda d: d["pictures"][1].update(group=digest("a")), "lies in two parts"),
    ],
)
def test_a_damaged_split_file_is_refused(tmp_path, change, message):
    path = tmp_path / "split.json"
    path.write_text(json.dumps(damaged(change)))
    with pytest.raises(CollectionError, match=message):
        load_split(path)


def test_unreadable_and_unwritable_split_files_are_refused(tmp_path):
    path = tmp_path / "split.json"
    with pytest.raises(CollectionError, match="cannot be read"):
        load_split(path)
    path.write_bytes(b"\xff{")
    with pytest.raises(CollectionError, match="cannot be read"):
        load_split(path)
    made = split(collection_of({"happy": [1] * 3, "sad": [1] * 3}))
    with pytest.raises(CollectionError, match="cannot be written"):
        save_split(made, tmp_path / "nowhere" / "split.json")
    assert Path(path).read_bytes() == b"\xff{"


def test_many_tiny_classes_do_not_starve_a_large_one():
    sizes = {f"tiny {number:02d}": [1] * 3 for number in range(20)}
    made = split(collection_of({**sizes, "vast": [1] * 100}))
    of_vast = [sum(made.labels[s] == "vast" for s in made.parts[part]) for part in PARTS]
    assert all(abs(size - ideal) <= 2 for size, ideal in zip(of_vast, (70, 20, 10), strict=True)), (
        of_vast
    )


def test_classes_whose_names_are_no_text_are_split_and_saved(tmp_path):
    collection = collection_of({"happy": [1] * 9, "\udcff\udcfe": [1] * 9})
    made = split(collection)
    assert_is_partition(made, collection)
    save_split(made, tmp_path / "split.json")
    assert load_split(tmp_path / "split.json", collection) == made
