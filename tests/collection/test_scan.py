"""A scan accounts for every file, whatever it is, and changes none."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from happysad.collection.scan import scan
from happysad.config import CheckOptions, Limits
from happysad.drawn import draw
from happysad.drawn.folder import draw_collection
from happysad.errors import CollectionError
from happysad.pictures.decode import decode
from happysad.pictures.signature import NEAR_DISTANCE, signature
from happysad.verbs.check import as_json

if TYPE_CHECKING:
    from happysad.records import Collection

ONE_WORKER = CheckOptions(workers=1)


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


@pytest.fixture(scope="module")
def drawings() -> list[Image.Image]:
    return [draw("happy" if seed % 2 else "sad", seed=seed, side=200) for seed in range(8)]


def build(root: Path, files: dict[str, bytes]) -> Path:
    for file, data in files.items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def clean(drawings) -> dict[str, bytes]:
    """Two pictures a class with nothing wrong."""
    return {
        "happy/one.png": saved(drawings[1]),
        "happy/two.jpg": saved(drawings[3], "JPEG", quality=92),
        "sad/one.png": saved(drawings[0]),
        "sad/two.webp": saved(drawings[2], "WEBP"),
    }


def codes(collection: Collection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in collection.findings:
        found.setdefault(finding.file, []).append(finding.code)
    return found


def on_disk(root: Path) -> set[str]:
    return {
        os.path.relpath(Path(folder) / name, root)
        for folder, folders, files in os.walk(root)
        for name in [*files, *(name for name in folders if (Path(folder) / name).is_symlink())]
    }


def assert_sum(collection: Collection, root: Path) -> None:
    """Every file on disk has exactly one fate."""
    fates = [entry.file for entry in collection.entries]
    fates += [*collection.set_aside, *collection.ignored]
    assert len(fates) == len(set(fates)) == collection.counts["seen"]
    assert set(fates) == on_disk(root)


def test_a_clean_folder_has_entries_and_no_findings(tmp_path, drawings):
    collection = scan(build(tmp_path, clean(drawings)))
    assert collection.counts == {"seen": 4, "used": 4, "set_aside": 0, "ignored": 0}
    assert collection.classes == ("happy", "sad")
    assert collection.findings == ()
    first = collection.entries[0]
    assert (first.file, first.label, first.format) == ("happy/one.png", "happy", "png")
    assert (first.width, first.height) == drawings[1].size
    assert first.sha256 == hashlib.sha256((tmp_path / first.file).read_bytes()).hexdigest()
    assert first.group == first.sha256
    assert first.size_bytes == (tmp_path / first.file).stat().st_size
    assert_sum(collection, tmp_path)


def test_t08_t09_every_kind_of_file_has_its_fate_and_its_code(tmp_path, drawings):
    picture = saved(drawings[5])
    files = clean(drawings) | {
        "happy/.hidden.jpg": picture,
        "happy/Thumbs.db": b"x",
        "happy/notes.txt": b"they look happy",
        "happy/page.html": b"<!doctype html><html></html>",
        "happy/empty.txt": b"",
        "happy/clip.mp4": b"\0\0\0\x18ftypmp42",
        "labels.csv": b"a,b",
        "sad/zero.jpg": b"",
        "sad/page.jpg": b"<!doctype html><html></html>",
        "sad/pointer.png": b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n",
        "sad/drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "sad/cut.png": picture[: len(picture) // 2],
        "sad/cut too": picture[: len(picture) // 2],
        "sad/really.jpg": picture,
        "sad/deep/er/plain": saved(drawings[7]),
    }
    build(tmp_path, files)
    (tmp_path / "sad/link.jpg").symlink_to("one.png")
    collection = scan(tmp_path)
    assert set(collection.ignored) == {
        "happy/.hidden.jpg",
        "happy/Thumbs.db",
        "happy/clip.mp4",
        "happy/empty.txt",
        "happy/notes.txt",
        "happy/page.html",
        "labels.csv",
    }
    assert codes(collection) == {
        "sad/cut.png": ["truncated"],
        "sad/cut too": ["truncated"],
        "sad/deep/er/plain": ["misnamed"],
        "sad/drawing.svg": ["unsupported_format"],
        "sad/link.jpg": ["symbolic_link"],
        "sad/page.jpg": ["html"],
        "sad/pointer.png": ["git_lfs_pointer"],
        "sad/really.jpg": ["misnamed"],
        "sad/zero.jpg": ["zero_bytes"],
    }
    assert {entry.file for entry in collection.entries} >= {"sad/really.jpg", "sad/deep/er/plain"}
    assert_sum(collection, tmp_path)


def test_copies_within_and_across_classes(tmp_path, drawings):
    one, other, third = drawings[5], drawings[6], drawings[7]
    files = clean(drawings) | {
        "happy/copy.png": (saved(drawings[1])),
        "happy/same pixels.bmp": saved(drawings[1], "BMP"),
        "happy/near.jpg": saved(one, "JPEG", quality=95),
        "happy/near half.jpg": saved(one.resize((100, 100)), "JPEG", quality=60),
        "happy/both.png": saved(other),
        "sad/both.jpg": saved(other, "JPEG", quality=70),
        "sad/third.png": saved(third),
    }
    collection = scan(build(tmp_path, files))
    found = codes(collection)
    assert found == {
        # By name the first copy is kept: "copy.png" < "one.png" < "same pixels.bmp".
        "happy/one.png": ["exact_duplicate"],
        "happy/same pixels.bmp": ["exact_duplicate"],
        "happy/near.jpg": ["near_duplicate"],
        "happy/near half.jpg": ["near_duplicate"],
        "happy/both.png": ["both_classes"],
        "sad/both.jpg": ["both_classes"],
    }
    entries = {entry.file: entry for entry in collection.entries}
    near = [entries["happy/near.jpg"], entries["happy/near half.jpg"]]
    assert {entry.group for entry in near} == {min(entry.sha256 for entry in near)}
    assert entries["sad/third.png"].group == entries["sad/third.png"].sha256
    both = next(one for one in collection.findings if one.file == "happy/both.png")
    assert both.related == ("sad/both.jpg",)


def test_contradicted_exact_copies_are_reported_once(tmp_path, drawings):
    both = saved(drawings[6])
    files = clean(drawings) | {f"{place}.png": both for place in ("happy/a", "happy/b", "sad/c")}
    collection = scan(build(tmp_path, files))
    assert codes(collection) == {
        place: ["both_classes"] for place in ("happy/a.png", "happy/b.png", "sad/c.png")
    }


def test_flat_pictures_are_not_near_each_other(tmp_path, drawings):
    files = clean(drawings)
    for shade in (40, 120, 200):
        files[f"sad/{shade}.png"] = saved(Image.new("RGB", (200, 200), (shade, shade, shade)))
    collection = scan(build(tmp_path, files))
    flagged = {f"sad/{shade}.png" for shade in (40, 120, 200)}
    assert {
        file for file, found in codes(collection).items() if "low_information" in found
    } == flagged
    assert not any("near_duplicate" in found for found in codes(collection).values())


def test_limits_and_options_are_obeyed(tmp_path, drawings):
    files = clean(drawings) | {"sad/big.bin": bytes(300_000), "sad/big.png": bytes(300_000)}
    files["sad/wide.png"] = saved(drawings[5].resize((400, 90)))
    options = CheckOptions(
        small_side=150, max_aspect=3, workers=1, limits=Limits(max_bytes=200_000)
    )
    collection = scan(build(tmp_path, files), options=options)
    assert codes(collection) == {
        "sad/big.png": ["too_many_bytes"],
        "sad/wide.png": ["too_small", "odd_aspect"],
    }
    assert collection.ignored == ("sad/big.bin",)


def test_t11_odd_names_survive_json(tmp_path, drawings):
    picture = [saved(drawing) for drawing in drawings]
    names = [
        "new\nline\t.png",
        "\u202egnp.right-to-left.png",
        "caf\u00e9.png",
        "cafe\u0301.png",
        os.fsdecode(b"not-utf8-\xff\xfe.png"),
        "x" * 251 + ".png",
        "<script>alert(1)</script>.png",
    ]
    files = {f"happy/{name}": picture[number] for number, name in enumerate(names)}
    collection = scan(build(tmp_path, files | {"sad/a.png": picture[7]}))
    assert {entry.file for entry in collection.entries} == {*files, "sad/a.png"}
    again = json.loads(json.dumps(as_json(collection)))
    for item in again["pictures"]:
        assert hashlib.sha256((tmp_path / item["file"]).read_bytes()).hexdigest() == item["sha256"]
    assert again["counts"] == {"seen": 8, "used": 8, "set_aside": 0, "ignored": 0}


def test_t10_a_pipe_does_not_block_a_scan(tmp_path, drawings):
    build(tmp_path, clean(drawings))
    os.mkfifo(tmp_path / "happy/pipe.jpg")
    (tmp_path / "sad/loop").symlink_to(tmp_path)
    collection = scan(tmp_path, options=ONE_WORKER)
    assert codes(collection) == {"happy/pipe.jpg": ["not_a_file"], "sad/loop": ["symbolic_link"]}
    assert_sum(collection, tmp_path)


def test_t13_a_file_that_vanishes_during_the_scan_is_recorded(tmp_path, drawings):
    build(tmp_path, clean(drawings))

    def remove(step: str, done: int, total: int, note: str = "") -> None:
        if done == 0:  # listed, and not read yet
            (tmp_path / "sad/one.png").unlink()

    collection = scan(tmp_path, options=ONE_WORKER, progress=remove)
    assert codes(collection) == {"sad/one.png": ["vanished"]}
    assert collection.counts["used"] == 3


def test_t03_a_picture_that_takes_too_long_is_lost_alone(tmp_path, drawings):
    build(tmp_path, clean(drawings))
    vast = drawings[5].resize((6000, 6000), Image.Resampling.NEAREST)
    (tmp_path / "sad/vast.png").write_bytes(saved(vast, compress_level=1))
    options = CheckOptions(workers=1, limits=Limits(decode_seconds=0.01))
    collection = scan(tmp_path, options=options)
    assert codes(collection)["sad/vast.png"] == ["decode_timeout"]
    assert_sum(collection, tmp_path)


def test_progress_counts_to_the_end(tmp_path, drawings):
    told = []
    scan(
        build(tmp_path, clean(drawings)),
        options=ONE_WORKER,
        progress=lambda step, done, total, note="": told.append((step, done, total)),
    )
    assert told == [("reading pictures", done, 4) for done in range(5)]


def test_t12_a_class_without_pictures_is_refused(tmp_path, drawings):
    build(tmp_path, {"happy/a.png": saved(drawings[1]), "sad/notes.txt": b"none yet"})
    with pytest.raises(CollectionError, match="no pictures in 'sad'"):
        scan(tmp_path)


def test_a_class_of_broken_pictures_is_reported_not_refused(tmp_path, drawings):
    build(tmp_path, {"happy/a.png": saved(drawings[1]), "sad/a.png": b""})
    assert codes(scan(tmp_path)) == {"sad/a.png": ["zero_bytes"]}


def test_t15_a_scan_changes_nothing(tmp_path, drawings):
    build(tmp_path, clean(drawings))
    before = {path: path.stat() for path in tmp_path.rglob("*")}
    scan(tmp_path)
    after = {path: path.stat() for path in tmp_path.rglob("*")}
    assert {path: (status.st_mtime_ns, status.st_size) for path, status in after.items()} == {
        path: (status.st_mtime_ns, status.st_size) for path, status in before.items()
    }


def test_the_result_does_not_depend_on_the_number_of_workers(tmp_path, drawings):
    build(tmp_path, clean(drawings) | {"sad/copy.png": saved(drawings[0]), "sad/bad.jpg": b"no"})
    assert scan(tmp_path, options=ONE_WORKER) == scan(tmp_path, options=CheckOptions(workers=2))


def test_every_planted_fault_is_found_and_nothing_else(tmp_path):
    planted = draw_collection(tmp_path / "drawn", pictures=48, seed=11, share=0.5)
    collection = scan(planted.folder)
    found: dict[str, set[str]] = {}
    for finding in collection.findings:
        found.setdefault(finding.code, set()).add(finding.file)
    for code, files in planted.faults.items():
        assert set(files) <= found[code], code
    flagged = {finding.file for finding in collection.findings}
    assert not flagged & set(planted.clean)
    assert_sum(collection, planted.folder)


def test_groups_of_real_pictures_agree_with_an_all_pairs_reference(shared_data):
    root = shared_data / "seed"
    collection = scan(root)
    pictures = {}
    for path in sorted(root.glob("*/*")):
        data = path.read_bytes()
        pixels = decode(data, at_least=(256, 256)).pixels
        bits = int.from_bytes(signature(pixels).tobytes(), "little")
        pictures[str(path.relative_to(root))] = (data, pixels, bits)
    files = list(pictures)

    def same(one: str, other: str) -> bool:
        (data, pixels, _), (data_, pixels_, _) = pictures[one], pictures[other]
        return data == data_ or (pixels.shape == pixels_.shape and np.array_equal(pixels, pixels_))

    def near(one: str, other: str) -> bool:
        first, second = pictures[one][2], pictures[other][2]
        return bool(first and second) and (first ^ second).bit_count() <= NEAR_DISTANCE

    pairs = [
        (one, other)
        for number, one in enumerate(files)
        for other in files[:number]
        if same(one, other) or near(one, other)
    ]
    reference = {file: {file} for file in files}
    for one, other in pairs:
        merged = reference[one] | reference[other]
        for file in merged:
            reference[file] = merged
    contradicted = {
        file for file in files if len({other.partition("/")[0] for other in reference[file]}) > 1
    }
    found = codes(collection)
    assert {file for file in found if "both_classes" in found[file]} == contradicted
    spare = {
        file
        for number, file in enumerate(files)
        if file not in contradicted and any(same(file, earlier) for earlier in files[:number])
    }
    assert {file for file in found if "exact_duplicate" in found[file]} == spare
    groups: dict[str, set[str]] = {}
    for entry in collection.entries:
        groups.setdefault(entry.group, set()).add(entry.file)
    used = {entry.file for entry in collection.entries}
    assert {frozenset(group) for group in groups.values()} == {
        frozenset(reference[file] & used) for file in used
    }
    assert contradicted, "one picture of this folder is known to lie in both classes"
    assert_sum(collection, root)


def test_hostile_files_are_all_accounted_for(shared_data, tmp_path):
    hostile = sorted(path for path in (shared_data / "hostile").rglob("*") if path.is_file())
    for number, path in enumerate(hostile[::4]):
        folder = tmp_path / ("happy" if number % 2 else "sad")
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder / f"{number}-{path.name}")
    collection = scan(tmp_path)
    assert_sum(collection, tmp_path)
    assert collection.counts["set_aside"] > 100
    assert collection.counts["used"] > 10
