"""Charts as pictures: SVG of pygal in our colours, without its scripts. Never part of a page: an address of their own."""

import re
import sys
from hashlib import sha256
from xml.etree import ElementTree as ET

import pygal
from flask import Response, request
from pygal.style import Style

from festival.lib.i18n import _
from festival.overview.rules import WIDTH, Chart, Shape

# pygal puts an old-style finder for its own plug-ins into the way of every later import; we have none of them.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

_SVG = "http://www.w3.org/2000/svg"
#: Nothing but the picture's own style runs, should somebody open it by itself.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_FONT = '-apple-system, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif'
#: Words, quiet words, lines and columns on a white and on a dark card: those of look.css.
_LIGHT = (
    "#1F2329",
    "#4E5969",
    "#E5E6EB",
    ("#17458F", "#9E5200", "#7FA3D6", "#007A50", "#B3261E", "#6A4FB3", "#0A7280", "#7C6117", "#B5396A"),
)
_DARK = (
    "#E9EBEF",
    "#AEB6C2",
    "#2F3641",
    ("#9DBFF7", "#F0B169", "#4F7EC4", "#63CDA0", "#FF9C92", "#C1AFF3", "#6FCBD6", "#DFC472", "#F29ABB"),
)
_SIZE = 14
#: Characters of a label before it is cut.
_LONGEST = 14
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def answer(chart: Chart) -> Response:
    """Return a chart as the answer to a request; ``?theme=dark`` draws it for a dark page."""
    response = Response(svg(chart, dark=request.args.get("theme") == "dark"), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = POLICY
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    response.make_conditional(request)
    return response


def svg(chart: Chart, *, dark: bool = False) -> bytes:
    """Return a chart as SVG: no script, no reference to anything outside it, the same bytes for the same numbers."""
    picture = _picture(chart, _style(chart, dark=dark))
    picture.uuid = chart.key
    if not chart.is_empty:
        # Bars are drawn from the bottom up; the table is read from the top down.
        turned = -1 if chart.shape == Shape.BARS else 1
        picture.x_labels = list(chart.labels)[::turned]
        for one in chart.series:
            picture.add(one.label, list(one.values)[::turned])
    return _cleaned(picture.render())


def _style(chart: Chart, *, dark: bool) -> Style:
    ink, quiet, line, ours = _DARK if dark else _LIGHT
    own = [one.colour for one in chart.series if one.colour and not dark]
    return Style(
        background="transparent",
        plot_background="transparent",
        foreground=quiet,
        foreground_strong=ink,
        foreground_subtle=line,
        guide_stroke_color=line,
        major_guide_stroke_color=line,
        guide_stroke_dasharray="",
        major_guide_stroke_dasharray="",
        opacity="1",
        stroke_opacity="1",
        transition="0s",
        colors=tuple(own) if len(own) == len(chart.series) > 0 else ours,
        font_family=_FONT,
        label_font_family=_FONT,
        major_label_font_family=_FONT,
        legend_font_family=_FONT,
        no_data_font_family=_FONT,
        label_font_size=_SIZE,
        major_label_font_size=_SIZE,
        legend_font_size=_SIZE,
        no_data_font_size=18,
    )


def _picture(chart: Chart, style: Style) -> pygal.graph.graph.Graph:
    lines = max(1, len(chart.labels))
    shared = {
        "style": style,
        "js": [],
        "width": WIDTH,
        "height": chart.height,
        "print_values": False,
        "show_legend": len(chart.series) > 1 and not chart.is_empty,
        "legend_at_bottom": True,
        "legend_box_size": 12,
        "no_data_text": _("还没有数据"),
        "margin": 8,
        "min_scale": 3,
        "max_scale": 6,
        "range": (0, 100) if chart.is_percent else None,
        "formatter": _said,
        "pretty_print": False,
    }
    if chart.shape == Shape.DAYS:
        every = -(-lines // 6)
        return pygal.StackedBar(
            **shared,
            truncate_label=-1,
            show_minor_x_labels=False,
            x_labels_major=list(chart.labels[::every]),
        )
    kind = pygal.HorizontalStackedBar if len(chart.series) > 1 else pygal.HorizontalBar
    # It reckons every letter as narrow as a Latin one.
    wide = max((sum(letter > "\u2e7f" for letter in label[:_LONGEST]) for label in chart.labels), default=0)
    return kind(**shared | {"margin_left": 8 + wide * _SIZE // 2}, truncate_label=_LONGEST)


def _said(value: float | None) -> str:
    """Return a number as the picture says it."""
    if value is None:
        return ""
    return f"{value:g}"


def _cleaned(drawn: bytes) -> bytes:
    """Return a picture without scripts, comments, and the words that only pygal's scripts use."""
    ET.register_namespace("", _SVG)
    root = ET.fromstring(_COMMENT.sub("", drawn.decode()))  # noqa: S314  # made by us a moment ago, of our own numbers
    for parent in root.iter():
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}script", f"{{{_SVG}}}foreignObject"} or child.get("class") == "plot tooltip-overlay":
                parent.remove(child)
    done: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return done
