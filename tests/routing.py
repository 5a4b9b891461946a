"""Routes compiled once for all the applications of a test run.

Each test makes an application of its own, and werkzeug compiles two functions for each of some three hundred rules: most of the
cost of an application, for functions that are the same every time. They depend on nothing but what the key names.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_built: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
_compile = Rule._compile_builder


def _remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    defaults = tuple(sorted((rule.defaults or {}).items()))
    key = (rule.rule, rule.subdomain, rule.host, defaults, tuple(rule._trace), append_unknown)
    if key not in _built:
        _built[key] = _compile(rule, append_unknown)
    return _built[key]


def remember() -> None:
    """Let rules that are alike share their functions, from here on."""
    kept: Any = _remembered
    Rule._compile_builder = kept  # type: ignore[method-assign]  # a test run's own economy
