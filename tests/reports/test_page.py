"""The page: text stays text, nothing is loaded, nothing is left half written."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from happysad.errors import UsageError
from happysad.reports import page

NASTY = "<img src=x onerror=alert(1)>.jpg"


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template folder with the real layout and room for a test's own page."""
    folder = tmp_path / "templates"
    folder.mkdir()
    for name in ("base.html", "macros.html", "palette.css", "style.css"):
        (folder / name).write_bytes((page.TEMPLATES / name).read_bytes())
    monkeypatch.setattr(page, "TEMPLATES", folder)
    page._environment.cache_clear()
    yield folder
    page._environment.cache_clear()


def write_template(folder: Path, main: str, style: str = "") -> None:
    (folder / "own.html").write_text(
        '{% extends "base.html" %}{% import "macros.html" as ui %}'
        "{% block title %}{{ name }}{% endblock %}"
        f"{{% block style %}}{style}{{% endblock %}}"
        f"{{% block main %}}{main}{{% endblock %}}"
    )


def test_t35_a_name_with_markup_is_shown_as_text_everywhere(templates: Path) -> None:
    write_template(
        templates,
        '{{ name }}{{ ui.file(name) }}{{ ui.headline(name, name, name) }}<p title="{{ name }}"></p>'
        "{{ ui.thumbnails([{'uri': '', 'name': name, 'caption': name}]) }}",
    )
    html = page.render("own.html", name=NASTY + '" onload="x')
    assert "<img src=x" not in html
    assert 'onload="x' not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 8


def test_t35_the_policy_allows_only_the_pages_own_style(templates: Path) -> None:
    write_template(templates, "text", style=".own > b { color: red }")
    html = page.render("own.html", name="x")
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert style is not None
    assert policy is not None
    assert ".own > b" in style[1]
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'")
    assert "<script" not in html
    assert "http://" not in html
    assert "https://" not in html


def test_a_missing_value_is_a_defect(templates: Path) -> None:
    write_template(templates, "{{ forgotten }}")
    with pytest.raises(UndefinedError, match="forgotten"):
        page.render("own.html", name="x")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("two\nlines.jpg", r"two\nlines.jpg"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        ("raw\udcff.jpg", r"raw\udcff.jpg"),
        ("שמח/glücklich 悲しい.jpg", "שמח/glücklich 悲しい.jpg"),
    ],
)
def test_t11_hidden_characters_are_written_out(name: str, shown: str) -> None:
    assert page.visible(name) == shown


def test_t11_a_page_with_a_lone_surrogate_is_written(tmp_path: Path) -> None:
    target = tmp_path / "new" / "page.html"
    page.write_text(target, "raw \udc80 name, é")
    assert target.read_text(encoding="utf-8") == "raw \\udc80 name, é"


def test_t26_a_failed_write_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "page.html"
    folder.mkdir()
    with pytest.raises(UsageError, match="Choose another place"):
        page.write_text(folder, "text")
    assert list(tmp_path.iterdir()) == [folder]


def test_writing_replaces_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    page.write_text(target, "old")
    page.write_text(target, "new")
    assert target.read_text() == "new"
    assert [item.name for item in tmp_path.iterdir()] == ["page.html"]


def test_data_uri() -> None:
    assert page.data_uri(b"\x01\x02") == "data:image/png;base64,AQI="
    assert page.data_uri(b"", kind="image/jpeg") == "data:image/jpeg;base64,"


def test_the_score_table_shows_undefined_scores_with_their_reason(templates: Path) -> None:
    write_template(templates, "{{ ui.score_table([(score, 'meaning', none)]) }}")
    score = {"name": "recall", "low": float("nan"), "high": float("nan"), "n": 0}
    score |= {"value": float("nan"), "method": "undefined: no happy picture"}
    html = page.render("own.html", name="x", score=score)
    assert "undefined: no happy picture" in html
    assert "<svg" not in html
    assert "nan" not in html
