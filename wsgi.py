"""The application for a server, and ``python wsgi.py`` the built-in one."""

import sys

from config import load
from festival.app import create_app
from festival.lib.serve import serve
from festival.lib.settings import SettingsError

try:
    settings = load()
    app = create_app(settings)
except SettingsError as unsafe:
    print(f"The festival cannot start: {unsafe}", file=sys.stderr)  # noqa: T201  # before there is a log
    raise SystemExit(2) from None

if __name__ == "__main__":
    sys.exit(serve(app, settings))
