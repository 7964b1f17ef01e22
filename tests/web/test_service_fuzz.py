"""Whatever the service's own description allows, and much that it does not, gets no 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from services import ONE_VIEW, Service, serving

CHECKS = (
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
MODES = schemathesis.GenerationMode
FEW = settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving(ONE_VIEW) as made:
        yield made


def test_the_description_is_whole(service: Service):
    described = service.ask("GET", "/v1/openapi.json").json
    assert {*described["paths"]} == {"/v1/predict", "/v1/model", "/v1/labels", "/readyz"}
    named = {*described["components"]["schemas"]}
    pointed = {part.split('"')[0] for part in json.dumps(described).split("#/components/schemas/")}
    assert {*filter(str.isidentifier, pointed)} - {""} <= named
    page = service.ask("GET", "/v1/docs").body.decode()
    for name in (*described["paths"], *named):
        assert name in page
    assert "<script" not in page


@pytest.mark.parametrize("mode", [MODES.POSITIVE, MODES.NEGATIVE])
def test_t34_a_fuzz_of_the_description_finds_no_server_error(service: Service, mode):
    schema = schemathesis.openapi.from_url(f"{service.url}/v1/openapi.json")
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @FEW
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case) -> None:
            nonlocal tried
            tried += 1
            answer = case.call(timeout=60)
            case.validate_response(answer, checks=CHECKS)

        try:
            check()
        except Exception as error:
            # Nothing to send that the description forbids, where it has no parameters.
            if type(error).__name__ != "Unsatisfiable" and "Unsatisfiable" not in repr(error):
                raise
    assert tried >= 40
    assert service.engine.room.is_empty
