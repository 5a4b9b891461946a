"""The library of questions that comes with the programme: each with its purpose, its sensitivity and the days it is kept."""

from functools import lru_cache

from festival.seed import files
from festival.seed.document import QuestionEntry, is_asked


@lru_cache(maxsize=1)
def library() -> dict[str, QuestionEntry]:
    """Return every question that a form can ask, by key."""
    return {key: entry for key, entry in files.read().questions.items() if is_asked(entry)}
