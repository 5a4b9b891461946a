"""Draws the states of a sign-up for the documents, from the rules themselves: ``python -m festival.signups.diagram``."""

from pathlib import Path

from flask import Flask

from festival.lib import i18n
from festival.lib.i18n import speaking
from festival.signups.rules import COUNTED, FIRST, LIVE, TRANSITIONS, State
from festival.signups.wording import STATE_WORDS

FILE = Path(__file__).parents[2] / "docs" / "sign-up-states.md"

_PAGE = """# The states of a sign-up

Drawn from `festival/signups/rules.py` by `make states`; a test keeps this page equal to the code. A way that is not drawn
does not exist: the engine stops rather than take it.

```mermaid
{diagram}
```

| State | 中文 | English | Counts against the capacity | Something can still become of it |
|---|---|---|---|---|
{table}

An offer counts until its deadline, then its place goes to the next. Whoever waits, is under review or in the hat holds no place.
"""


def page() -> str:
    """Return the page as the rules have it. Needs the compiled English catalogue."""
    return _PAGE.format(diagram=_diagram(), table=_table())


def _diagram() -> str:
    chinese, english = _words("zh"), _words("en")
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{chinese[state]} · {english[state]}" as {state}' for state in State]
    lines += [f"    [*] --> {state}" for state in FIRST]
    lines += [f"    {state} --> {after}" for state in State for after in State if after in TRANSITIONS[state]]
    lines += [f"    {state} --> [*]" for state in State if not TRANSITIONS[state]]
    return "\n".join(lines)


def _table() -> str:
    chinese, english = _words("zh"), _words("en")
    return "\n".join(
        f"| `{state}` | {chinese[state]} | {english[state]} | {_mark(state in COUNTED)} | {_mark(state in LIVE)} |"
        for state in State
    )


def _mark(is_so: bool) -> str:  # noqa: FBT001  # a cell
    return "yes" if is_so else ""


def _words(language: i18n.Locale) -> dict[State, str]:
    app = Flask("festival")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    i18n.init_app(app)
    with app.test_request_context(), speaking(language):
        return {state: str(STATE_WORDS[state]) for state in State}


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
