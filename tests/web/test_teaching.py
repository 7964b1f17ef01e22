"""The routes of the teaching page, asked as the page does, and as somebody who should not."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from PIL import Image

from happysad.config import CheckOptions, FetchOptions, Limits
from happysad.drawn import draw
from ports import free_port
from waiting import until

pytest.importorskip("fastapi", reason="the extra web is not installed")

pytestmark = pytest.mark.usefixtures("no_plots")

TINY_TWO_VIEW = Path(__file__).parents[1] / "fixtures" / "tiny-two-view.happysad"
SMALL = Limits(max_bytes=100_000)


class Teacher:
    """Asks a teaching page's server."""

    def __init__(self, client: Any, site: Any) -> None:
        self.client = client
        self.site = site

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/teach/{path}")

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        return self.client.post(f"/api/teach/{path}", body)

    def add(self, name: str, data: bytes, label: str = "happy", **more: str) -> tuple[int, Any]:
        query = urlencode({"name": name, "label": label, **more})
        status, _, answer = self.client.ask("POST", f"/api/teach/pictures?{query}", data)
        return status, json.loads(answer)

    def seen(self, number: int) -> Any:
        """Return the pictures once so many files have been looked at."""
        until(lambda: self.get("pictures")["reading"] == {"done": number, "total": number})
        return self.get("pictures")


@contextmanager
def taught(folder: Path, client_of: Any) -> Iterator[Teacher]:
    from happysad.web.server import listen, make_server
    from happysad.web.teaching_site import teaching_site

    listener, door = listen("127.0.0.1", free_port())
    with teaching_site(
        folder,
        door,
        base=str(TINY_TWO_VIEW),
        check=CheckOptions(workers=1, limits=SMALL),
        fetch=FetchOptions(allow_private=True),
    ) as site:
        server = make_server(site.app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Teacher(client_of(door.host, door.port, door.token, door.cookie), site)
        finally:
            server.should_exit = True
            thread.join(60)
            listener.close()


@pytest.fixture
def teacher(tmp_path: Path, client_type: Any) -> Iterator[Teacher]:
    with taught(tmp_path / "work", client_type) as teacher:
        yield teacher


def png(seed: int, mood: str = "happy") -> bytes:
    target = io.BytesIO()
    draw(mood, seed=seed, side=96).save(target, "PNG")  # type: ignore[arg-type]
    return target.getvalue()


def test_pictures_come_in_and_are_looked_at_at_once(teacher: Teacher, tmp_path: Path) -> None:
    assert teacher.get("workspace")["classes"] == ["happy", "sad"]
    assert teacher.add("a.png", png(1)) == (201, {"file": "happy/a.png"})
    assert teacher.add("again.png", png(1), "sad")[0] == 201
    assert teacher.add("broken.png", b"", "sad")[0] == 201
    assert teacher.add("inner/.DS_Store", b"x") == (201, {"file": None})
    assert teacher.add("b.png", b"x", "calm")[0] == 422
    state = teacher.seen(3)
    assert [(one["file"], one["label"], one["shown"]) for one in state["pictures"]] == [
        ("happy/a.png", None, True), ("sad/again.png", None, True), ("sad/broken.png", None, False),
    ]  # fmt: skip
    found = {one["code"]: len(one["pictures"]) for one in state["findings"]}
    assert found == {"both_classes": 2, "zero_bytes": 1}
    same = teacher.get(f"pictures?known={state['version']}&trained=0")
    assert same == {"version": state["version"], "same": True}
    assert (tmp_path / "work" / "pictures" / "happy" / "a.png").read_bytes() == png(1)


def test_a_decision_is_kept_followed_and_taken_back(teacher: Teacher, tmp_path: Path) -> None:
    teacher.add("a.png", png(1))
    teacher.add("b.png", png(2))
    one, other = teacher.seen(2)["pictures"]
    sent = [{"picture": one["id"], "choice": "drop"}]
    sent += [{"picture": other["id"], "choice": "relabel", "suggested": "sad"}]
    assert teacher.post("decisions", {"decisions": sent})[0] == 200
    now = teacher.get("pictures")["pictures"]
    assert [(each["label"], each["decision"]) for each in now] == [
        (None, "drop"),
        ("sad", "relabel"),
    ]
    assert "happy/a.png,happy,drop" in (tmp_path / "work" / "decisions.csv").read_text()
    back = [{"picture": each["id"], "choice": None} for each in (one, other)]
    assert teacher.post("decisions", {"decisions": back})[0] == 200
    assert {each["label"] for each in teacher.get("pictures")["pictures"]} == {"happy"}
    wrong = [{"picture": "0" * 32, "choice": "drop"}]
    assert teacher.post("decisions", {"decisions": wrong})[0] == 404


def test_an_address_is_fetched_and_what_is_closed_looks_like_what_is_blocked(
    teacher: Teacher, tmp_path: Path
) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "a.png").write_bytes(png(3))
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{elsewhere.server_port}"
        got = teacher.post("addresses", {"url": f"{at}/a.png?size=1", "label": "sad"})
        assert got == (201, {"file": "sad/a.png"})
        closed = teacher.post("addresses", {"url": f"{at}/none.png", "label": "sad"})
        elsewhere.shutdown()
    blocked = teacher.post("addresses", {"url": "file:///etc/passwd", "label": "sad"})
    for status, problem in (closed, blocked):
        assert (status, problem["code"]) == (422, "fetch_failed")
    assert closed[1]["detail"] == blocked[1]["detail"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_classes_get_names_of_ones_own(teacher: Teacher) -> None:
    assert teacher.post("classes", {"names": ["calm", "angry"]})[1] == {
        "classes": ["angry", "calm"]
    }
    assert teacher.get("pictures")["classes"] == ["angry", "calm"]
    assert teacher.post("classes", {"names": ["a", "a"]})[0] == 422
    teacher.add("a.png", png(1), "calm")
    assert teacher.post("classes", {"names": ["x", "y"]})[0] == 409


def test_it_trains_answers_and_goes_on_labelling(teacher: Teacher, tmp_path: Path) -> None:
    assert teacher.post("training/cancel", {})[0] == 202  # nothing to cancel
    for number in range(16):
        mood = ("happy", "sad")[number % 2]
        assert teacher.add(f"{number}.png", png(number, mood), mood)[0] == 201
    teacher.seen(16)
    status, told = teacher.post("training", {})
    assert (status, told["state"]) == (202, "running")
    assert teacher.post("training", {})[0] == 409
    until(lambda: teacher.get("training")["state"] != "running")
    assert teacher.get("training")["error"] == ""
    newest = teacher.get("results")["newest"]
    score = newest["accuracy"]
    assert score["low"] <= score["value"] <= score["high"]
    assert score["n"] > 0
    assert teacher.client.get("/v1/model")["name"] == newest["name"] == "work-1"
    run = tmp_path / "work" / "runs" / "work-1"
    base = f"/api/teach/runs/{newest['name']}"
    status, headers, data = teacher.client.ask("GET", f"{base}/model.happysad")
    assert (status, data) == (200, (run / "model.happysad").read_bytes())
    assert "attachment" in headers["content-disposition"]
    status, headers, page = teacher.client.ask("GET", f"{base}/report")
    assert (status, page) == (200, (run / "report" / "index.html").read_bytes())
    assert "script" not in headers["content-security-policy"]
    assert teacher.client.ask("GET", f"{base}/pictures.csv")[0] == 200
    for wrong in ("..", "work-2", "%2e%2e", "work-1%2f.."):
        assert teacher.client.ask("GET", f"/api/teach/runs/{wrong}/report")[0] == 404
    (run / "model-web").mkdir()  # made before
    assert teacher.post(f"runs/{newest['name']}/web", {})[1]["folder"].endswith("work-1/model-web")
    assert teacher.post("runs/work-2/web", {})[0] == 404
    label_one_and_take_it(teacher, tmp_path)
    copied = shutil.copytree(tmp_path / "work", tmp_path / "copied")  # it is still at work there
    open_again_with_a_damaged_model(copied)


def test_nothing_is_learned_while_pictures_are_still_looked_at(teacher: Teacher) -> None:
    watch = teacher.site.lessons.watch
    teacher.add("a.png", png(1))
    teacher.seen(1)
    watch.stop()  # it will not come to the next one
    watch.view = replace(watch.view, total=2)
    status, problem = teacher.post("training", {})
    assert (status, problem["detail"].partition(" files")[0]) == (409, "1 of 2")


def label_one_and_take_it(teacher: Teacher, tmp_path: Path) -> None:
    data = png(99, "sad")
    sha256 = hashlib.sha256(data).hexdigest()
    assert teacher.get("pool") == {"pictures": 0, "answered": 0}
    assert teacher.client.ask("GET", "/label")[0] == 503  # no picture to label
    assert teacher.add("new.png", data, "") == (201, {"file": "new.png"})
    status, _, page = teacher.client.ask("GET", "/label")
    assert status == 200
    assert b"label.js" in page
    (card,) = teacher.client.get("/api/next?person=me")["cards"]
    assert card["picture"] == sha256
    said = {"id": "12345678", "kind": "answer", "picture": sha256, "person": "me"}
    assert teacher.client.post("/api/labels", said | {"answer": "sad", "expects": 0})[0] == 200
    assert teacher.get("pool") == {"pictures": 1, "answered": 1}
    unlabelled = teacher.site.lessons.unlabelled
    with ThreadPoolExecutor() as several:  # before the copy has been looked at
        assert sum(several.map(unlabelled.take, [frozenset[str]()] * 4)) == 1
    assert unlabelled.answered(frozenset()) == 0
    assert teacher.post("pool/take", {}) == (200, {"taken": 0})
    assert (tmp_path / "work" / "pictures" / "sad" / "new.png").read_bytes() == data
    until(lambda: teacher.get("pool") == {"pictures": 1, "answered": 0})


def open_again_with_a_damaged_model(folder: Path) -> None:
    from happysad.web.guard import Door
    from happysad.web.teaching_site import teaching_site

    shutil.copytree(folder / "runs" / "work-1", folder / "runs" / "work-2")
    (folder / "runs" / "work-2" / "model.happysad").write_bytes(b"torn")
    check = CheckOptions(workers=1, limits=SMALL)
    door = Door("127.0.0.1", 1)
    with teaching_site(folder, door, base=str(TINY_TWO_VIEW), check=check) as site:
        assert site.engine.served.predictor.manifest.name == "work-1"
        assert [one.name for one in site.lessons.trainings.results] == ["work-1"]


def test_t06_thumbnails_hold_nothing_but_pixels(teacher: Teacher) -> None:
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a secret place"
    draw("happy", seed=1, side=96).save(target, "JPEG", exif=exif)
    teacher.add("a.jpg", target.getvalue())
    teacher.add("broken.jpg", target.getvalue()[:200])
    shown, broken = teacher.seen(2)["pictures"]
    status, headers, data = teacher.client.ask("GET", f"/api/teach/thumbnails/{shown['id']}")
    assert (status, headers["content-type"]) == (200, "image/jpeg")
    assert b"secret" in target.getvalue()
    assert b"secret" not in data
    assert teacher.client.ask("GET", f"/api/teach/thumbnails/{broken['id']}")[0] == 422


def test_t30_a_body_larger_than_a_picture_may_be_is_refused(teacher: Teacher) -> None:
    assert teacher.add("a.png", b"x" * (SMALL.max_bytes + 1))[0] == 413
    pieces = (b"x" * 10_000 for _ in range(20))
    query = "/api/teach/pictures?name=a.png&label=happy"
    assert teacher.client.ask("POST", query, pieces)[0] == 413
    assert teacher.get("pictures")["reading"]["total"] == 0


def test_t30_no_more_pictures_are_on_their_way_at_a_time_than_there_is_room(
    teacher: Teacher,
) -> None:
    room = teacher.site.engine.room
    address = {"url": "http://127.0.0.1:1/a.png", "label": "happy"}
    with room.lease() as lease:
        lease.hold(pictures=teacher.site.engine.options.queue_pictures)
        assert teacher.add("a.png", png(1))[0] == 503
        assert teacher.post("addresses", address)[0] == 503
    assert teacher.add("a.png", png(1))[0] == 201
    assert teacher.post("addresses", address)[0] == 422
    assert room.is_empty


def test_t35_no_path_leads_out(teacher: Teacher, tmp_path: Path) -> None:
    for name in ("../../out.png", "..\\..\\out.png", "/etc/out.png", "C:\\out.png"):
        assert teacher.add(name, png(1))[0] == 201
    inside = {path.name for path in (tmp_path / "work" / "pictures" / "happy").iterdir()}
    assert inside == {"out.png", "out (2).png", "out (3).png", "out (4).png"}
    for path in ("thumbnails/..%2f..%2fdecisions.csv", "thumbnails/happy%2fa.png", "runs/../../x"):
        assert teacher.client.ask("GET", f"/api/teach/{path}")[0] in {404, 422}


def test_t36_writes_need_the_pages_origin_and_token(teacher: Teacher, tmp_path: Path) -> None:
    writes = [
        ("/api/teach/pictures?name=a.png&label=happy", png(1)),
        ("/api/teach/addresses", {"url": "http://127.0.0.1:1/a.png", "label": "happy"}),
        ("/api/teach/classes", {"names": ["a", "b"]}),
        ("/api/teach/decisions", {"decisions": []}),
        ("/api/teach/training", {}),
        ("/api/teach/training/cancel", {}),
        ("/api/teach/pool/take", {}),
    ]
    for path, body in writes:
        for origin in ("https://evil.example", "null", None):
            assert teacher.client.ask("POST", path, body, Origin=origin)[0] == 403
        assert teacher.client.ask("POST", path, body, Cookie=None)[0] == 401
        assert teacher.client.ask("POST", path, body, Host="evil.example")[0] == 400
    for path in ("/api/teach/pictures", "/api/teach/results", "/label", "/v1/model"):
        assert teacher.client.ask("GET", path, Cookie=None)[0] == 401
    assert not any((tmp_path / "work" / "pictures" / "happy").iterdir())
