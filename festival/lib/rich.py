"""Long texts that organizers write: Markdown in, safe HTML out."""

import markdown
import nh3
from markupsafe import Markup

#: Headings start at h3: the page around the text holds h1 and h2.
_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "h3",
    "h4",
    "blockquote",
    "a",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
_DEEPER = {"h1": "h3", "h2": "h4"}


def rich(text: str) -> Markup:
    """Return Markdown as HTML with nothing that could act: no script, style, picture or form; links open no window."""
    html = markdown.markdown(text, extensions=["sane_lists", "nl2br", "tables"], output_format="html")
    for shallow, deep in _DEEPER.items():
        html = html.replace(f"<{shallow}>", f"<{deep}>").replace(f"</{shallow}>", f"</{deep}>")
    clean = nh3.clean(
        html, tags=_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel="noreferrer"
    )
    return Markup(clean)  # noqa: S704  # nh3 has just made it safe
