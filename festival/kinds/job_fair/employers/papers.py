"""The papers that employers hand in: sealed as soon as they come in, opened for who reviews them."""

from festival.kinds.job_fair.employers.models import EmployerPaper
from festival.kinds.job_fair.employers.rules import Paper
from festival.lib import sealing


def context_of(employer_id: int, paper: Paper) -> str:
    """Return the one place where a paper opens."""
    return f"employer:{employer_id}:{paper}"


def content_of(paper: EmployerPaper) -> bytes:
    """Return a paper in clear."""
    return sealing.unseal(paper.sealed, context_of(paper.employer_id, paper.paper))
