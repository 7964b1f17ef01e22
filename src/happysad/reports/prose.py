"""Markdown → HTML for pages; markup within it stays text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token
    from markupsafe import Markup


def prose(markdown: str, *, below: int = 0) -> Markup:
    """Return Markdown as HTML that a template takes as it is.

    Args:
        markdown: CommonMark with tables. HTML in it is shown, not obeyed, and links lead to web
            pages, mail or places within this server alone.
        below: levels by which headings sink, for a text within another.
    """
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    tokens = parser.parse(markdown)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + below)}"
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    # The renderer escapes every text; what stands around it is the parser's own.
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704


def _open_table(_self: object, _tokens: Sequence[Token], *_: object) -> str:
    """Let a wide table be scrolled by itself, by keyboard too."""
    return '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>'


def _close_table(_self: object, _tokens: Sequence[Token], *_: object) -> str:
    return "</table></div>"
