"""From the body of a call to the pictures that it asks about.

Three forms: parts of a form, the bytes of one picture, or JSON. Bytes are kept in memory and
counted against the queue as they come in; nothing is written to a disk.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from happysad.sources.expand import Source
from happysad.web.problems import told

if TYPE_CHECKING:
    from starlette.requests import Request

    from happysad.web.options import ServeOptions
    from happysad.web.room import Lease

NAMELESS: Final = "bytes"
"""What a picture is called that came without a name; ``Predictor`` calls it the same."""

LONGEST_NAME: Final = 1024
_LONGEST_URL: Final = 8192
# Members of JSON cost a hundred times their bytes once they are read. A picture has up to three,
# and its address and name may hold some of the signs that are counted.
_SIGNS_OF_A_PICTURE: Final = 200


class AskedPicture(BaseModel):
    """One picture: where it is, or what it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["base64"]}]},
    )

    url: str = Field("", min_length=1, max_length=_LONGEST_URL, description="Address to fetch.")
    base64: str = Field("", description="The bytes of a picture file.")
    name: str = Field(NAMELESS, max_length=LONGEST_NAME, description="Becomes source.")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> AskedPicture:
        if len(self.model_fields_set & {"url", "base64"}) != 1:
            msg = "give either url or base64"
            raise ValueError(msg)
        return self


class AskedPictures(BaseModel):
    """A call as JSON."""

    model_config = ConfigDict(extra="forbid")

    pictures: list[AskedPicture] = Field(min_length=1)
    explain: bool = Field(False, description="Also say what in each scene spoke for what.")


@dataclass(frozen=True, slots=True)
class Call:
    """What a call asks.

    Attributes:
        sources: bytes and addresses, in the order in which they came.
        explain: whether the body asks for reasons.
    """

    sources: tuple[Source, ...]
    explain: bool = False


async def read_call(
    request: Request, lease: Lease, options: ServeOptions, *, name: str = NAMELESS
) -> Call:
    """Read the body of a call.

    Args:
        request: whose body has not been read.
        lease: room in the queue, which grows with what comes in.
        options: how much a call may bring.
        name: of a picture whose bytes are the whole body.

    Raises:
        BusyError: there is no more room; the rest is not read.
        HTTPException: 413, 415 or 422.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Already known to be a number that is small enough: the guard has looked.
    lease.hold(pictures=1, size=int(request.headers.get("content-length", "0")))
    if kind == "multipart/form-data":
        call = await _from_form(request, lease, options)
    elif kind == "application/json":
        data = await _whole(request, lease)
        # Large texts take long to parse; meanwhile others are answered.
        call = await run_in_threadpool(_from_json, data, options)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        call = Call((Source(name, "bytes", await _whole(request, lease)),))
    else:
        msg = (
            f"Pictures come as multipart/form-data, image/*, application/octet-stream or "
            f"application/json. Got {kind[:100]!r} instead."
        )
        raise HTTPException(415, msg)
    if len(call.sources) > options.call_pictures:
        raise _too_many(options)
    lease.hold(pictures=len(call.sources))
    return call


async def _counted(request: Request, lease: Lease) -> AsyncGenerator[bytes, None]:
    """Yield the body's pieces, each after it has got its room."""
    size = 0
    async for piece in request.stream():
        size += len(piece)
        lease.hold(size=size)
        yield piece


async def _whole(request: Request, lease: Lease) -> bytes:
    data = bytearray()
    async for piece in _counted(request, lease):
        data += piece
    return bytes(data)


class _FormInMemory(MultiPartParser):
    """Starlette's parser; its files never go to a disk, because the body's size is bounded."""

    spool_max_size = 1 << 40


async def _from_form(request: Request, lease: Lease, options: ServeOptions) -> Call:
    most = options.call_pictures
    parser = _FormInMemory(
        request.headers,
        _counted(request, lease),
        max_files=most,
        max_fields=most,
        max_part_size=_LONGEST_URL,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if error.message.startswith("Too many"):
            raise _too_many(options) from error
        if "exceeded maximum size" in error.message:
            msg = f"A field of the form is longer than {_LONGEST_URL:,} bytes."
            raise HTTPException(413, msg) from error
        raise HTTPException(422, f"The form cannot be read: {error.message}") from error
    sources = [await _from_part(name, value) for name, value in form.multi_items()]
    if not sources:
        raise HTTPException(422, "The form has no part named 'file' and no field named 'url'.")
    return Call(tuple(sources))


async def _from_part(name: str, value: UploadFile | str) -> Source:
    if name == "file" and isinstance(value, UploadFile):
        data = await value.read()
        await value.close()
        return Source((value.filename or NAMELESS)[:LONGEST_NAME], "bytes", data)
    if name == "url" and isinstance(value, str):
        return Source(value, "url")
    msg = (
        "A form has parts named 'file', each a picture with a file name, and fields named 'url'. "
        f"Got {name[:100]!r} instead."
    )
    raise HTTPException(422, msg)


def _from_json(data: bytes, options: ServeOptions) -> Call:
    if sum(map(data.count, (b"{", b"[", b","))) > _SIGNS_OF_A_PICTURE * options.call_pictures:
        raise _too_many(options)
    try:
        asked = AskedPictures.model_validate_json(data)
    except ValidationError as error:
        raise HTTPException(422, _told(error)) from error
    return Call(tuple(map(_source, enumerate(asked.pictures))), asked.explain)


def _source(numbered: tuple[int, AskedPicture]) -> Source:
    number, picture = numbered
    if picture.url:
        return Source(picture.url, "url")
    try:
        data = b64decode(picture.base64, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = f"pictures.{number}.base64: not base64 ({error})"
        raise HTTPException(422, msg) from error
    return Source(picture.name, "bytes", data)


def _told(error: ValidationError) -> str:
    # A caller need not get back what it sent, nor a hundred complaints.
    found: list[Any] = list(error.errors(include_url=False, include_input=False))
    return told(found[:5])


def _too_many(options: ServeOptions) -> HTTPException:
    msg = f"A call takes up to {options.call_pictures} pictures; ask for the others in another one."
    return HTTPException(413, msg)
