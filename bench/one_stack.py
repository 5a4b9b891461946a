"""The least sign-up again, with the packages that the festival is made of: a session, a form with its token, a database session.

``python bench/one_stack.py PORT ADDRESS`` does what ``one_file.py`` does, through Flask-WTF and Flask-SQLAlchemy: what it costs
more is what these cost, however little is done with them.
"""

import logging
import secrets
import sys

from flask import Flask, redirect, session
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Connection, Engine, bindparam, event, insert, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from waitress import serve
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length


class Model(DeclarativeBase):
    """Base of both tables, which ``one_file.make_tables`` has made."""


class Pool(Model):
    """Places."""

    __tablename__ = "one_pool"
    id: Mapped[int] = mapped_column(primary_key=True)
    capacity: Mapped[int]
    taken: Mapped[int]


class SignUp(Model):
    """Who has one."""

    __tablename__ = "one_sign_up"
    pool_id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)


class SignUpForm(FlaskForm):
    """A name and the token."""

    person = StringField(validators=[DataRequired(), Length(max=60)])


def make_app(address: str) -> Flask:
    """Return the application."""
    app = Flask("one_stack")
    is_sqlite = address.startswith("sqlite")
    url = address if is_sqlite else address.replace("postgresql", "postgresql+psycopg", 1)
    options = {"connect_args": {"check_same_thread": False, "timeout": 60}} if is_sqlite else {"pool_size": 8}
    app.config.update(SECRET_KEY=secrets.token_hex(), SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=options)
    db = SQLAlchemy(app, model_class=Model)
    take = update(Pool).where(Pool.id == bindparam("pool"), Pool.taken < Pool.capacity).values(taken=Pool.taken + 1)
    enter = insert(SignUp).values(pool_id=bindparam("pool"), person=bindparam("name"))

    if is_sqlite:

        @event.listens_for(Engine, "connect")
        def durable(connection: object, _record: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's connection
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]  # likewise

        @event.listens_for(Engine, "begin")
        def at_once(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    @app.get("/form")
    def show() -> str:
        session["visit"] = secrets.token_urlsafe()
        return str(generate_csrf())

    @app.post("/sign-up/<int:pool_id>")
    def create(pool_id: int) -> tuple[str, int] | Response:
        form = SignUpForm()
        if not form.validate():
            return "wrong", 422
        has_room = db.session.execute(take, {"pool": pool_id}).rowcount == 1  # type: ignore[attr-defined]  # of an UPDATE
        if has_room:
            db.session.execute(enter, {"pool": pool_id, "name": form.person.data})
        db.session.commit()
        return redirect("/form", 303) if has_room else ("full", 409)

    return app


if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is what is measured
    serve(make_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), threads=8, asyncore_use_poll=True)
