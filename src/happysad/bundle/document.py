"""The JSON form of a manifest: the contract between versions of happysad.

``FORMAT_VERSION`` grows with every change of this form, and ``MIGRATIONS`` brings older documents
up to date one version at a time, so a bundle that was ever written keeps loading.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from happysad.bundle.fields import Fields, finite, parse, shorten
from happysad.bundle.manifest import (
    FORMAT_VERSION,
    FUSION_TERMS,
    MAX_WIDTH,
    Golden,
    Head,
    Manifest,
    Member,
    Output,
    TrainedPicture,
    golden_file,
    graph_file,
)
from happysad.config import Preprocessing
from happysad.errors import BundleError, UsageError
from happysad.records import Score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = MappingProxyType({})
"""Format version → function that turns its document into one of the next version."""

_MAX_GRAPH_BYTES = 1 << 30
_MAX_GOLDEN_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


def to_json(manifest: Manifest) -> bytes:
    """Return the manifest as ASCII JSON; equal manifests give equal bytes.

    Raises:
        UsageError: ``options`` holds what JSON cannot.
    """
    document: dict[str, Any] = {
        "format": "happysad",
        "format_version": manifest.format_version,
        "kind": manifest.kind,
        "name": manifest.name,
        "created": manifest.created,
        "preset": manifest.preset,
        "classes": list(manifest.classes),
        "preprocessing": _preprocessing_table(manifest.preprocessing),
        "output": manifest.output,
        "temperature": manifest.temperature,
        "unsure_below": manifest.unsure_below,
        "scores": {name: _score_table(score) for name, score in sorted(manifest.scores.items())},
        "baseline": None if manifest.baseline is None else _score_table(manifest.baseline),
        "split_seed": manifest.split_seed,
        "parts": dict(manifest.parts),
        "options": dict(manifest.options),
        "versions": dict(sorted(manifest.versions.items())),
        "licence": manifest.licence,
        "notes": manifest.notes,
        "graphs": {name: asdict(member) for name, member in sorted(manifest.graphs.items())},
        "golden": [
            {**asdict(golden.member), "probabilities": list(golden.probabilities)}
            for golden in manifest.golden
        ],
        "training": [[item.file, item.sha256, item.signature] for item in manifest.training],
    }
    if manifest.kind == "two-view":
        document["heads"] = {name: asdict(head) for name, head in sorted(manifest.heads.items())}
        document["fusion"] = dict(sorted(manifest.fusion.items()))
        document["off_topic_above"] = manifest.off_topic_above
    try:
        return json.dumps(document, allow_nan=False, separators=(",", ":")).encode("ascii")
    except (TypeError, ValueError) as error:
        msg = f"The manifest cannot be written as JSON: {error}. Use plain values in 'options'."
        raise UsageError(msg) from error


def from_json(data: bytes) -> Manifest:
    """Read a manifest of this or an older format version.

    Raises:
        BundleError: not a manifest, damaged, of a newer version, with an unknown field or a
            value of the wrong type or out of range.
    """
    document = migrate(parse(data))
    try:
        return _manifest(Fields(document, "manifest"))
    except UsageError as error:
        msg = f"the manifest is wrong: {error}"
        raise BundleError(msg) from error


def migrate(document: dict[str, Any]) -> dict[str, Any]:
    """Bring a parsed document up to ``FORMAT_VERSION``.

    Raises:
        BundleError: it is no manifest, or of a newer version.
    """
    if document.get("format") != "happysad":
        msg = f"its manifest has the format {shorten(document.get('format'))}, not 'happysad'"
        raise BundleError(msg)
    version = document.get("format_version")
    if type(version) is not int or version < 1:
        msg = f"format_version must be a whole number from 1, got {shorten(version)}"
        raise BundleError(msg)
    if version > FORMAT_VERSION:
        msg = (
            f"it has format version {shorten(version)}, this happysad reads up to "
            f"{FORMAT_VERSION}; upgrade happysad"
        )
        raise BundleError(msg)
    while version < FORMAT_VERSION:
        document = MIGRATIONS[version](document)
        version += 1
    return document


def _manifest(fields: Fields) -> Manifest:
    fields.text("format")
    version = fields.integer("format_version", low=FORMAT_VERSION, high=FORMAT_VERSION)
    baseline = fields.take("baseline", (dict, type(None)), "an object or null")
    split_seed = fields.take("split_seed", (int, type(None)), "an integer or null")
    kind = fields.text("kind")
    manifest = Manifest(
        format_version=version,
        kind=kind,
        name=fields.text("name"),
        created=fields.text("created"),
        preset=fields.text("preset"),
        classes=tuple(_texts(fields.items("classes"), "manifest.classes")),
        preprocessing=_preprocessing(fields.fields("preprocessing")),
        output=cast("Output", fields.text("output")),
        temperature=fields.number("temperature"),
        unsure_below=fields.number("unsure_below"),
        scores={
            name: _score(Fields(table, f"manifest.scores.{shorten(name)}"))
            for name, table in fields.table("scores").items()
        },
        baseline=None if baseline is None else _score(Fields(baseline, "manifest.baseline")),
        split_seed=split_seed,
        parts=_parts(fields.table("parts")),
        options=fields.table("options"),
        versions=_versions(fields.table("versions")),
        licence=fields.text("licence"),
        notes=fields.text("notes"),
        graphs=_graphs(fields.table("graphs")),
        golden=tuple(_golden(i, item) for i, item in enumerate(fields.items("golden"))),
        training=tuple(_trained(i, item) for i, item in enumerate(fields.items("training"))),
        **(_views(fields) if kind == "two-view" else {}),
    )
    fields.end()
    return manifest


def _preprocessing(fields: Fields) -> Preprocessing:
    preprocessing = Preprocessing(
        width=fields.integer("width", low=1, high=1 << 20),
        height=fields.integer("height", low=1, high=1 << 20),
        fit=cast("Any", fields.text("fit")),
        resample=cast("Any", fields.text("resample")),
        look=fields.integer("look", low=64, high=1 << 20) if "look" in fields else 0,
    )
    fields.end()
    return preprocessing


def _preprocessing_table(preprocessing: Preprocessing) -> dict[str, Any]:
    """Leave ``look`` out where no faces are looked for: what was written before has none."""
    return {name: value for name, value in asdict(preprocessing).items() if name != "look" or value}


def _views(fields: Fields) -> dict[str, Any]:
    """Return the fields that the kind ``two-view`` has in addition."""
    heads = {
        name: _head(Fields(table, f"manifest.heads.{shorten(name)}"))
        for name, table in fields.table("heads").items()
    }
    fusion = fields.fields("fusion")
    weights = {name: fusion.number(name) for name in FUSION_TERMS}
    fusion.end()
    return {
        "heads": heads,
        "fusion": weights,
        "off_topic_above": fields.number("off_topic_above"),
    }


def _head(fields: Fields) -> Head:
    values = fields.items("weights")
    if len(values) > MAX_WIDTH:
        msg = f"a head has {len(values)} weights, more than {MAX_WIDTH}"
        raise BundleError(msg)
    head = Head(tuple(_numbers(values, "a head's weights")), fields.number("bias"))
    fields.end()
    return head


def _score_table(score: Score) -> dict[str, Any]:
    numbers = {key: getattr(score, key) for key in ("value", "low", "high")}
    ready = {key: None if math.isnan(number) else number for key, number in numbers.items()}
    return {"name": score.name, **ready, "n": score.n, "method": score.method}


def _score(fields: Fields) -> Score:
    score = Score(
        name=fields.text("name"),
        value=fields.number_or_nan("value"),
        low=fields.number_or_nan("low"),
        high=fields.number_or_nan("high"),
        n=fields.integer("n", low=0, high=1 << 53),
        method=fields.text("method"),
    )
    fields.end()
    return score


def _parts(table: dict[str, Any]) -> dict[str, int]:
    fields = Fields(table, "manifest.parts")
    return {name: fields.integer(name, low=0, high=1 << 53) for name in table}


def _versions(table: dict[str, Any]) -> dict[str, str]:
    fields = Fields(table, "manifest.versions")
    return {name: fields.text(name) for name in table}


def _graphs(table: dict[str, Any]) -> dict[str, Member]:
    graphs: dict[str, Member] = {}
    for name, value in table.items():
        if not _NAME.fullmatch(name):
            msg = f"{shorten(name)} cannot be the name of a graph"
            raise BundleError(msg)
        fields = Fields(value, f"manifest.graphs.{name}")
        graphs[name] = _member(fields, file=graph_file(name), most=_MAX_GRAPH_BYTES)
        fields.end()
    return graphs


def _golden(index: int, value: object) -> Golden:
    where = f"manifest.golden[{index}]"
    fields = Fields(value, where)
    member = _member(fields, file=golden_file(index), most=_MAX_GOLDEN_BYTES)
    probabilities = tuple(_numbers(fields.items("probabilities"), where))
    fields.end()
    return Golden(member, probabilities)


def _member(fields: Fields, *, file: str, most: int) -> Member:
    size = fields.integer("bytes", low=1, high=most)
    member = Member(fields.text("file"), fields.text("sha256"), size)
    if member.file != file:
        msg = f"the file {shorten(member.file)} should be called '{file}'"
        raise BundleError(msg)
    _check_sha256(member.sha256)
    return member


def _trained(index: int, value: object) -> TrainedPicture:
    where = f"manifest.training[{index}]"
    if not isinstance(value, list) or len(value) != 3:
        msg = f"{where} must be a list of file, sha256 and signature, got {shorten(value)}"
        raise BundleError(msg)
    file, sha256, signature = _texts(value, where)
    _check_sha256(sha256)
    _check_sha256(signature)  # 256 bits as well
    return TrainedPicture(file, sha256, signature)


def _check_sha256(text: str) -> None:
    if not _SHA256.fullmatch(text):
        msg = f"{shorten(text)} is not 256 bits in hexadecimal"
        raise BundleError(msg)


def _texts(values: list[Any], where: str) -> list[str]:
    for value in values:
        if not isinstance(value, str):
            msg = f"{where} must hold strings, got {shorten(value)}"
            raise BundleError(msg)
    return values


def _numbers(values: list[Any], where: str) -> list[float]:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            msg = f"{where} must hold numbers, got {shorten(value)}"
            raise BundleError(msg)
    return [finite(value, where) for value in values]
