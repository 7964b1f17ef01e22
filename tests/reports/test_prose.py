"""Markdown becomes HTML; what is no Markdown stays text."""

from __future__ import annotations

import pytest

from happysad.reports.prose import prose

pytest.importorskip("markdown_it", reason="the extra web is not installed")


def test_headings_sink_and_tables_can_be_scrolled_by_keyboard() -> None:
    html = prose("# One\n\n###### Six\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", below=1)
    assert "<h2>One</h2>" in html
    assert "<h6>Six</h6>" in html
    assert '<div class="scroll" tabindex="0"' in html
    assert "<td>2</td>" in html
    assert html.count("</table></div>") == 1


def test_t35_markup_in_markdown_is_shown_and_not_obeyed() -> None:
    text = "<script>alert(1)</script> <img src=x onerror=alert(1)>\n\n<b>x</b> `<i>`\n"
    html = prose(f"# {text}\n{text}")
    assert not any(tag in html for tag in ("<script", "<img", "<b>", "<i>"))
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("place", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_t35_links_lead_to_pages_alone(place: str) -> None:
    assert "href" not in prose(f"[x]({place})")
    assert "<img" not in prose(f"![x]({place})")
    assert "<img" not in prose("![x](https://elsewhere.example/x.png)")
    assert 'href="https://a.example/"' in prose("[x](https://a.example/)")
