"""The file around a bundle has one form, and any ZIP tool opens it."""

from __future__ import annotations

import io
import zipfile

import pytest

from happysad.bundle import container
from happysad.errors import BundleError

MEMBERS = {"manifest.json": b"{}", "scene.onnx": b"graph", "golden/0.png": b"picture"}


def packed(members: dict[str, bytes] = MEMBERS) -> bytes:
    return b"".join(container.pack(members))


def test_what_was_packed_comes_out() -> None:
    members = container.unpack(packed())
    assert {name: bytes(data) for name, data in members.items()} == MEMBERS
    assert list(members) == list(MEMBERS)


def test_any_zip_tool_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(MEMBERS)
        assert archive.read("golden/0.png") == b"picture"
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_equal_members_give_equal_bytes() -> None:
    assert packed() == packed(dict(MEMBERS))
    assert packed() != packed(MEMBERS | {"scene.onnx": b"other"})


def test_t21_every_flipped_bit_is_seen() -> None:
    good = packed()
    for place in range(len(good)):
        for bit in range(8):
            bad = bytearray(good)
            bad[place] ^= 1 << bit
            with pytest.raises(BundleError):
                container.unpack(bytes(bad))


@pytest.mark.parametrize("cut", range(0, 100, 5))
def test_t21_truncated_at_every_twentieth(cut: int) -> None:
    good = packed()
    with pytest.raises(BundleError):
        container.unpack(good[: len(good) * cut // 100])


def test_t21_bytes_before_or_behind_are_refused() -> None:
    with pytest.raises(BundleError, match="3 bytes follow its end"):
        container.unpack(packed() + b"abc")
    with pytest.raises(BundleError):
        container.unpack(b"#!/bin/sh\n" + packed())


def test_t21_other_zips_are_refused() -> None:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", compression) as archive:
            for name, data in MEMBERS.items():
                archive.writestr(name, data * 1000)
        with pytest.raises(BundleError):
            container.unpack(file.getvalue())


def test_t21_a_doubled_member_is_refused() -> None:
    twins = packed({"manifest.json": b"{}", "scene.onnx": b"a", "scene.onny": b"b"})
    with pytest.raises(BundleError, match="twice"):
        container.unpack(twins.replace(b"scene.onny", b"scene.onnx"))


def test_t21_odd_names_are_refused() -> None:
    for name in (b"scene.onn\xff", b"scene.onn\n", b"scene.onn\0"):
        with pytest.raises(BundleError):
            container.unpack(packed().replace(b"scene.onnx", name))


def test_t21_too_many_members_are_refused_before_the_last_is_read() -> None:
    many = {f"{number:03d}": b"" for number in range(container.MAX_MEMBERS + 1)}
    with pytest.raises(BundleError, match="at most 64 files"):
        packed(many)
    # the same, written by somebody else
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in many:
            archive.writestr(name, b"")
    with pytest.raises(BundleError, match="more than 64"):
        container.unpack(file.getvalue())


def test_t21_a_size_that_lies_is_refused() -> None:
    good = bytearray(packed())
    good[18:26] = b"\xff" * 8  # both sizes of the first member: 4 GiB
    with pytest.raises(BundleError, match="breaks off"):
        container.unpack(bytes(good))


def test_nothing_is_no_bundle() -> None:
    with pytest.raises(BundleError):
        container.unpack(b"")
