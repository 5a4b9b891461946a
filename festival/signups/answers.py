"""Answers at rest: plain where anybody of the organizers may read them, sealed where the question is sensitive."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select

from festival.lib import clock
from festival.lib.db import db
from festival.lib.sealing import seal, unseal
from festival.programme.models import Question, Sensitivity
from festival.signups.models import Answer, AnswerFile


@dataclass(frozen=True, slots=True)
class AnswerUpload:
    """A file as it came with a form, checked by it: PDF or DOCX, at most 5 MB."""

    name: str
    content_type: str
    content: bytes


def _context(sign_up_id: int, key: str) -> str:
    return f"answer:{sign_up_id}:{key}"


def write(
    sign_up_id: int,
    questions: list[Question],
    answers: Mapping[str, str],
    files: Mapping[str, AnswerUpload],
    *,
    is_new: bool = False,
) -> None:
    """Store a sign-up's answers in place of earlier ones; what no question asks is not stored.

    An absent or empty answer is no row. A file stays as it is unless a new one comes.

    :param is_new: the sign-up was made just now: there are no earlier ones.
    """
    if not is_new:
        db.session.execute(delete(Answer).where(Answer.sign_up_id == sign_up_id))
    for question in questions:
        if question.type == "file":
            if question.key in files:
                _write_file(sign_up_id, question.key, files[question.key])
            continue
        value = answers.get(question.key, "")
        if not value:
            continue
        is_sealed = question.sensitivity == Sensitivity.SENSITIVE
        db.session.add(
            Answer(
                sign_up_id=sign_up_id,
                question_key=question.key,
                plain=None if is_sealed else value,
                sealed=seal(value.encode(), _context(sign_up_id, question.key)) if is_sealed else None,
            ),
        )


def _write_file(sign_up_id: int, key: str, upload: AnswerUpload) -> None:
    db.session.execute(delete(AnswerFile).where(AnswerFile.sign_up_id == sign_up_id, AnswerFile.question_key == key))
    db.session.add(
        AnswerFile(
            sign_up_id=sign_up_id,
            question_key=key,
            name=upload.name,
            content_type=upload.content_type,
            size=len(upload.content),
            sealed=seal(upload.content, _context(sign_up_id, key)),
            uploaded_at=clock.wall(),
        ),
    )


def read(answer: Answer) -> str:
    """Return an answer in clear. Only for its owner, or for staff who gave a reason that was recorded.

    :raises SealBroken: no data key opens it.
    """
    if answer.sealed is None:
        return answer.plain or ""
    return unseal(answer.sealed, _context(answer.sign_up_id, answer.question_key)).decode()


def read_all(sign_up_id: int) -> dict[str, str]:
    """Return a sign-up's answers in clear by question key, for its owner."""
    rows = db.session.scalars(select(Answer).where(Answer.sign_up_id == sign_up_id))
    return {row.question_key: read(row) for row in rows}


def read_file(file: AnswerFile) -> bytes:
    """Return a file in clear.

    :raises SealBroken: no data key opens it.
    """
    return unseal(file.sealed, _context(file.sign_up_id, file.question_key))
