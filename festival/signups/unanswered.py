"""Questions that were added after somebody had signed up and are not answered yet. The sign-up stands all the same."""

from sqlalchemy import ColumnElement, and_, or_, select

from festival.lib.db import db
from festival.programme.models import Question
from festival.signups.models import Answer, AnswerFile, SignUp
from festival.signups.queries import not_extra


def lacks(question: Question | None = None) -> ColumnElement[bool]:
    """Return the condition that a sign-up has no answer to a question.

    :param question: None: to the question of the same row.
    """
    key = Question.key if question is None else question.key
    return ~or_(
        select(Answer.id).where(Answer.sign_up_id == SignUp.id, Answer.question_key == key).exists(),
        select(AnswerFile.id).where(AnswerFile.sign_up_id == SignUp.id, AnswerFile.question_key == key).exists(),
    )


def is_unanswered() -> ColumnElement[bool]:
    """Return the condition, over questions and sign-ups, that the one came after the other and was not answered.

    A box left unticked is an answer: nobody is asked for it again.
    """
    return and_(
        Question.activity_id == SignUp.activity_id,
        Question.added_at > SignUp.signed_up_at,
        Question.type != "boolean",
        lacks(),
        not_extra(),
    )


def has_unanswered() -> ColumnElement[bool]:
    """Return the condition that a sign-up has not answered some question that was added after it."""
    return select(Question.id).where(is_unanswered()).correlate(SignUp).exists()


def added_since(sign_up: SignUp) -> list[Question]:
    """Return the questions that were added after a sign-up was made and are not answered in it, in order."""
    return list(
        db.session.scalars(
            select(Question)
            .join(SignUp, SignUp.activity_id == Question.activity_id)
            .where(SignUp.id == sign_up.id, is_unanswered())
            .order_by(Question.position),
        ),
    )
