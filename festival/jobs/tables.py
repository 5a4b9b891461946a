"""The tables of the jobs. They are no models: which of them a database has depends on which database it is.

SQLite has ours. PostgreSQL has those of procrastinate, made by the same numbered migrations from the text of its release
(``migrations/procrastinate-3.10.sql``); we read them, and add to them by its functions.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, String, Table, Text

from festival.lib.db import NAMES, UtcDateTime

#: SQLite.
ours = MetaData(naming_convention=NAMES)

job = Table(
    "job",
    ours,
    Column("id", Integer, primary_key=True),
    Column("queue", String(32), nullable=False),
    Column("name", String(64), nullable=False),
    #: JSON. Ids and plain words only: never a name, a number, an address or a secret.
    Column("args", Text, nullable=False),
    #: ``todo``, ``doing`` or ``failed``; what has been done is no longer there.
    Column("state", String(8), nullable=False),
    #: How often it was begun.
    Column("tries", Integer, nullable=False, default=0),
    Column("enqueued_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    #: Of jobs with the same word here one runs at a time, and one waits; None: any number.
    Column("alone", String(64)),
    CheckConstraint("state IN ('todo', 'doing', 'failed')", name="state_known"),
    Index("ix_job_due", "state", "queue", "due_at"),
)
#: The newest round of each periodic job that was enqueued.
job_round = Table(
    "job_round",
    ours,
    Column("name", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

#: What the tables of procrastinate, and its triggers, begin with.
THEIRS = "procrastinate_"


def is_of_jobs(table: str) -> bool:
    """Tell whether a table is one of these, and so none of the models'."""
    return table in ours.tables or table.startswith(THEIRS)
