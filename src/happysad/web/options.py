"""What a service takes on, each bound beside the reason for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from happysad.config import FetchOptions, Limits, require

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How much a service takes on at a time.

    Attributes:
        workers: processes that decode; 0 takes one per processor.
        call_pictures: the most pictures of one call.
        call_bytes: size of one call's body.
        body_seconds: time for one call's body to come in.
        queue_pictures: the most pictures of all calls that are not answered yet.
        queue_bytes: the most bytes of the bodies of those calls.
        limits: what one picture may cost.
        fetch: how pictures behind addresses are fetched.
    """

    workers: int = 0
    call_pictures: int = 64
    call_bytes: int = 64 * _MIB
    body_seconds: float = 60.0
    queue_pictures: int = 128
    queue_bytes: int = 256 * _MIB
    limits: Limits = field(default_factory=Limits)
    fetch: FetchOptions = field(default_factory=FetchOptions)

    def __post_init__(self) -> None:
        require(self.workers >= 0, "workers", "0 or more", self.workers)
        for name in ("call_pictures", "call_bytes", "body_seconds"):
            require(getattr(self, name) > 0, name, "above 0", getattr(self, name))
        # A call that fits no empty queue would be sent away for ever.
        for what in ("pictures", "bytes"):
            call, queue = getattr(self, f"call_{what}"), getattr(self, f"queue_{what}")
            require(queue >= call, f"queue_{what}", f"call_{what} ({call:,}) or more", queue)
