"""The application for a server; ``python wsgi.py`` runs the built-in one."""

import sys

from config import load
from festival.app import create_app
from festival.lib.serve import serve
from festival.lib.settings import SettingsError
from festival.programme.stamp import refuse_foreign_database

try:
    settings = load()
    app = create_app(settings)
    with app.app_context():
        refuse_foreign_database(demo=settings.demo)
except SettingsError as unsafe:
    print(f"The festival cannot start: {unsafe}", file=sys.stderr)  # noqa: T201  # before there is a log
    raise SystemExit(2) from None

if __name__ == "__main__":
    sys.exit(serve(app, settings))
