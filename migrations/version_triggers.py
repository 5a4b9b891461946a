"""The triggers that give an activity another version whenever what it is made of changes (``activity_version``).

Processes keep an activity's structure – texts, times, rules, pools, questions – and ask before they trust it whether its version
is still the one they read. So whoever changes a row of these tables, in whatever way, changes the version in the same
transaction. What sign-ups move (``pool.taken``, ``pool.waiting``, ``slot.heads``) is no structure and changes nothing.

A version is a random number: it never comes back, not even in a database that was emptied or restored.

``env.py`` creates them after each run of migrations, for the columns that there are then, and drops them before: a batch
migration of SQLite rebuilds a table, which drops its own triggers silently and cannot be done while other tables' triggers name it.
"""

from sqlalchemy import Connection, inspect, text

TABLE = "activity_version"
#: What many activities share has a row of its own: that of the table.
FESTIVAL, VENUE, TRACK = 0, -1, -2

#: Table -> whose version changes, for the changed row ``{r}``.
_OF = {
    "activity": "SELECT {r}.id",
    "slot": "SELECT {r}.activity_id",
    "pool": "SELECT activity_id FROM slot WHERE id = {r}.slot_id",
    "question": "SELECT {r}.activity_id",
    "question_option": "SELECT activity_id FROM question WHERE id = {r}.question_id",
    "festival": f"SELECT {FESTIVAL}",
    "venue": f"SELECT {VENUE}",
    "track": f"SELECT {TRACK}",
}
#: Columns that only count.
_COUNTERS = {"slot": {"heads"}, "pool": {"taken", "waiting"}}
_EVENTS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}
NAMES = tuple(f"version_{table}_{event}" for table in _OF for event in _EVENTS)

_RANDOM = {"sqlite": "abs(random() % 4503599627370496)", "postgresql": "floor(random() * 4503599627370496)::bigint"}


def _put(table: str, row: str, dialect: str) -> str:
    return (
        f"INSERT INTO {TABLE} (activity_id, n) SELECT whose.*, {_RANDOM[dialect]} FROM ({_OF[table].format(r=row)}) AS whose "
        "WHERE true ON CONFLICT (activity_id) DO UPDATE SET n = excluded.n"
    )


def create(connection: Connection) -> None:
    """Create them, if the schema has versions; what was kept of before is out of date."""
    if not inspect(connection).has_table(TABLE):
        return
    dialect = connection.dialect.name
    for table in _OF:
        names = [column["name"] for column in inspect(connection).get_columns(table)]
        columns = ", ".join(f'"{name}"' for name in names if name not in _COUNTERS.get(table, ()))
        for event, row in _EVENTS.items():
            name, of = f"version_{table}_{event}", f" OF {columns}" if event == "update" else ""
            if dialect == "sqlite":
                create = f"CREATE TRIGGER {name} AFTER {event}{of} ON {table}"
                connection.execute(text(f"{create} BEGIN {_put(table, row, dialect)}; END"))
            else:
                put = f"BEGIN {_put(table, row, dialect)}; RETURN NULL; END"
                connection.execute(text(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {put} $$"))
                create = f"CREATE OR REPLACE TRIGGER {name} AFTER {event}{of} ON {table}"
                connection.execute(text(f"{create} FOR EACH ROW EXECUTE FUNCTION {name}()"))
    connection.execute(text(f"UPDATE {TABLE} SET n = {_RANDOM[dialect]}"))


def drop(connection: Connection) -> None:
    """Drop those that are there."""
    for name in NAMES:
        if connection.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}"))
        else:
            connection.execute(text(f"DROP FUNCTION IF EXISTS {name}() CASCADE"))
