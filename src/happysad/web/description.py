"""What the service says of itself: its OpenAPI document, and the same as a page.

The models here describe answers and are never filled in: what is sent comes from ``records``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from happysad import __version__
from happysad.reports.page import render
from happysad.web.incoming import AskedPictures

if TYPE_CHECKING:
    from fastapi import APIRouter

PAGE_POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
}
"""For pages of one file: they run no script, and narrow the style down to their own themselves."""

_WORDS: Final = (
    "Answers happy, sad or unsure for pictures. A picture that cannot be used has its `error` and "
    "never costs the others of its call. Problems are documents of RFC 9457; each carries the "
    "`request_id` that is also in the header `X-Request-ID` and in the server's log. A caller may "
    "choose that name by sending the header."
)
_REASONS: Final = {
    400: "The `Host` header names another server.",
    401: "The token is missing or wrong.",
    403: "A page of another site asks.",
    404: "There is no such thing here.",
    408: "The body did not come in in time.",
    413: "The body is too large, or holds too many pictures, or too long a field.",
    415: "Not a form of body that is read.",
    422: "The body or a parameter cannot be understood.",
    500: "The server made a mistake.",
    503: "The queue is full: come again after `Retry-After` seconds. Or there is no model yet.",
}
_ALWAYS: Final = (400, 401, 403, 500)


class ProblemDocument(BaseModel):
    """What went wrong with a call, RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = Field("", description="By which the server's log knows the call.")


class FaceFound(BaseModel):
    """One face."""

    box: tuple[float, float, float, float] = Field(
        description="Left, top, right, bottom; shares of the picture's width and height."
    )
    score: float = Field(description="The finder's confidence, 0 to 1.")
    probabilities: dict[str, float]


class ViewsTold(BaseModel):
    """What each view of a picture said, for models that have two."""

    scene: float = Field(description="Probability of the second class from the scene alone.")
    scene_share: float = Field(description="How much the scene counted, 0 to 1.")
    faces_share: float
    sentence: str


class PictureError(BaseModel):
    """Why a picture could not be used."""

    code: str
    message: str


class ScenesReasons(BaseModel):
    """What in the scene spoke for which class."""

    map: str | None = Field(
        description="PNG to lay over the picture, as a `data:` address; null where there is none."
    )
    picture: str | None = Field(
        description="JPEG of a picture that was fetched, as a `data:` address; null for others."
    )


class Answered(BaseModel):
    """The answer for one picture: one line of `happysad predict --jsonl`."""

    source: str = Field(description="The name or address that was sent.")
    label: str | None = Field(description="The most probable class; null on error.")
    verdict: str | None = Field(description="`label`, or `unsure`; null on error.")
    probabilities: dict[str, float] = Field(description="Calibrated; empty on error.")
    faces: list[FaceFound]
    views: ViewsTold | None
    off_topic: float | None = Field(description="Probability that the picture is neither.")
    seen_in_training: str | None = Field(description="The training picture that this one copies.")
    error: PictureError | None
    explanation: ScenesReasons | None = Field(None, description="Where it was asked for.")


class ModelNamed(BaseModel):
    """Which model answered."""

    name: str
    sha256: str


class Answers(BaseModel):
    """The answers of one call, in the order of its pictures."""

    model: ModelNamed
    predictions: list[Answered]


class ScoreTold(BaseModel):
    """One number about the model; null where it is undefined."""

    value: float | None
    low: float | None = Field(description="Lower end of the 95% interval.")
    high: float | None
    n: int = Field(description="Pictures that it rests on.")
    method: str


class ModelTold(BaseModel):
    """What the model is, and how good it was where it was judged."""

    name: str
    preset: str
    kind: str
    classes: list[str]
    created: str
    sha256: str
    scores: dict[str, ScoreTold]
    baseline: ScoreTold | None = Field(description="Of always answering the majority class.")
    unsure_below: float
    licence: str
    notes: str
    training_pictures: int


class LabelsTold(BaseModel):
    """The words of the model's verdicts."""

    classes: list[str]
    unsure: str


class StatusTold(BaseModel):
    """How the server is."""

    status: str


PREDICT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "Pictures; the file name of each becomes `source`.",
                        },
                        "url": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "minLength": 1},
                            "description": "Addresses of pictures to fetch.",
                        },
                    },
                }
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": {"$ref": "#/components/schemas/AskedPictures"}},
        },
    }
}
"""The three forms of a call's body."""


def answers(model: type[BaseModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route can answer: a document, or a problem with one of these statuses."""
    problem = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    content = {"application/problem+json": problem}
    problems: dict[int | str, dict[str, Any]] = {
        status: {"description": _REASONS[status], "content": content}
        for status in sorted({*_ALWAYS, *statuses})
    }
    return {200: {"description": model.__doc__ or "", "model": model}, **problems}


def document(router: APIRouter) -> dict[str, Any]:
    """Return the OpenAPI document of the routes that are meant for programs."""
    made = get_openapi(
        title="happysad", version=__version__, description=_WORDS, routes=router.routes
    )
    _, more = models_json_schema(
        [(AskedPictures, "validation"), (ProblemDocument, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    components = made.setdefault("components", {})
    components.setdefault("schemas", {}).update(more["$defs"])
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    # Either is enough: no token where the server is open to this machine's own programs.
    made["security"] = [{}, {"token": []}]
    return made


def page(made: dict[str, Any]) -> str:
    """Return the document as a page of one file."""
    calls = [
        {"method": method.upper(), "path": path, **call}
        for path, methods in made["paths"].items()
        for method, call in methods.items()
    ]
    return render(
        "service.html",
        calls=calls,
        schemas=made["components"]["schemas"],
        words=made["info"],
        always={str(status): _REASONS[status] for status in _ALWAYS},
    )
