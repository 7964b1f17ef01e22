"""What the service counts about itself, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

if TYPE_CHECKING:
    from happysad.records import Prediction

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts of one server; nothing in them tells one caller or picture from another."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "happysad_requests",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "happysad_request_seconds",
            "Seconds from a request's head to its answer's end.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._pictures = Counter(
            "happysad_pictures",
            "Pictures by what became of them: answered, unsure, or an error's code.",
            ("outcome",),
            registry=self._registry,
        )
        self._batches = Histogram(
            "happysad_batch_pictures",
            "Pictures that the model answered in one run.",
            buckets=(1, 2, 3, 4, 5, 6, 7, 8),
            registry=self._registry,
        )
        self._model_seconds = Counter(
            "happysad_model_seconds", "Seconds that the model worked.", registry=self._registry
        )

    def watch(
        self,
        *,
        pictures: Callable[[], float],
        held_bytes: Callable[[], float],
        ready: Callable[[], float],
        lost: Callable[[], float],
    ) -> None:
        """Read these from an engine whenever somebody asks."""
        for name, words, value in (
            ("happysad_queue_pictures", "Pictures that are not answered yet.", pictures),
            ("happysad_queue_bytes", "Bytes of the calls that are not answered yet.", held_bytes),
            ("happysad_ready", "1 where the service takes calls, else 0.", ready),
            ("happysad_decoders_lost", "Decoding processes that ended or hung.", lost),
        ):
            Gauge(name, words, registry=self._registry).set_function(value)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_pictures(self, predictions: Iterable[Prediction]) -> None:
        """Count what became of some pictures."""
        for one in predictions:
            answered = "answered" if one.verdict == one.label else "unsure"
            self._pictures.labels(one.error["code"] if one.error else answered).inc()

    def count_batch(self, pictures: int, seconds: float) -> None:
        """Count one run of the model."""
        self._batches.observe(pictures)
        self._model_seconds.inc(seconds)

    def text(self) -> bytes:
        """Return all counts as they are now."""
        return generate_latest(self._registry)
