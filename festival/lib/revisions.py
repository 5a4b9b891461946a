"""Which migrations this release knows, and which one a database stands at."""

from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, inspect, text

#: A file of a migration begins with its number.
_DIGITS = 4


def known() -> list[str]:
    """Return the revisions of this release, newest first. They form one line, and each file's name begins with its own."""
    folder = Path(current_app.extensions["migrate"].directory) / "versions"
    return sorted((path.name[:_DIGITS] for path in folder.glob("[0-9]*.py")), reverse=True)


def current(connection: Connection) -> str | None:
    """Return the revision a database stands at; None: it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
