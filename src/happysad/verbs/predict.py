"""Ask a model about pictures from anywhere, and put the answers where they are wanted.

The steps are iterators that can be put behind each other: ``predict`` answers, ``sort_into``
passes answers on while it sorts the files, the writers take them and count.
"""

from __future__ import annotations

import csv
import filecmp
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from happysad.config import FetchOptions, Limits
from happysad.errors import MissingExtraError, UsageError
from happysad.predictor import Predictor, load
from happysad.sources.expand import expand, is_url

if TYPE_CHECKING:
    from happysad.records import Prediction

COLUMNS = (
    "source",
    "label",
    "verdict",
    "probability",
    "probabilities",
    "faces",
    "views",
    "off_topic",
    "seen_in_training",
    "error_code",
    "error_message",
)
"""Columns of CSV and Parquet, whatever the model. ``probability`` is that of ``label``;
``probabilities`` is a JSON object in CSV and a map in Parquet, ``faces`` a JSON list in both and
``views`` a JSON object or nothing."""

_ROWS = 1024


@dataclass(slots=True)
class Tally:
    """How many pictures were asked about.

    Attributes:
        answered: pictures with an answer, ``unsure`` included.
        failed: pictures with an error.
        refused: those of them whose address may not be fetched.
    """

    answered: int = 0
    failed: int = 0
    refused: int = 0

    def count(self, prediction: Prediction) -> None:
        """Add one prediction."""
        if prediction.error is None:
            self.answered += 1
        else:
            self.failed += 1
            self.refused += prediction.error["code"] == "url_refused"


def predict(
    sources: str | Path | Iterable[str | Path],
    *,
    model: str | Path | Predictor | None = None,
    recursive: bool = False,
    stdin: BinaryIO | None = None,
    limits: Limits = Limits(),
    fetch_options: FetchOptions = FetchOptions(),
    workers: int = 0,
    verify: bool = False,
) -> Iterator[Prediction]:
    """Answer for pictures from files, folders, patterns and web addresses.

    Args:
        sources: one or several paths, folders, glob patterns, URLs, or ``-`` for ``stdin``.
        model: a bundle, the folder of a run, or a loaded predictor; None for the last trained
            model, else the shipped one.
        recursive: also go into folders of folders.
        stdin: what ``-`` reads: the bytes of one picture, or a list of sources, one a line.
        limits: what a picture may cost.
        fetch_options: for URLs.
        workers: decoding processes; 0 takes one per processor.
        verify: first compute the model's golden answers and compare.

    Returns:
        An iterator of one prediction a picture, in the order of the sources. A picture that
        cannot be used has its ``error``, and the others go on. The model is loaded at once.

    Raises:
        BundleError: the model is missing, damaged, foreign, or answers wrongly here.
        UsageError: ``-`` without ``stdin`` (when the iterator gets there).
    """
    predictor = model if isinstance(model, Predictor) else load(model)
    if verify:
        predictor.verify()
    named = [sources] if isinstance(sources, (str, os.PathLike)) else sources
    return predictor.predict_many(
        expand(named, recursive=recursive, stdin=stdin),
        limits=limits,
        fetch_options=fetch_options,
        workers=workers,
    )


def to_jsonl(prediction: Prediction) -> str:
    r"""Return a prediction as one line of JSON, with the line's end.

    The line is ASCII; bytes of a file name that are no UTF-8 stand there as ``\udcXX``, from
    which ``os.fsencode`` makes the name again.
    """
    return json.dumps(prediction.as_dict(), allow_nan=False) + "\n"


def write_jsonl(predictions: Iterable[Prediction], stream: TextIO) -> Tally:
    """Write one JSON object a line, each as soon as it is known."""
    tally = Tally()
    for prediction in predictions:
        stream.write(to_jsonl(prediction))
        stream.flush()
        tally.count(prediction)
    return tally


def write_csv(predictions: Iterable[Prediction], path: Path | str) -> Tally:
    """Write a CSV file with ``COLUMNS``, in UTF-8.

    Bytes of a file name that are no UTF-8 are written as they are.

    Raises:
        UsageError: the file cannot be written.
    """
    tally = Tally()
    try:
        with Path(path).open("wb") as file:
            file.write(_csv_line(COLUMNS))
            for prediction in predictions:
                row = _row(prediction)
                row["probabilities"] = json.dumps(row["probabilities"])
                file.write(_csv_line(row[column] for column in COLUMNS))
                tally.count(prediction)
    except OSError as error:
        raise _cannot_write(path, error) from error
    return tally


def write_parquet(predictions: Iterable[Prediction], path: Path | str) -> Tally:
    r"""Write a Parquet file with ``COLUMNS``.

    Parquet holds no text but UTF-8: other bytes of a file name become ``\udcXX`` in letters.

    Raises:
        MissingExtraError: pyarrow is not installed.
        UsageError: the file cannot be written.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet") from error
    kinds: dict[str, Any] = dict.fromkeys(COLUMNS, pa.string())
    kinds |= {"probability": pa.float64(), "off_topic": pa.float64()}
    kinds |= {"probabilities": pa.map_(pa.string(), pa.float64())}
    schema = pa.schema([(column, kinds[column]) for column in COLUMNS])
    tally = Tally()
    rows = iter(predictions)
    try:
        with parquet.ParquetWriter(os.fspath(path), schema) as writer:
            while batch := list(islice(rows, _ROWS)):
                table = [_utf8(_row(prediction)) for prediction in batch]
                writer.write_table(pa.Table.from_pylist(table, schema=schema))
                for prediction in batch:
                    tally.count(prediction)
    except OSError as error:
        raise _cannot_write(path, error) from error
    return tally


def sort_into(
    folder: Path | str, predictions: Iterable[Prediction], *, move: bool = False
) -> Iterator[Prediction]:
    """Put each answered file into a folder named after its verdict; pass the predictions on.

    Files with an error, URLs and standard input are passed by. Nothing is ever overwritten: a
    file of the same name and content counts as done, one of other content gets a neighbour whose
    name ends in ``-2``, ``-3`` and so on.

    Args:
        folder: where the class folders and ``unsure`` are made.
        predictions: from ``predict``.
        move: move the files instead of copying them.

    Yields:
        The predictions, each after its file has been put away.

    Raises:
        UsageError: a file cannot be put there.
    """
    for prediction in predictions:
        if prediction.verdict is not None and _is_file(prediction.source):
            try:
                _put(Path(prediction.source), Path(folder) / prediction.verdict, move=move)
            except OSError as error:
                raise _cannot_write(folder, error) from error
        yield prediction


def _is_file(source: str) -> bool:
    return source != "-" and not is_url(source) and Path(source).is_file()


def _put(source: Path, folder: Path, *, move: bool) -> None:
    """Copy or move a file into a folder without overwriting."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in count(1):
        target = folder / _numbered(source, number)
        if os.path.lexists(target):
            if target.is_file() and filecmp.cmp(source, target, shallow=False):
                if move and not target.samefile(source):
                    source.unlink()
                return
            continue
        try:
            _copy(source, target)
        except FileExistsError:  # somebody was faster
            continue
        if move:
            source.unlink()
        return


def _numbered(source: Path, number: int) -> str:
    """Return the file's name, from 2 on with a number, within the 255 bytes of a file system."""
    if number == 1:
        return source.name
    stem, end = source.stem, f"-{number}{source.suffix}"
    while len(os.fsencode(stem + end)) > 255:
        stem = stem[:-1]
    return stem + end


def _copy(source: Path, target: Path) -> None:
    """Copy bytes and times to a file that must not exist; no half copy stays behind."""
    with source.open("rb") as old, target.open("xb") as new:
        try:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
        except BaseException:  # also Ctrl-C
            target.unlink()
            raise
    shutil.copystat(source, target)


def _row(prediction: Prediction) -> dict[str, Any]:
    error = prediction.error or {}
    probabilities = dict(prediction.probabilities)
    table = prediction.as_dict()
    return {
        "source": prediction.source,
        "label": prediction.label,
        "verdict": prediction.verdict,
        "probability": None if prediction.label is None else probabilities[prediction.label],
        "probabilities": probabilities,
        "faces": json.dumps(table["faces"]),
        "views": None if table["views"] is None else json.dumps(table["views"]),
        "off_topic": prediction.off_topic,
        "seen_in_training": prediction.seen_in_training,
        "error_code": error.get("code"),
        "error_message": error.get("message"),
    }


def _csv_line(values: Iterable[object]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(values)
    text = line.getvalue()
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a UTF-16 pair, which names can hold on Windows
        return text.encode("utf-8", "surrogatepass")


def _utf8(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in row.items()
    }


def _cannot_write(path: Path | str, error: OSError) -> UsageError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return UsageError(f"{os.fspath(path)!r} cannot be written: {reason}. Choose another place.")
