from __future__ import annotations

import pytest
from specimens import variants

from happysad.errors import PictureError
from happysad.pictures.formats import EXTENSIONS, sniff

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n"


@pytest.mark.parametrize(("name", "data"), variants().items())
def test_t01_the_format_is_known_by_content(name: str, data: bytes) -> None:
    assert sniff(data) == name.split("-", maxsplit=1)[0]
    assert sniff(data) in EXTENSIONS


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "zero_bytes"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "html"),
        (b"\xef\xbb\xbf\n <!-- moved --><HTML>", "html"),
        (b"<?xml version='1.0'?><!DOCTYPE html>", "html"),
        (POINTER, "git_lfs_pointer"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><title>x</title></svg>", "unsupported_format"),
        (b"<?xml version='1.0'?><svg/>", "unsupported_format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "unsupported_format"),
        (b"BM is how this note begins, and it is no picture", "unsupported_format"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "unsupported_format"),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "unsupported_format"),
        (b"\x00" * 64, "unsupported_format"),
    ],
)
def test_t09_each_disguise_has_its_own_code(data: bytes, code: str) -> None:
    with pytest.raises(PictureError) as caught:
        sniff(data)
    assert caught.value.code == code


def test_extensions_belong_to_one_format_each() -> None:
    every = [extension for extensions in EXTENSIONS.values() for extension in extensions]
    assert len(every) == len(set(every))
    assert all(extension.startswith(".") and extension.islower() for extension in every)
