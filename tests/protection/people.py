"""Somebody about whom everything is held, and where it may be found again."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from festival.accounts.models import Account, Address
from festival.accounts.rules import Channel
from festival.audit.service import record
from festival.lib import clock, sealing
from festival.lib.db import database_url, db, is_postgresql, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.service import owe
from festival.programme.models import Activity, Sensitivity
from festival.signups import notice
from festival.signups.models import Answer, AnswerFile, SignUp
from tests.builders import make_activity, make_person, make_question, make_sign_up

NUMBER, MAIL, NAME = "13800138000", "li.chenxi@example.cn", "李晨曦之名"
SOUND, ANSWER, REASON, REPLY = "lichenxi", "津城秘密单位", "名额留给本区单位", "我已补交证明"
FILE_NAME = "李晨曦之名简历.pdf"
#: All that says who it was, as it stands in the database.
TRACES = (NUMBER, MAIL, NAME, SOUND, ANSWER, REASON, REPLY, FILE_NAME)


def make_known(activity: Activity | None = None) -> tuple[Account, SignUp]:
    """Return a person with name, number, mail, answers, file, consents, messages, and a sign-up that staff wrote about."""
    person = make_person(name=NAME, mobile=NUMBER)
    forum = activity or make_activity(slug="forum")
    questions = [
        make_question(forum, "employer"),
        make_question(forum, "id_number", type_="id_number", sensitivity=Sensitivity.SENSITIVE),
    ]
    sign_up = make_sign_up(forum, person=person, name=NAME)
    with transaction():
        written = db.session.get_one(SignUp, sign_up.id)
        written.reason, written.reply = REASON, REPLY
        context = f"answer:{sign_up.id}"
        db.session.add_all(
            [
                Address(account_id=person.id, channel=Channel.MAIL, value=MAIL, verified_at=clock.wall()),
                Answer(sign_up_id=sign_up.id, question_key="employer", plain=ANSWER),
                Answer(
                    sign_up_id=sign_up.id,
                    question_key="id_number",
                    sealed=sealing.seal(b"120101199001011234", f"{context}:id_number"),
                ),
                AnswerFile(
                    sign_up_id=sign_up.id,
                    question_key="resume",
                    name=FILE_NAME,
                    content_type="application/pdf",
                    size=3,
                    sealed=sealing.seal(b"%PDF", f"{context}:resume"),
                    uploaded_at=clock.wall(),
                ),
            ],
        )
        notice.record_consents(
            forum, notice.notice_of(forum, questions), account_id=person.id, sign_up_id=sign_up.id, question_keys=["id_number"]
        )
        owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=person.id, activity_id=forum.id)
        record("contact.reveal", "sign_up", sign_up.id, actor_id=None, activity_id=forum.id, reason=f"{NAME} {NUMBER} 改期")
    deliver_due()
    return db.session.get_one(Account, person.id), sign_up


def everything() -> bytes:
    """Return every byte of the database: of SQLite its files as they lie on the disk, of PostgreSQL every row as text."""
    db.session.rollback()
    if not is_postgresql():
        path = Path(str(make_url(database_url()).database))
        db.session.remove()
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    with closing(db.engine.connect()) as connection:
        names = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars().all()
        rows = [connection.execute(text(f'SELECT t::text FROM "{name}" t')).scalars().all() for name in names]
    return "\n".join(row for table in rows for row in table).encode()


def traces(of: tuple[str, ...] = TRACES) -> list[str]:
    """Return which words can still be found anywhere in the database."""
    whole = everything()
    return [word for word in of if word.encode() in whole]


def addresses_of(account_id: int) -> list[str]:
    """Return how an account is reached."""
    return list(db.session.scalars(select(Address.value).where(Address.account_id == account_id).order_by(Address.id)))
