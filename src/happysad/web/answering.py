"""The routes of the service: answers for pictures, what the model is, how the server is."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from happysad.pictures.decode import from_array
from happysad.pictures.thumbnail import thumbnail
from happysad.records import UNSURE
from happysad.reports.page import data_uri
from happysad.web.description import (
    PAGE_POLICY,
    PREDICT_BODY,
    Answers,
    LabelsTold,
    ModelTold,
    StatusTold,
    answers,
    document,
    page,
)
from happysad.web.incoming import LONGEST_NAME, NAMELESS, read_call
from happysad.web.metrics import CONTENT_TYPE
from happysad.web.problems import Problem

if TYPE_CHECKING:
    from happysad.records import Explanation, Score
    from happysad.sources.expand import Source
    from happysad.web.engine import Engine, Served

PATH: Final = "/v1/predict"
_COPY_SIDE: Final = 768

Explain = Annotated[bool, Query(description="Also draw what in each scene spoke for what.")]
Name = Annotated[
    str, Query(max_length=LONGEST_NAME, description="Becomes source of a body of plain bytes.")
]


def answering(engine: Engine) -> APIRouter:
    """Return the routes that work on an engine."""
    router = APIRouter()
    _add_calls(router, engine)
    _add_looks(router, engine)

    @router.get("/v1/openapi.json", include_in_schema=False)
    async def described() -> Response:
        return _json(document(router))

    @router.get("/v1/docs", include_in_schema=False)
    async def described_for_people() -> Response:
        return HTMLResponse(page(document(router)), headers=PAGE_POLICY)

    return router


def _add_calls(router: APIRouter, engine: Engine) -> None:
    """Add what programs come for."""

    @router.post(
        PATH, responses=answers(Answers, 408, 413, 415, 422, 503), openapi_extra=PREDICT_BODY
    )
    async def predict(
        request: Request, explain: Explain = False, name: Name = NAMELESS
    ) -> Response:
        """Answer for the pictures of one call, in their order."""
        with engine.room.lease() as lease:
            served = engine.served
            call = await read_call(request, lease, engine.options, name=name)
            request.state.pictures = len(call.sources)
            wanted = explain or call.explain
            answered = await engine.answer(call.sources, served=served, explain=wanted)
            predictions = [answer.prediction.as_dict() for answer in answered]
            if wanted:
                shown = await run_in_threadpool(lambda: [*map(_shown, call.sources, answered)])
                for one, explanation in zip(predictions, shown, strict=True):
                    one["explanation"] = explanation
        named = {"name": served.predictor.manifest.name, "sha256": served.sha256}
        return _json({"model": named, "predictions": predictions})

    @router.get("/v1/model", responses=answers(ModelTold, 503))
    async def model() -> Response:
        """Say what the model is, and how good it was where it was judged."""
        return _json(_model(engine.served))

    @router.get("/v1/labels", responses=answers(LabelsTold, 503))
    async def labels() -> Response:
        """Say the words of the model's verdicts."""
        return _json({"classes": engine.served.predictor.classes, "unsure": UNSURE})


def _add_looks(router: APIRouter, engine: Engine) -> None:
    """Add what those look at who keep the server running."""

    @router.get("/readyz", responses=answers(StatusTold, 503))
    async def ready() -> Response:
        """Say whether calls should come here: not without a model, and not while it stops."""
        if engine.is_ready:
            return _json({"status": "ready"})
        return Problem(503, "Not ready for calls.", headers={"Retry-After": "1"})

    @router.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        """Return counts for Prometheus."""
        return Response(engine.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def _json(content: Any) -> Response:
    """Return JSON in ASCII: names may hold lone surrogates, which UTF-8 cannot."""
    return Response(json.dumps(content, allow_nan=False), media_type="application/json")


def _model(served: Served) -> dict[str, Any]:
    manifest = served.predictor.manifest
    return {
        "name": manifest.name,
        "preset": manifest.preset,
        "kind": manifest.kind,
        "classes": manifest.classes,
        "created": manifest.created,
        "sha256": served.sha256,
        "scores": {name: score_json(score) for name, score in manifest.scores.items()},
        "baseline": None if manifest.baseline is None else score_json(manifest.baseline),
        "unsure_below": manifest.unsure_below,
        "licence": manifest.licence,
        "notes": manifest.notes,
        "training_pictures": len(manifest.training),
    }


def score_json(score: Score) -> dict[str, Any]:
    """Return a score; what is undefined is null."""
    numbers = {name: getattr(score, name) for name in ("value", "low", "high")}
    known = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**known, "n": score.n, "method": score.method}


def _shown(source: Source, explanation: Explanation) -> dict[str, str | None]:
    """Return what a page lays over a picture and, of one from elsewhere, the picture itself.

    A page asks no other host for anything; made anew, the picture comes without its metadata.
    """
    if explanation.pixels is None or explanation.scene_map is None:
        return {"map": None, "picture": None}
    from happysad.reports.explanation import heat_png

    height, width = explanation.pixels.shape[:2]
    drawn = data_uri(heat_png(explanation.scene_map, shape=(height, width)))
    if source.kind != "url":
        return {"map": drawn, "picture": None}
    copy = thumbnail(from_array(explanation.pixels), side=_COPY_SIDE)
    return {"map": drawn, "picture": data_uri(copy, kind="image/jpeg")}
