from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from happysad.drawn import draw
from happysad.verbs.label import label

_IDS = count()


def sent(picture: str, answer: str = "happy", **more) -> dict:
    name = f"test-id-{next(_IDS):04d}"
    values = {"id": name, "kind": "answer", "person": "ann", "expects": 0}
    return {**values, "picture": picture, "answer": answer, **more}


def cards(client, person: str = "ann", **more) -> list[dict]:
    query = "&".join(f"{key}={value}" for key, value in {"person": person, **more}.items())
    return client.get(f"/api/next?{query}")["cards"]


def test_the_pool_says_what_it_is(client):
    found = client.get("/api/pool")
    assert found["classes"] == ["happy", "sad"]
    assert found["name"] == "pictures"
    assert found["people"] == []
    assert found["review"] is False


def test_pictures_come_once_and_go_when_they_are_answered(client):
    first = cards(client, count=5)
    held = ",".join(card["picture"] for card in first)
    more = cards(client, count=20, held=held)
    assert len(first) == 5
    assert len({card["picture"] for card in [*first, *more]}) == 12
    status, answer = client.post("/api/labels", sent(first[0]["picture"]))
    assert (status, answer["number"]) == (200, 1)
    assert len(cards(client, count=20)) == 11
    found = client.get("/api/status?person=ann")
    assert (found["answered"], found["groups"], found["mine"]) == (1, 12, 1)
    assert found["counts"] == {"happy": 1, "sad": 0, "unsure": 0}
    assert found["learner"]["state"] == "none"


def test_two_people_at_once_are_not_given_the_same_pictures(client):
    ann = {card["picture"] for card in cards(client, "ann", count=6)}
    bob = {card["picture"] for card in cards(client, "bob", count=20)}
    assert len(ann) == len(bob) == 6
    assert not ann & bob
    assert len(cards(client, "cy", count=20)) == 12  # nobody is sent away while there is work


def test_t37_a_retry_is_answered_like_the_first_and_a_second_window_gets_409(client):
    picture = cards(client)[0]["picture"]
    first = sent(picture)
    assert client.post("/api/labels", first) == client.post("/api/labels", first)
    status, problem = client.post("/api/labels", sent(picture, "sad"))
    assert status == 409
    assert "'ann' said 'happy'" in problem["detail"]
    assert client.get("/api/status?person=ann")["counts"]["happy"] == 1


def test_undo_outlives_a_reload(client):
    picture = cards(client)[0]["picture"]
    client.post("/api/labels", sent(picture))
    (recent,) = client.get("/api/recent?person=ann")["labels"]
    assert recent["answer"] == "happy"
    back = sent(picture, "", kind="undo", expects=recent["number"])
    assert client.post("/api/labels", back)[0] == 200
    assert client.get("/api/recent?person=ann")["labels"] == []
    assert len(cards(client, count=20)) == 12


def test_a_disagreement_is_listed_and_settled(client):
    picture = cards(client)[0]["picture"]
    client.post("/api/labels", sent(picture, "happy"))
    client.post("/api/labels", sent(picture, "sad", person="bob"))
    (found,) = client.get("/api/disagreements")["disagreements"]
    assert found["said"] == [
        {"person": "ann", "answer": "happy"},
        {"person": "bob", "answer": "sad"},
    ]
    verdict = sent(picture, "sad", kind="settle", expects=found["expects"])
    assert client.post("/api/labels", verdict)[0] == 200
    late = sent(picture, "happy", kind="settle", expects=found["expects"], person="bob")
    assert client.post("/api/labels", late)[0] == 409
    assert client.get("/api/disagreements")["disagreements"] == []
    assert client.get("/api/status?person=ann")["agreement"] == {"same": 0, "seen": 1}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b"[]", 422),
        ({"id": "x"}, 422),
        ({**sent("0" * 64), "more": 1}, 422),
        (sent("../../etc/passwd"), 422),
        (sent("0" * 64), 404),
        (sent("0" * 64, kind="delete"), 422),
    ],
)
def test_what_is_no_label_is_a_problem_document(client, body, status):
    found, headers, data = client.ask("POST", "/api/labels", body)
    assert found == status
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(data).keys() >= {"type", "title", "status", "detail"}


def test_an_answer_that_is_no_class_is_refused(client):
    status, problem = client.post("/api/labels", sent(cards(client)[0]["picture"], "angry"))
    assert status == 422
    assert "angry" in problem["detail"]


@pytest.mark.parametrize(
    "query", ["", "person=", "person=%20", "person=a&count=0", "person=a&held=x"]
)
def test_a_wrong_question_is_a_problem_document(client, query):
    status, headers, _ = client.ask("GET", f"/api/next?{query}")
    assert status == 422
    assert headers["content-type"] == "application/problem+json"


def test_t06_pictures_are_made_anew_without_metadata_and_no_larger_than_asked_for(
    tmp_path: Path, serving: Callable
):
    pool = tmp_path / "pool"
    pool.mkdir()
    image = draw("happy", seed=1, side=1600)
    exif = Image.Exif()
    exif[0x010E] = "somewhere private"
    image.save(pool / "large.jpg", exif=exif)
    with label(pool) as session, serving(session) as client:
        session.wait_until_read()
        picture = cards(client)[0]["picture"]
        for path, side in (("pictures", 1280), ("thumbnails", 320)):
            status, headers, data = client.ask("GET", f"/{path}/{picture}")
            assert status == 200
            assert headers["content-type"] == "image/jpeg"
            assert b"private" not in data
            assert max(Image.open(io.BytesIO(data)).size) == side
        assert (
            client.ask("GET", f"/pictures/{picture}")[2]
            == client.ask("GET", f"/pictures/{picture}")[2]
        )


def test_a_file_that_changed_or_went_is_a_problem_document(tmp_path: Path, serving: Callable):
    pool = tmp_path / "pool"
    pool.mkdir()
    for seed in (1, 2):
        draw("sad", seed=seed, side=64).save(pool / f"{seed}.png")
    with label(pool) as session, serving(session) as client:
        session.wait_until_read()
        by_file = {card["file"]: card["picture"] for card in cards(client, count=2)}
        draw("sad", seed=3, side=64).save(pool / "1.png")
        (pool / "2.png").unlink()
        for file in ("1.png", "2.png"):
            status, _, body = client.ask("GET", f"/pictures/{by_file[file]}")
            assert status == 404
            assert json.loads(body)["code"] in {"vanished", "missing"}


def test_t35_t11_odd_names_are_text_and_tables_keep_their_bytes(tmp_path: Path, serving: Callable):
    pool = tmp_path / "pool"
    pool.mkdir()
    names = [b"<img src=x onerror=alert(1)>.png", b"broken\xff.png", b"two\nlines.png"]
    for seed, name in enumerate(names):
        draw("sad", seed=seed, side=64).save(tmp_path / "drawn.png")
        shutil.move(tmp_path / "drawn.png", os.fsencode(pool) + b"/" + name)
    with label(pool) as session, serving(session) as client:
        session.wait_until_read()
        found = cards(client, count=3)
        assert {card["file"] for card in found} == {
            "<img src=x onerror=alert(1)>.png",
            "broken\\udcff.png",
            "two\\nlines.png",
        }
        for card in found:
            client.post("/api/labels", sent(card["picture"], "sad"))
        _, headers, data = client.ask("GET", "/labels.csv")
        assert headers["content-type"].startswith("text/csv")
        table = csv.reader(io.StringIO(data.decode("utf-8", "surrogateescape"), newline=""))
        files = [row[0] for row in table][1:]
        assert sorted(map(os.fsencode, files)) == sorted(names)


def test_half_of_the_pictures_are_asked_of_two_people(labelling_of: Callable, serving: Callable):
    with labelling_of(double=0.5) as session, serving(session) as client:
        for person in ("ann", "bob", "cy"):
            while found := cards(client, person):
                client.post("/api/labels", sent(found[0]["picture"], person=person))
        agreement = client.get("/api/status?person=ann")["agreement"]
        assert 0 < agreement["seen"] < 12
        assert agreement["same"] == agreement["seen"]
        assert client.get("/api/status?person=cy")["mine"] == 0


def test_near_duplicates_are_asked_about_once(tmp_path: Path, serving: Callable):
    pool = tmp_path / "pool"
    pool.mkdir()
    image = draw("happy", seed=5, side=400)
    image.save(pool / "a.png")
    image.resize((200, 200)).save(pool / "b.jpg")
    draw("sad", seed=6, side=200).save(pool / "c.png")
    with label(pool) as session, serving(session) as client:
        session.wait_until_read()
        found = cards(client, count=10)
        assert sorted(card["file"] for card in found) == ["a.png", "c.png"]
        client.post("/api/labels", sent(next(c["picture"] for c in found if c["file"] == "a.png")))
        assert [card["file"] for card in cards(client, count=10)] == ["c.png"]
