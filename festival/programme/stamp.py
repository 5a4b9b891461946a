"""Whether a database is a demo's. The demo, where anyone reads anyone's codes, and real life never share one."""

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from festival.lib.db import db
from festival.lib.settings import SettingsError
from festival.programme.models import Festival


def refuse_foreign_database(*, demo: bool) -> None:
    """Stop the start on a database that was begun as a demo and is now real life's, or the other way round.

    :raises SettingsError: it is the other's, or it cannot be reached.
    """
    try:
        with db.engine.connect() as connection:
            if not sa.inspect(connection).has_table(Festival.__tablename__):
                return  # nothing has been migrated yet
            stamps = set(connection.scalars(sa.select(Festival.is_demo)))
    except OperationalError as error:
        raise SettingsError(f"the database of DATABASE_URL cannot be reached ({type(error.orig).__name__}).") from error
    if stamps - {demo}:
        raise SettingsError(
            "DATABASE_URL is a real festival's database; the demo needs one of its own."
            if demo
            else "DATABASE_URL is a demo's database; real life needs one of its own (or FESTIVAL_DEMO=1)."
        )
