"""Addresses of calendars, the same whoever asks, and the token inside a private one."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from festival.lib import tokens
from festival.lib.i18n import Locale

#: Bytes of a token's parts. Together they are a multiple of three, so that base64url has one spelling for each token.
_ID, _VERSION, _MAC = 4, 3, 32


@dataclass(frozen=True, slots=True)
class Site:
    """The site in one language: absolute addresses that do not depend on how a request came in."""

    #: As in the settings: no slash at its end.
    base_url: str
    locale: Locale

    def address(self, path: str) -> str:
        """Return the absolute address of a path such as ``/calendar``."""
        return f"{self.base_url}{'/en' if self.locale == 'en' else ''}{path}"

    def activity(self, slug: str) -> str:
        """Return the address of an activity's page."""
        return self.address(f"/activities/{slug}")


def programme_path() -> str:
    """Return the path of the whole programme's feed."""
    return "/cal/programme.ics"


def track_path(key: str) -> str:
    """Return the path of a track's feed."""
    return f"/cal/track/{key}.ics"


def private_path(token: str) -> str:
    """Return the path of a private feed."""
    return f"/cal/u/{token}.ics"


# -- what opens a subscription in a client ----------------------------------------------------------------------------------


def webcal(address: str) -> str:
    """Return an address that opens the subscription sheet of iPhone and Mac."""
    parts = urlsplit(address)
    return f"webcal://{parts.netloc}{parts.path}"


def google(address: str) -> str:
    """Return the address of Google Calendar's "add by URL"; it works on a desktop only."""
    return f"https://calendar.google.com/calendar/r?cid={quote(webcal(address), safe='')}"


def outlook(address: str, name: str, *, work: bool = False) -> str:
    """Return the address of Outlook's "subscribe from web", for a personal account or one of work or school."""
    host = "outlook.office.com" if work else "outlook.live.com"
    return f"https://{host}/calendar/0/addfromweb?url={quote(address, safe='')}&name={quote(name, safe='')}"


@dataclass(frozen=True, slots=True)
class Offer:
    """A feed with every way into it."""

    name: str
    #: What stands in a client's settings.
    address: str
    #: The same inside the site, for a download.
    path: str
    webcal: str
    google: str
    outlook: str
    outlook_work: str


def offer(name: str, address: str) -> Offer:
    """Return every way into a feed."""
    return Offer(
        name=name,
        address=address,
        path=urlsplit(address).path,
        webcal=webcal(address),
        google=google(address),
        outlook=outlook(address, name),
        outlook_work=outlook(address, name, work=True),
    )


# -- the token --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whose feed a token opens, and with which version of the key."""

    account_id: int
    version: int


def token_of(subscriber: Subscriber, key: str) -> str:
    """Return the token of a private feed: account, version and HMAC-SHA256 over both, in base64url.

    :param key: CALENDAR_KEY, used for nothing else.
    """
    head = subscriber.account_id.to_bytes(_ID, "big") + subscriber.version.to_bytes(_VERSION, "big")
    mac = hmac.digest(key.encode(), b"ics" + head, hashlib.sha256)
    return base64.urlsafe_b64encode(head + mac).decode()


def read_token(token: str, key: str) -> Subscriber | None:
    """Return whom a token is for; None when we never made it."""
    try:
        raw = base64.urlsafe_b64decode(token.encode())
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _ID + _VERSION + _MAC:
        return None
    claimed = Subscriber(int.from_bytes(raw[:_ID], "big"), int.from_bytes(raw[_ID : _ID + _VERSION], "big"))
    return claimed if tokens.same(token, token_of(claimed, key)) else None
