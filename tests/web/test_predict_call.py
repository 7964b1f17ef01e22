"""``/v1/predict`` and its neighbours, asked over a socket."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("fastapi", reason="the extra web is not installed")

from PIL import Image
from services import ONE_VIEW, TWO_VIEWS, Service, picture, plain, serving

from happysad.predictor import load

CLOSE = 1e-6


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving() as made:
        yield made


def same(told: dict, known: dict) -> None:
    """Assert that an answer is the predictor's own, whatever it was answered beside."""
    told, known = dict(told), json.loads(json.dumps(known))
    for table in (told, known):
        table.pop("source")
    for name, value in known.pop("probabilities").items():
        assert told["probabilities"][name] == pytest.approx(value, abs=CLOSE)
    told.pop("probabilities")
    faces = told.pop("faces"), known.pop("faces")
    assert len(faces[0]) == len(faces[1])
    for mine, theirs in zip(*faces, strict=True):
        assert mine["box"] == pytest.approx(theirs["box"], abs=CLOSE)
        assert mine["probabilities"] == pytest.approx(theirs["probabilities"], abs=CLOSE)
    for name in ("views", "off_topic"):
        mine, theirs = told.pop(name), known.pop(name)
        if isinstance(theirs, dict):
            assert mine.pop("sentence") == theirs.pop("sentence")
            assert mine == pytest.approx(theirs, abs=CLOSE)
        else:
            assert mine == (theirs if theirs is None else pytest.approx(theirs, abs=CLOSE))
    assert told == known


def test_the_bytes_of_one_picture_are_a_call(service: Service):
    data = picture()
    answer = service.predict(data, query="?name=party.jpg")
    assert answer.status == 200
    (told,) = answer.json["predictions"]
    assert told["source"] == "party.jpg"
    known = load(TWO_VIEWS).predict(data)
    same(told, known.as_dict())
    assert [*told] == [*known.as_dict()]
    assert answer.json["model"]["name"] == load(TWO_VIEWS).manifest.name
    assert service.predict(data, "application/octet-stream").json["predictions"][0]["error"] is None


def test_parts_of_a_form_are_answered_in_their_order_and_a_bad_one_costs_itself(service: Service):
    good, other = picture(seed=3), picture("sad", seed=4, side=300, kind="PNG")
    answer = service.form(
        ("file", "one.jpg", good),
        ("url", "", b"http://127.0.0.1:9/none.jpg"),
        ("file", "<img src=x onerror=alert(1)>.jpg", b"GIF89a, but no picture"),
        ("file", "two.png", other),
        ("file", "empty.jpg", b""),
    )
    assert answer.status == 200
    told = answer.json["predictions"]
    names = [one["source"] for one in told]
    assert names[0] == "one.jpg"
    assert names[1].startswith("http://127.0.0.1")
    assert names[2:] == ["<img src=x onerror=alert(1)>.jpg", "two.png", "empty.jpg"]
    codes = [one["error"] and one["error"]["code"] for one in told]
    assert codes[0] is None
    assert codes[3] is None
    assert codes[1] == "fetch_failed"
    assert codes[4] == "zero_bytes"
    assert codes[2] is not None
    same(told[0], load(TWO_VIEWS).predict(good).as_dict())
    same(told[3], load(TWO_VIEWS).predict(other).as_dict())


def test_json_takes_addresses_and_base64_and_gives_reasons(service: Service):
    data = picture(seed=7, side=240)
    coded = base64.b64encode(data).decode()
    answer = service.about({"base64": coded, "name": "a"}, {"base64": coded}, explain=True)
    assert answer.status == 200
    first, second = answer.json["predictions"]
    assert (first["source"], second["source"]) == ("a", "bytes")
    drawn = first["explanation"]["map"].removeprefix("data:image/png;base64,")
    image = Image.open(io.BytesIO(base64.b64decode(drawn)))
    assert image.mode == "RGBA"
    shown = Image.open(io.BytesIO(data)).size
    assert image.width / image.height == pytest.approx(shown[0] / shown[1], rel=0.02)
    assert "explanation" not in service.about({"base64": coded}).json["predictions"][0]


def test_reasons_of_a_picture_that_is_none_are_none(service: Service):
    (told,) = service.predict(b"no picture", query="?explain=true").json["predictions"]
    assert told["explanation"] == {"map": None, "picture": None}
    assert told["error"]["code"] == "unsupported_format"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 422),
        (b"[1, 2", "application/json", 422),
        (b"[" * 10_000, "application/json", 422),
        (b"[" * 100_000, "application/json", 413),
        (b'{"pictures": []}', "application/json", 422),
        (b'{"pictures": [{}]}', "application/json", 422),
        (b'{"pictures": [{"base64": "?"}]}', "application/json", 422),
        (b'{"pictures": [{"url": "http://a/", "base64": ""}]}', "application/json", 422),
        (b'{"pictures": [{"url": "http://a/"}], "and": 1}', "application/json", 422),
        (b'{"pictures": [{"base64": "", "name": "\\ud800"}]}', "application/json", 422),
        (b"hello", "text/plain", 415),
        (b"hello", "", 415),
        (b"hello", "multipart/form-data", 422),
        (b"hello", "multipart/form-data; boundary=x", 422),
        (b"--x\r\n" + b"A: b\r\n" * 20_000, "multipart/form-data; boundary=x", 422),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
        (b"--x\r\nNo: name\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x", 422),
    ],
)
def test_what_cannot_be_understood_is_a_problem(
    service: Service, body: bytes, kind: str, status: int
):
    answer = service.predict(body, kind)
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["detail"]
    assert answer.json["request_id"] == answer.headers["x-request-id"]


def test_a_form_of_other_names_is_told_which_it_takes(service: Service):
    for part in (("picture", "a.jpg", b"1"), ("file", "", b"1"), ("url", "a.txt", b"1")):
        answer = service.form(part)
        assert answer.status == 422
        assert "'file'" in answer.json["detail"]


def test_what_the_model_is_and_says(service: Service):
    model, labels = (service.ask("GET", f"/v1/{what}").json for what in ("model", "labels"))
    predictor = load(TWO_VIEWS)
    assert labels == {"classes": [*predictor.classes], "unsure": "unsure"}
    assert model["classes"] == [*predictor.classes]
    assert model["training_pictures"] == len(predictor.manifest.training)
    assert {*model["scores"]} == {*predictor.manifest.scores}
    assert len(model["sha256"]) == 64


def test_another_model_takes_over_while_calls_are_under_way():
    data = picture()
    with serving() as service, ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(service.predict, data, query="?explain=1") for _ in range(12)]
        service.engine.use(load(ONE_VIEW))
        names = {answer.result().json["model"]["name"] for answer in asked}
        assert {answer.result().status for answer in asked} == {200}
        assert names <= {load(TWO_VIEWS).manifest.name, load(ONE_VIEW).manifest.name}
        last = service.predict(data, query="?explain=1").json
        assert last["model"]["name"] == load(ONE_VIEW).manifest.name
        same_without_reasons = dict(last["predictions"][0])
        assert same_without_reasons.pop("explanation") == {"map": None, "picture": None}
        same(same_without_reasons, load(ONE_VIEW).predict(data).as_dict())


def test_without_a_model_there_is_no_answer_and_no_readiness():
    with serving(None) as service:
        assert service.ask("GET", "/healthz").status == 200
        assert service.ask("GET", "/readyz").status == 503
        answer = service.predict(picture())
        assert answer.status == 503
        assert "no model" in answer.json["detail"]
        service.engine.use(load(ONE_VIEW))
        assert service.ask("GET", "/readyz").status == 200
        assert service.predict(picture()).status == 200


def test_t31_answers_are_the_predictors_whoever_else_asks(service: Service):
    pictures = [
        picture(mood, seed=seed, side=side, kind=kind)
        for seed, (mood, side, kind) in enumerate(
            (mood, side, kind)
            for mood in ("happy", "sad")
            for side in (64, 200, 500)
            for kind in ("JPEG", "PNG")
        )
    ]
    predictor = load(TWO_VIEWS)
    known = [predictor.predict(data).as_dict() for data in pictures]

    def ask(number: int) -> None:
        chosen = [(number * 5 + step) % len(pictures) for step in range(1 + number % 3)]
        answer = service.form(*(("file", "x", pictures[index]) for index in chosen))
        assert answer.status == 200
        for index, told in zip(chosen, answer.json["predictions"], strict=True):
            same(told, known[index])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(ask, range(60)))
    largest = service.engine.metrics.text().decode()
    assert 'happysad_batch_pictures_bucket{le="1.0"}' in largest


def test_t04_every_hostile_file_is_an_answer_or_a_typed_error(service: Service, shared_data):
    files = sorted(path for path in (shared_data / "hostile").rglob("*") if path.is_file())
    small = [path for path in files if path.stat().st_size < 2_000_000][:120]
    assert len(small) > 10
    for start in range(0, len(small), 20):
        part = small[start : start + 20]
        answer = service.form(*(("file", "x", path.read_bytes()) for path in part))
        assert answer.status == 200
        for told in answer.json["predictions"]:
            assert (told["error"] is None) != (told["label"] is None)


def test_a_picture_of_too_many_pixels_is_one_error(service: Service):
    (told,) = service.predict(plain(20_000, 10), "image/png").json["predictions"]
    assert told["error"]["code"] == "too_many_pixels"
