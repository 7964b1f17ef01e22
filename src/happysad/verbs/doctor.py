"""``doctor``: what is installed, which verbs can run, whether the default model answers."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from happysad.errors import HappysadError, how_to_install

if TYPE_CHECKING:
    from collections.abc import Mapping

LIBRARIES: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "core": (
            ("httpcore2",),
            ("jinja2",),
            ("numpy",),
            ("onnxruntime",),
            ("pillow",),
            ("rich",),
            ("typer",),
        ),
        "train": (
            ("keras",),
            ("onnx",),
            ("tensorflow", "tensorflow-cpu"),
        ),
        "plots": (("matplotlib",),),
        "web": (
            ("fastapi",),
            ("markdown-it-py",),
            ("prometheus-client",),
            ("python-multipart",),
            ("uvicorn",),
        ),
        "active": (("scikit-activeml",), ("scikit-learn",)),
        "parquet": (("pyarrow",),),
        "tensorboard": (("tensorboard",),),
    }
)
"""Extra → the distributions it needs besides other extras; of alternatives one is enough."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model that ``predict`` takes when none is named.

    Attributes:
        path: its file, None where there is none.
        name: name in its manifest.
        ready: it loads, and answers its golden pictures as it did when it was saved.
        message: why it is not ready; empty when it is.
    """

    path: str | None
    name: str | None
    ready: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What ``doctor`` found.

    Attributes:
        happysad: version.
        python: version.
        platform: system, release and machine.
        processors: how many this process may use.
        memory_bytes: main memory of the machine; None where the system does not say.
        home: folder in which happysad remembers trained models.
        cache_bytes: room that what was read of pictures takes there, for later trainings.
        versions: distribution → version; None where it is not installed.
        missing: extra → distributions that it lacks; empty when the extra is complete.
        model: the default model.
        problems: what keeps verbs from running, one sentence each; empty when all is well.
    """

    happysad: str
    python: str
    platform: str
    processors: int
    memory_bytes: int | None
    home: str
    cache_bytes: int
    versions: Mapping[str, str | None]
    missing: Mapping[str, tuple[str, ...]]
    model: Model
    problems: tuple[str, ...]

    @property
    def offline(self) -> bool:
        """Whether predicting works now, without any network."""
        return not self.missing["core"] and self.model.ready

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``doctor --json``."""
        return {**asdict(self), "offline": self.offline}


def doctor() -> Diagnosis:
    """Look at the installation. Nothing is changed and no network is used."""
    from happysad import __version__
    from happysad.bundle.shelf import home
    from happysad.pictures.workers import available_processors

    versions = {name: _version(name) for name in _distributions()}
    missing = {
        extra: tuple(
            alternatives[0] for alternatives in needs if not any(map(versions.get, alternatives))
        )
        for extra, needs in LIBRARIES.items()
    }
    model = _default_model() if not missing["core"] else Model(None, None, ready=False)
    return Diagnosis(
        happysad=__version__,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        processors=available_processors(),
        memory_bytes=_memory_bytes(),
        home=str(home()),
        cache_bytes=0 if missing["core"] else _cache_bytes(),
        versions=versions,
        missing=missing,
        model=model,
        problems=_problems(missing, model),
    )


def _distributions() -> list[str]:
    return [name for needs in LIBRARIES.values() for alternatives in needs for name in alternatives]


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _memory_bytes() -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):  # the name is not known to every system
        return None


def _cache_bytes() -> int:
    from happysad.training.two_view.cache import size_bytes

    return size_bytes()


def _default_model() -> Model:
    from happysad.bundle import shelf

    path = None
    try:
        path = shelf.find(None)
        from happysad.predictor import load

        predictor = load(path, verify=True)
    except HappysadError as error:
        return Model(str(path) if path else None, None, ready=False, message=str(error))
    return Model(str(path), predictor.manifest.name, ready=True)


def _problems(missing: Mapping[str, tuple[str, ...]], model: Model) -> tuple[str, ...]:
    problems = []
    for extra, names in missing.items():
        if names:
            command = how_to_install("" if extra == "core" else extra)
            problems.append(f"Missing {', '.join(names)}: {command}")
    if not model.ready:
        problems.append(f"No model to predict with yet. {model.message}".rstrip())
    return tuple(problems)
