"""What a check-in code opens: the ticket for its owner, the door for who checks in, nothing for others."""

from festival.accounts.rules import Role
from festival.lib import tokens
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.web import Browser


def test_a_check_in_code_opens_the_owners_ticket(app, visitor):
    mine = make_sign_up(make_activity())
    visitor.sign_in(mine.person)
    assert visitor.get(f"/c/{mine.code}").location == f"/sign-ups/{mine.code}"


def test_a_check_in_code_leads_a_steward_on_and_tells_others_nothing(app, visitor):
    visitor.sign_in(make_person())
    here, elsewhere = make_activity(), make_activity()
    code = make_sign_up(here).code
    steward = Browser(app).sign_in(make_staff(Role.STEWARD, activity=here))
    stranger = Browser(app).sign_in(make_staff(Role.STEWARD, activity=elsewhere))

    assert steward.get(f"/c/{code}").status in {200, 303}
    unknown = tokens.new_code()
    assert [browser.get(f"/c/{one}").status for browser in (visitor, stranger) for one in (code, unknown)] == [404] * 4
    visitors = [Browser(app).get(f"/c/{one}") for one in (code, unknown)]
    assert [page.location for page in visitors] == [f"/sign-in?next=/c/{code}", f"/sign-in?next=/c/{unknown}"]
