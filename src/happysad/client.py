"""Ask a happysad service from another program: ``Client`` answers like ``Predictor`` does.

What cannot be asked raises a ``ServiceError``; a service that is busy is asked again when it said,
as long as there is time.
"""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self, overload
from urllib.parse import urlsplit

import httpcore2

from happysad.config import Limits
from happysad.errors import BusyError, PictureError, ServiceError, UsageError
from happysad.pictures.accepted import is_one, is_pixels, png_of, source_of
from happysad.records import Face, Prediction, Score, Views
from happysad.sources.expand import load

if TYPE_CHECKING:
    from happysad.pictures.accepted import OnePicture

# Less than a service takes by default, so that a call of many pictures is never refused for it.
_PICTURES_A_CALL = 32
_BYTES_A_CALL = 32 * 1024 * 1024
_SENDABLE = re.compile(r"[!-~]*")
_UNREACHABLE = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """What a service says of its model.

    Attributes:
        name: what people call it.
        preset: network it was made with.
        kind: which graphs there are.
        classes: class names in label order.
        created: UTC time of saving.
        sha256: hex digest of its file.
        scores: metric name → score where it was judged.
        baseline: of always answering the majority class there.
        unsure_below: the verdict is ``unsure`` where the best probability is below this.
        licence: SPDX name or a sentence.
        notes: limits, origin.
        training_pictures: how many shaped it.
    """

    name: str
    preset: str
    kind: str
    classes: tuple[str, ...]
    created: str
    sha256: str
    scores: Mapping[str, Score]
    baseline: Score | None
    unsure_below: float
    licence: str
    notes: str
    training_pictures: int


class _Asked(NamedTuple):
    """One of many: its place among them, what it is called here, and what is sent."""

    place: int
    name: str
    picture: dict[str, str]


class Client:
    """A happysad service, as a program sees it.

    Connections are kept; close the client, or use it in a ``with`` block. It may be shared by
    threads.

    Args:
        base_url: where the service is, e.g. ``http://127.0.0.1:8765``.
        token: what it wants to know; by default nothing.
        timeout: seconds for one request (a list of pictures takes one for every 32). A busy
            service is asked again, and bytes are waited for, until they are over; only an answer
            that keeps trickling may take longer as a whole.

    Raises:
        UsageError: that is no address of a service, or no token.
    """

    def __init__(self, base_url: str, *, token: str | None = None, timeout: float = 60.0) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"A service has an address like http://127.0.0.1:8765. Got {base_url!r} instead."
            raise UsageError(msg)
        if timeout <= 0:
            msg = f"The 'timeout' option must be above 0. Got {timeout!r} instead."
            raise UsageError(msg)
        if token is not None and not _SENDABLE.fullmatch(token):
            msg = (
                "A token is made of ASCII letters, digits and signs, without spaces or line ends. "
                f"Got one of {len(token)} characters that has others."
            )
            raise UsageError(msg)
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        self._headers = [("Authorization", f"Bearer {token}")] if token else []
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpcore2.default_ssl_context() if parts.scheme == "https" else None
        )

    @overload
    def predict(self, x: OnePicture, *, limits: Limits = ...) -> Prediction: ...
    @overload
    def predict(self, x: Any, *, limits: Limits = ...) -> Prediction | list[Prediction]: ...
    def predict(self, x: Any, *, limits: Limits = Limits()) -> Prediction | list[Prediction]:
        """Ask about one picture or about several.

        Args:
            x: a path, the bytes of a picture file, a PIL image, a uint8 array of shape (H, W),
                (H, W, 3) or (H, W, 4), or a URL, which the service fetches; or an iterable of
                those, or an array (N, H, W, C).
            limits: ``max_bytes`` of a file that is read here.

        Returns:
            A ``Prediction`` for one picture; a list in the same order for an iterable, in which
            a picture that cannot be used has its ``error``.

        Raises:
            PictureError: the one picture cannot be used.
            ServiceError: the service cannot be reached, or refuses.
            BusyError: it had no room for as long as there was time.
            UsageError: ``x`` is none of these.
        """
        if is_one(x) or not isinstance(x, Iterable):
            name, picture = _name(x), _picture(x, limits)
            prediction = self._send([picture], [name])[0]
            if prediction.error is not None:
                raise PictureError(prediction.error["code"], prediction.error["message"], name)
            return prediction
        return self._ask_about(x, limits)

    def model(self) -> ServedModel:
        """Return what the service says of its model.

        Raises:
            ServiceError: the service cannot be reached, or refuses.
        """
        table = self._ask("GET", "/v1/model")
        with _understood():
            baseline = table.pop("baseline")
            scores = {name: _score(name, one) for name, one in table.pop("scores").items()}
            return ServedModel(
                classes=tuple(table.pop("classes")),
                scores=scores,
                baseline=None if baseline is None else _score("baseline", baseline),
                **{name: table[name] for name in ServedModel.__slots__ if name in table},
            )

    def labels(self) -> tuple[str, ...]:
        """Return the class names in label order; a verdict is one of them or ``unsure``.

        Raises:
            ServiceError: the service cannot be reached, or refuses.
        """
        table = self._ask("GET", "/v1/labels")
        with _understood():
            return tuple(table["classes"])

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client of {self._base}>"

    def _ask_about(self, items: Iterable[Any], limits: Limits) -> list[Prediction]:
        """Ask in as many calls as it takes; what cannot be read here is never sent.

        Items are read when their call comes, so that many are never held at a time.
        """
        answers: dict[int, Prediction] = {}

        def readable() -> Iterator[_Asked]:
            for place, item in enumerate(items):
                try:
                    asked = _Asked(place, _name(item), _picture(item, limits))
                except PictureError as error:
                    answers[place] = Prediction.failed(error)
                else:
                    yield asked

        for call in _calls(readable()):
            told = self._send([one.picture for one in call], [one.name for one in call])
            answers |= zip((one.place for one in call), told, strict=True)
        return [answers[place] for place in sorted(answers)]

    def _send(self, pictures: Sequence[dict[str, str]], names: list[str]) -> list[Prediction]:
        """Ask in one call; what the service calls a picture is replaced by its name here."""
        table = self._ask("POST", "/v1/predict", {"pictures": pictures})
        with _understood():
            told = zip(table["predictions"], names, strict=True)
            return [_prediction(one, name) for one, name in told]

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Return the JSON object that the service answers with; wait for it while it is busy."""
        end = time.monotonic() + self._timeout
        while True:
            try:
                return self._ask_once(method, path, body, end)
            except BusyError as error:
                if time.monotonic() + error.retry_after >= end:
                    raise
                time.sleep(error.retry_after)

    def _ask_once(self, method: str, path: str, body: Any, end: float) -> dict[str, Any]:
        headers = [("Accept", "application/json"), *self._headers]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        content = None if body is None else json.dumps(body).encode("ascii")
        ask = partial(
            self._pool.request,
            method,
            self._base + path,
            headers=headers,
            content=content,
        )
        try:
            try:
                response = ask(extensions=_until(end))
            except (httpcore2.NetworkError, httpcore2.ProtocolError):
                # A connection that was kept may be closed just now; to ask twice changes nothing.
                response = ask(extensions=_until(end))
        except _UNREACHABLE as error:
            reason = str(error) or type(error).__name__
            msg = f"The service {self._base} cannot be reached: {reason}."
            raise ServiceError(msg) from error
        return _table(response.status, _headers(response), response.content)


def _until(end: float) -> dict[str, dict[str, float]]:
    """Return the setting by which no wait of a request is longer than the time that is left."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        msg = "there was no time left"
        raise httpcore2.TimeoutException(msg)
    return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)}


def _picture(x: Any, limits: Limits) -> dict[str, str]:
    """Return one picture as the service takes it.

    Raises:
        PictureError: the file cannot be read.
        UsageError: it is no picture.
    """
    if is_pixels(x):
        data = png_of(x)
    else:
        source = source_of(x)
        if source.kind == "url":
            return {"url": source.name}
        data = load(source, limits=limits)
    return {"base64": b64encode(data).decode("ascii")}


def _name(x: Any) -> str:
    """Return what ``Predictor`` would call it."""
    return "array" if is_pixels(x) else source_of(x).name


def _calls(asked: Iterable[_Asked]) -> Iterator[list[_Asked]]:
    """Yield pictures in calls that are small enough."""
    call: list[_Asked] = []
    size = 0
    for one in asked:
        more = len(one.picture.get("base64", ""))
        if call and (len(call) == _PICTURES_A_CALL or size + more > _BYTES_A_CALL):
            yield call
            call, size = [], 0
        call.append(one)
        size += more
    if call:
        yield call


def _headers(response: httpcore2.Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }


def _table(status: int, headers: Mapping[str, str], data: bytes) -> dict[str, Any]:
    """Return the document of an answer; a problem becomes an error."""
    try:
        table = json.loads(data)
    except ValueError:
        table = None
    name = headers.get("x-request-id", "")
    if not isinstance(table, dict):
        msg = f"What answered there, with status {status}, is no happysad service."
        raise ServiceError(msg, status=status, request_id=name)
    if status == 200:
        return table
    told = f"The service refused, with status {status}: {table.get('detail', '')}"
    after = headers.get("retry-after", "")
    if status in {429, 503} and after.isdigit():
        raise BusyError(told, retry_after=int(after), status=status, request_id=name)
    raise ServiceError(told, status=status, request_id=name)


@contextmanager
def _understood() -> Iterator[None]:
    """Turn an answer that lacks something into a ServiceError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"The service answered in a form that this version does not know: {error!r}"
        raise ServiceError(msg, status=200) from error


def _prediction(table: Mapping[str, Any], source: str) -> Prediction:
    """Return the record of one answer; its source is what the caller calls it."""
    views = table["views"]
    return Prediction(
        source=source,
        label=table["label"],
        verdict=table["verdict"],
        probabilities=table["probabilities"],
        faces=tuple(
            Face(tuple(face["box"]), face["score"], face["probabilities"])
            for face in table["faces"]
        ),
        views=None if views is None else Views(**views),
        off_topic=table["off_topic"],
        seen_in_training=table["seen_in_training"],
        error=table["error"],
    )


def _score(name: str, table: Mapping[str, Any]) -> Score:
    """Return a score; what is undefined came as null and is NaN."""
    value, low, high = (
        float("nan") if table[key] is None else table[key] for key in ("value", "low", "high")
    )
    return Score(name, value, low, high, table["n"], table["method"])
