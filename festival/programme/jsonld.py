"""schema.org data for search engines: what the page says, in one language."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

from festival.lib.format import iso
from festival.lib.i18n import HTML_LANG, _, loc, locale
from festival.programme.models import Activity, Festival, Slot, SlotStatus, Venue
from festival.programme.render import Standing, sessions, venue_of
from festival.programme.rules import Level, Move, Status

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]

_SLOT_STATUS = {
    SlotStatus.SCHEDULED: "EventScheduled",
    SlotStatus.POSTPONED: "EventPostponed",
    SlotStatus.CANCELLED: "EventCancelled",
}
_EVENT_STATUS = {Status.CANCELLED: "EventCancelled", Status.POSTPONED: "EventPostponed"}


def script(document: Json) -> Markup:
    """Return a document for a ``<script type="application/ld+json">``: nothing in it can end the script or begin a comment."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for unsafe, safe in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(unsafe, safe)
    return Markup(text)  # noqa: S704  # every character that means something in HTML is escaped


def festival_document(festival: Festival, activities: Sequence[Activity], url: str, urls: Mapping[str, str]) -> Json:
    """Return the festival with its activities in short.

    :param url: the programme's absolute address; ``urls``: each activity's, by slug.
    """
    return {
        "@context": "https://schema.org",
        "@type": "Festival",
        "name": loc(festival, "title"),
        "description": loc(festival, "theme"),
        "url": url,
        "inLanguage": HTML_LANG[locale()],
        "startDate": festival.starts_on.isoformat(),
        "endDate": festival.ends_on.isoformat(),
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "location": {"@type": "Place", "name": _("天津市河西区"), "address": _district()},
        "organizer": {"@type": "Organization", "name": loc(festival, "host")},
        "subEvent": [
            {
                "@type": "Event",
                "name": loc(activity, "title"),
                "url": urls[activity.slug],
                "startDate": iso(activity.starts_at),
                "endDate": iso(activity.ends_at),
                "location": _place(activity.venue),
            }
            for activity in activities
        ],
    }


def activity_document(activity: Activity, standing: Standing, url: str, sign_up_url: str | None) -> Json:
    """Return one activity: time, place, state, places and, while one can sign up, the offer."""
    seats = standing.facts.seats
    document: dict[str, Json] = {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": url,
        "url": url,
        "name": loc(activity, "title"),
        "description": loc(activity, "summary") or loc(activity, "description"),
        "inLanguage": HTML_LANG[locale()],
        "isAccessibleForFree": True,
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode",
        "organizer": {"@type": "Organization", "name": loc(activity, "host") or loc(activity.festival, "host")},
        "superEvent": {"@type": "Festival", "name": loc(activity.festival, "title")},
        **_times(activity, standing),
        "location": _place(activity.venue),
    }
    if seats is not None and seats.capacity is not None:
        document["maximumAttendeeCapacity"] = seats.capacity
        document["remainingAttendeeCapacity"] = seats.free
    if sign_up_url is not None and standing.move != Move.NONE:
        document["offers"] = _offer(activity, standing, sign_up_url)
    several = sessions(activity)
    if len(several) > 1:
        document["subEvent"] = [_session(activity, slot) for slot in several]
    return document


def _times(activity: Activity, standing: Standing) -> dict[str, Json]:
    only = sessions(activity)
    moved = only[0].previous_starts_at if len(only) == 1 else None
    status = _EVENT_STATUS.get(standing.status, "EventRescheduled" if moved else "EventScheduled")
    times: dict[str, Json] = {
        "startDate": iso(activity.starts_at),
        "endDate": iso(activity.ends_at),
        "eventStatus": f"https://schema.org/{status}",
    }
    if moved is not None:
        times["previousStartDate"] = iso(moved)
    if len(only) == 1 and only[0].doors_at is not None:
        times["doorTime"] = iso(only[0].doors_at)
    return times


def _session(activity: Activity, slot: Slot) -> Json:
    label = loc(slot, "label")
    return {
        "@type": "Event",
        "name": f"{loc(activity, 'title')} · {label}" if label else loc(activity, "title"),
        "startDate": iso(slot.starts_at),
        "endDate": iso(slot.ends_at),
        "eventStatus": f"https://schema.org/{_SLOT_STATUS[slot.status]}",
        "location": _place(venue_of(activity, slot)),
    }


def _offer(activity: Activity, standing: Standing, url: str) -> Json:
    seats = standing.facts.seats
    is_full = seats is not None and seats.level == Level.FULL
    offer: dict[str, Json] = {
        "@type": "Offer",
        "price": 0,
        "priceCurrency": "CNY",
        "url": url,
        "availability": f"https://schema.org/{'SoldOut' if is_full else 'InStock'}",
    }
    _add_instant(offer, "validFrom", activity.opens_at)
    _add_instant(offer, "validThrough", activity.closes_at)
    return offer


def _add_instant(document: dict[str, Json], name: str, at: datetime | None) -> None:
    if at is not None:
        document[name] = iso(at)


def _district() -> dict[str, Json]:
    return {"@type": "PostalAddress", "addressCountry": "CN", "addressRegion": _("天津市"), "addressLocality": _("河西区")}


def _place(venue: Venue) -> Json:
    address: Json = {**_district(), "streetAddress": loc(venue, "address")}
    place: dict[str, Json] = {"@type": "Place", "name": loc(venue, "name"), "address": address}
    if venue.lat is not None and venue.lon is not None:
        place["geo"] = {"@type": "GeoCoordinates", "latitude": venue.lat, "longitude": venue.lon}
    return place
