"""Templates: Chinese only as messages, nothing unescaped, no language without a say; what djlint's patterns cannot see."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.database import ROOT

TEMPLATES = ROOT / "templates"
CHINESE = re.compile(r"[\u3400-\u9fff\uff01-\uff5e\u3001\u3002\u300a-\u3011]")
MESSAGES = {"_", "_n", "gettext", "ngettext"}


def templates() -> list[Path]:
    """Return every template."""
    return sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt", ".xml", ".svg"})


def parsed(path: Path) -> nodes.Template:
    """Return a template's syntax tree."""
    environment = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True)
    return environment.parse(path.read_text(encoding="utf-8"))


def loose_chinese(node: nodes.Node) -> Iterator[str]:
    """Yield every Chinese text that is no message; comments are not part of the tree."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in MESSAGES:
        for keyword in node.kwargs:
            yield from loose_chinese(keyword)
        return
    text = node.data if isinstance(node, nodes.TemplateData) else node.value if isinstance(node, nodes.Const) else ""
    if isinstance(text, str) and CHINESE.search(text):
        yield f"line {node.lineno}: {' '.join(text.split())[:60]}"
    for child in node.iter_child_nodes():
        yield from loose_chinese(child)


def faults(found: dict[Path, list[str]]) -> dict[str, list[str]]:
    """Return what was found, by template, without the empty ones."""
    return {str(path.relative_to(TEMPLATES)): seen for path, seen in found.items() if seen}


def test_chinese_stands_only_in_messages():
    assert faults({path: list(loose_chinese(parsed(path))) for path in templates()}) == {}


def test_nothing_is_let_through_unescaped():
    found = {
        path: [
            f"line {node.lineno}"
            for node in parsed(path).find_all((nodes.Filter, nodes.Name, nodes.MarkSafe, nodes.ScopedEvalContextModifier))
            if not isinstance(node, nodes.Filter | nodes.Name) or node.name in {"safe", "Markup"}
        ]
        for path in templates()
    }

    assert faults(found) == {}


@pytest.mark.parametrize("text", ["{{ _('报名') }}", "{# 报名 #}", "{{ _('余 %(n)s 个', n=places) }}", "plain"])
def test_a_message_or_a_comment_is_no_loose_chinese(text):
    assert list(loose_chinese(Environment().parse(text))) == []


@pytest.mark.parametrize("text", ["报名", "{{ '报名' }}", "{{ _('位', n='报名') }}", "{% set x = '报名' %}", "<a title='报名'>"])
def test_loose_chinese_is_seen(text):
    assert len(list(loose_chinese(Environment().parse(text)))) == 1
