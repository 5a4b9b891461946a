"""What the layouts ask about pages: which exist, and which one is being read. Navigation shows only what can be opened."""

import re
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, request, url_for

#: ``<slug:slug>`` in a rule is ``<slug>`` in a question to ``path_to``.
_CONVERTER = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


@lru_cache(maxsize=8)
def _endpoints(app: Flask) -> dict[str, str]:
    """Return the endpoint behind each address, converters taken out of it; of two at one address, the one that can be read."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: "GET" in (rule.methods or set()))
    return {_CONVERTER.sub(r"<\1>", rule.rule): rule.endpoint for rule in rules}


def path_to(address: str, **values: Any) -> str | None:
    """Return the path of a public address such as ``/activities/<slug>`` in the page's language.

    None when this release has no such page, so that a menu can leave it out.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # the cache needs the app itself
    endpoint = _endpoints(app).get(address)
    return None if endpoint is None else url_for(endpoint, **values)


def is_here(path: str | None, *, exact: bool = False) -> bool:
    """Tell whether the page being read is the one at this path or, unless ``exact``, lies below it."""
    if path is None:
        return False
    here = request.root_path + request.path
    return here == path or (not exact and not path.endswith("/") and here.startswith(f"{path}/"))
