"""Routes compiled once for all the applications of a test run.

Each test makes an application of its own, and werkzeug takes each of some four hundred rules apart and compiles two functions
for it: most of the cost of an application, for what is the same every time. It depends on nothing but what the keys name.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.rules import RulePart


class _Parsed(NamedTuple):
    """What werkzeug finds in a rule's text."""

    parts: list[RulePart]
    trace: list[tuple[bool, str]]
    converters: dict[str, BaseConverter]
    arguments: set[str]


_built: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
_compile = Rule._compile_builder
_parsed: dict[tuple[object, ...], _Parsed] = {}
_parse = Rule._parse_rule


def _remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    defaults = tuple(sorted((rule.defaults or {}).items()))
    key = (rule.rule, rule.subdomain, rule.host, defaults, tuple(rule._trace), append_unknown)
    if key not in _built:
        _built[key] = _compile(rule, append_unknown)
    return _built[key]


def _taken_apart(rule: Rule, text: str) -> Iterable[RulePart]:
    key = (text, *rule.map.converters.items())
    if key not in _parsed:
        trace, converters, arguments = rule._trace, rule._converters, rule.arguments
        rule._trace, rule._converters, rule.arguments = [], {}, set()
        _parsed[key] = _Parsed(list(_parse(rule, text)), rule._trace, rule._converters, rule.arguments)
        rule._trace, rule._converters, rule.arguments = trace, converters, arguments
    found = _parsed[key]
    rule._trace.extend(found.trace)
    rule._converters.update(found.converters)
    rule.arguments.update(found.arguments)
    return found.parts


def remember() -> None:
    """Let rules that are alike share their functions and parts, from here on."""
    kept: Any = _remembered
    Rule._compile_builder = kept  # type: ignore[method-assign]  # a test run's own economy
    apart: Any = _taken_apart
    Rule._parse_rule = apart  # type: ignore[method-assign]  # likewise
