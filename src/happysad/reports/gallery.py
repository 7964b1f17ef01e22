"""A folder of explained answers: one picture each, and a page that shows them all."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from happysad.reports.explanation import draw_explanation
from happysad.reports.page import data_uri, render, write_bytes, write_text
from happysad.reports.wording import or_neither

if TYPE_CHECKING:
    from collections.abc import Sequence

    from happysad.records import Explanation

MOST_SHOWN = 200
"""Answers that the page shows as pictures; more would make it too large to open."""

_PREVIEW = 900


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer on the page.

    Attributes:
        source: what was asked about.
        file: the explaining picture beside the page; empty on error.
        verdict: the answer; empty on error.
        label: the most probable class; empty on error.
        probability: of ``label``.
        neither: ``; or neither`` where the picture is probably neither class.
        said: the sentence about both views, or the error's message.
        uri: ``data:`` address of a preview; empty where there is none.
    """

    source: str
    file: str = ""
    verdict: str = ""
    label: str = ""
    probability: float = 0.0
    neither: str = ""
    said: str = ""
    uri: str = ""


class Gallery:
    """Writes explained answers into a folder.

    Args:
        folder: where the pictures and ``index.html`` are written; made where it is missing.
        classes: the two class names in label order.
        model: the model's name.
    """

    def __init__(self, folder: Path | str, *, classes: Sequence[str], model: str) -> None:
        self._folder = Path(folder)
        self._classes = tuple(classes)
        self._model = model
        self._shown: list[Shown] = []

    def add(self, explanation: Explanation) -> None:
        """Draw and write one answer; an error is kept for the page.

        Raises:
            UsageError: the picture cannot be written there.
        """
        prediction = explanation.prediction
        if prediction.error is not None:
            self._shown.append(Shown(prediction.source, said=prediction.error["message"]))
            return
        sheet = draw_explanation(explanation, self._classes)
        file = _file_name(len(self._shown) + 1, prediction.source)
        write_bytes(self._folder / file, _encoded(sheet, "PNG"))
        preview = _preview(sheet) if len(self._shown) < MOST_SHOWN else ""
        label = prediction.label or ""
        self._shown.append(
            Shown(
                source=prediction.source,
                file=file,
                verdict=prediction.verdict or "",
                label=label,
                probability=prediction.probabilities[label],
                neither=or_neither(prediction) if prediction.verdict != label else "",
                said=prediction.views.sentence if prediction.views else "",
                uri=preview,
            )
        )

    def close(self) -> Path:
        """Write ``index.html`` and return its path.

        Raises:
            UsageError: it cannot be written there.
        """
        path = self._folder / "index.html"
        page = render(
            "explanations.html",
            model=self._model,
            classes=self._classes,
            answers=[shown for shown in self._shown if shown.file],
            errors=[shown for shown in self._shown if not shown.file],
        )
        write_text(path, page)
        return path


def _file_name(number: int, source: str) -> str:
    """Return a name that is safe everywhere and tells which picture it is about."""
    stem = Path(source.rstrip("/")).stem or "picture"
    return f"{number:04d}-{re.sub(r'[^A-Za-z0-9._-]+', '-', stem)[:60]}.png"


def _preview(sheet: Image.Image) -> str:
    small = sheet.copy()
    small.thumbnail((_PREVIEW, _PREVIEW), Image.Resampling.LANCZOS)
    return data_uri(_encoded(small, "JPEG"), kind="image/jpeg")


def _encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **({"quality": 82} if kind == "JPEG" else {"compress_level": 6}))
    return file.getvalue()
