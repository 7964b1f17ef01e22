from __future__ import annotations

import os
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from specimens import encode, scene, variants

from happysad.config import Limits
from happysad.errors import PictureError, UsageError
from happysad.pictures.decode import decode, from_array, from_image
from happysad.records import CODES

VALID = variants()


@pytest.mark.parametrize("name", VALID)
def test_t01_every_format_and_mode_becomes_rgb(name: str) -> None:
    picture = decode(VALID[name], source=name)
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.shape == (64, 96, 3)
    assert (picture.width, picture.height) == (96, 64)
    assert picture.format == name.split("-", maxsplit=1)[0]
    assert picture.source == name


@pytest.mark.parametrize("name", VALID)
def test_the_first_frame_shows_what_was_drawn(name: str) -> None:
    drawn = scene().astype(float)
    if name.split("-")[1] in {"grey", "sixteen", "float", "one_bit", "group4"}:
        drawn = np.repeat(drawn @ [[0.299], [0.587], [0.114]], 3, axis=2)
    if name.endswith("alpha") and not name.startswith("bmp"):
        alpha = (scene().astype(float) @ [0.299, 0.587, 0.114])[..., None] / 255
        drawn = drawn * alpha + 255 * (1 - alpha)
    off = np.abs(decode(VALID[name]).pixels - drawn).mean()
    if not name.endswith(("one_bit", "group4")):
        assert off < 20


@pytest.mark.parametrize("name", VALID)
def test_t04_t05_truncations_at_every_5_percent_are_refused(name: str) -> None:
    data = VALID[name]
    for percent in range(0, 100, 5):
        with pytest.raises(PictureError) as caught:
            decode(data[: len(data) * percent // 100], source="cut")
        assert caught.value.code in {"truncated", "zero_bytes"}
        assert caught.value.source == "cut"


def test_t06_all_eight_orientations_give_the_same_picture() -> None:
    upright = Image.fromarray(scene(100, 60))
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }
    for format_ in ("png", "tiff", "webp", "jpeg"):
        for orientation, image in stored.items():
            exif = Image.Exif()
            exif[0x0112] = orientation
            options = {"lossless": True} if format_ == "webp" else {}
            picture = decode(encode(image, format_, exif=exif, **options))
            assert (picture.width, picture.height) == (100, 60), (format_, orientation)
            off = np.abs(picture.pixels.astype(int) - scene(100, 60)).mean()
            assert off < (6 if format_ == "jpeg" else 1e-3), (format_, orientation)


def test_t07_transparency_lies_over_white() -> None:
    image = Image.new("RGBA", (9, 9), (200, 0, 0, 0))
    assert (decode(encode(image, "png")).pixels == 255).all()
    image.putalpha(51)
    assert decode(encode(image, "png")).pixels[4, 4].tolist() == [244, 204, 204]


def test_t07_samples_of_16_bits_are_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16)[None].repeat(8, axis=0)
    for format_ in ("png", "tiff"):
        pixels = decode(encode(Image.fromarray(ramp), format_)).pixels
        assert np.abs(pixels[0, :, 0] - np.arange(256)).max() <= 1


def test_t07_floats_are_taken_as_0_to_1_unless_they_exceed_it() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None].repeat(8, axis=0)
    for factor in (1, 255):
        data = encode(Image.fromarray(ramp * factor), "tiff")
        assert np.abs(decode(data).pixels[0, :, 0] - np.arange(256)).max() <= 1
    odd = np.full((8, 8), np.nan, np.float32)
    assert (decode(encode(Image.fromarray(odd), "tiff")).pixels == 0).all()


def test_t07_integers_of_32_bits_and_lab_have_a_place_in_rgb() -> None:
    data = encode(Image.fromarray(np.full((8, 8), 2**30, np.int32)), "tiff")
    assert abs(int(decode(data).pixels[0, 0, 0]) - 64) <= 1
    white, red = Image.new("LAB", (8, 8), (255, 0, 0)), Image.new("LAB", (8, 8), (138, 80, 70))
    assert decode(encode(white, "tiff")).pixels[0, 0].tolist() == [255, 255, 255]
    pixel = decode(encode(red, "tiff")).pixels[0, 0]
    assert pixel[0] > 240
    assert pixel[1:].max() < 60


def test_t02_limits_hold_before_anything_is_decoded() -> None:
    data = VALID["png-rgb"]
    for limits, code in (
        (Limits(max_bytes=100), "too_many_bytes"),
        (Limits(max_pixels=6000), "too_many_pixels"),
        (Limits(max_side=90), "too_many_pixels"),
    ):
        with pytest.raises(PictureError) as caught:
            decode(data, limits=limits)
        assert caught.value.code == code
    assert decode(data, limits=Limits(max_pixels=96 * 64, max_side=96)).width == 96


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, extra: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(height * (width + 1))))
    return b"\x89PNG\r\n\x1a\n" + header + extra + body + chunk(b"IEND", b"")


def bombs() -> dict[str, bytes]:
    head = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    )
    text = chunk(b"zTXt", b"c\0\0" + zlib.compress(bytes(1_000_000)))
    webp = bytearray(VALID["webp-animated"])
    webp[24:30] = b"\xfe\x3f\x00\xfe\x3f\x00"
    gif = bytearray(VALID["gif-still"])
    gif[6:10] = b"\xff\xff\xff\xff"
    bmp = bytearray(VALID["bmp-rgb"])
    bmp[18:26] = struct.pack("<ii", 60000, 60000)
    tiff = encode(Image.new("1", (16000, 16000)), "tiff", compression="group4")
    return {
        "png": head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""),
        "png-text": png(8, 8, text * 60),
        "webp": bytes(webp),
        "gif": bytes(gif),
        "bmp": bytes(bmp),
        "tiff": tiff,
    }


PEAK = """
import resource, sys
from happysad.pictures.decode import decode
from happysad.errors import PictureError
import PIL.PngImagePlugin, PIL.WebPImagePlugin, PIL.GifImagePlugin, PIL.BmpImagePlugin
import PIL.TiffImagePlugin
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(data)
    code = ""
except PictureError as error:
    code = error.code
print(code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("name", bombs())
def test_t02_a_bomb_costs_less_than_50_mb(name: str, tmp_path: Path) -> None:
    file = tmp_path / "bomb"
    file.write_bytes(bombs()[name])
    done = subprocess.run(
        [sys.executable, "-c", PEAK, file], capture_output=True, text=True, check=True
    )
    code, mebibytes = done.stdout.rstrip("\n").split(" ")
    assert code == ("" if name == "png-text" else "too_many_pixels")
    assert int(mebibytes) < 50
    assert done.stderr == ""


def test_a_large_jpeg_is_decoded_no_finer_than_it_must() -> None:
    data = encode(scene(1200, 800), "jpeg")
    full, reduced = decode(data), decode(data, at_least=(256, 256))
    assert (full.width, full.height) == (reduced.width, reduced.height) == (1200, 800)
    assert reduced.pixels.shape == (400, 600, 3)
    assert decode(data, at_least=(1200, 801)).pixels.shape == (800, 1200, 3)


def test_a_reduced_decode_minds_the_orientation() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(scene(1200, 400), "jpeg", exif=exif)
    assert decode(data, at_least=(200, 600)).pixels.shape == (600, 200, 3)


def test_damaged_check_sums_and_metadata_differ() -> None:
    data = bytearray(VALID["png-rgb"])
    data[-20] ^= 1  # in the check sum of the pixels
    with pytest.raises(PictureError) as caught:
        decode(bytes(data))
    assert caught.value.code == "unreadable"
    jpeg = encode(scene(), "jpeg", exif=b"Exif\0\0II*\0\xff\xff\xff\xffnonsense")
    assert decode(jpeg).width == 96


def test_arrays_and_images_become_pictures() -> None:
    pixels = scene()
    assert (from_array(pixels).pixels == pixels).all()
    assert from_array(pixels[..., 0]).pixels.shape == (64, 96, 3)
    assert from_array(np.dstack([pixels, pixels[..., 0]])).pixels.shape == (64, 96, 3)
    assert from_array(pixels[:, ::-1]).sha256 != from_array(pixels).sha256
    assert from_image(Image.fromarray(pixels).convert("LA"), source="x").source == "x"
    for wrong in (pixels / 255, pixels[None], pixels[..., :2], pixels[:0], [[1]]):
        with pytest.raises(UsageError, match="uint8"):
            from_array(wrong)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_t04_mutations_give_a_picture_or_one_typed_error(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(VALID)))
    mutated = bytearray(VALID[name])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(mutated) - 1))
        if data.draw(st.booleans()):
            mutated[place] = data.draw(st.integers(0, 255))
        else:
            length = data.draw(st.integers(1, 40))
            mutated[place : place + length] = data.draw(st.binary(max_size=40))
            mutated = mutated or bytearray(b"x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            picture = decode(bytes(mutated), source="mutated")
            answer = picture.pixels.dtype == np.uint8
        except PictureError as error:
            answer = error.code in CODES and error.source == "mutated"
    assert answer


QUIET = """
import pathlib, sys
from happysad.pictures.decode import decode
from happysad.errors import PictureError
answered = 0
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        try:
            decode(path.read_bytes(), source=str(path))
        except PictureError as error:
            assert error.source == str(path)
        answered += 1
print(answered)
"""


def test_t04_nothing_reaches_the_standard_error_of_the_process(tmp_path: Path) -> None:
    generator = np.random.default_rng(5)
    for name, data in VALID.items():
        for number in range(8):
            broken = bytearray(data)
            for place in generator.integers(8, len(data), 5):
                broken[place] = generator.integers(256)
            (tmp_path / f"{name}-{number}").write_bytes(broken)
    done = subprocess.run(
        [sys.executable, "-c", QUIET, tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == 8 * len(VALID)


def test_t04_every_hostile_file_is_answered_in_silence(shared_data: Path) -> None:
    folder = shared_data / "hostile"
    done = subprocess.run(
        [sys.executable, "-c", QUIET, folder], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == sum(len(files) for _, _, files in os.walk(folder))


def test_t07_valid_pngsuite_files_load_and_invalid_ones_do_not(shared_data: Path) -> None:
    files = sorted((shared_data / "hostile" / "pngsuite").glob("*.png"))
    assert len(files) > 150
    for file in files:
        if file.name.startswith("x"):
            with pytest.raises(PictureError):
                decode(file.read_bytes())
        else:
            assert decode(file.read_bytes()).pixels.ndim == 3


def test_decoding_keeps_little_memory() -> None:
    data = VALID["png-rgb"]
    decode(data)
    tracemalloc.start()
    for _ in range(50):
        decode(data)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 500_000
