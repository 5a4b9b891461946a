"""libical, the C library behind Evolution, GNOME and KDE calendars, as a judge: Debian's package, called directly."""

import ctypes
from datetime import UTC, datetime
from functools import cache

#: ``icalcomponent_kind`` of a VEVENT.
_VEVENT = 4


class _Time(ctypes.Structure):
    """``icaltimetype``: a wall time and the zone that the calendar's own VTIMEZONE says it is in."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second", "is_date", "is_daylight")),
        ("zone", ctypes.c_void_p),
    )


@cache
def library() -> ctypes.CDLL | None:
    """Return the library; None where this machine has none."""
    try:
        lib = ctypes.CDLL("libical.so.3")
    except OSError:
        return None
    for function, answer in (
        ("icalparser_parse_string", ctypes.c_void_p),
        ("icalcomponent_get_first_component", ctypes.c_void_p),
        ("icalcomponent_get_next_component", ctypes.c_void_p),
        ("icalcomponent_get_uid", ctypes.c_char_p),
        ("icalcomponent_get_summary", ctypes.c_char_p),
        ("icalcomponent_get_location", ctypes.c_char_p),
        ("icalcomponent_as_ical_string", ctypes.c_char_p),
        ("icalcomponent_get_dtstart", _Time),
        ("icalcomponent_get_dtend", _Time),
        ("icaltime_as_timet_with_zone", ctypes.c_long),
    ):
        getattr(lib, function).restype = answer
    lib.icaltime_as_timet_with_zone.argtypes = (_Time, ctypes.c_void_p)
    lib.icalerror_set_errors_are_fatal(0)
    return lib


def read(text: str) -> tuple[dict[str, tuple[str, datetime, datetime, str]], list[str]]:
    """Return what libical reads of a calendar, each event by its UID, and the faults it finds."""
    lib = library()
    assert lib is not None
    whole = ctypes.c_void_p(lib.icalparser_parse_string(text.encode()))
    assert whole.value, "libical cannot read it at all"
    try:
        lib.icalrestriction_check(whole)  # writes what it minds into the component
        faults = []
        if lib.icalcomponent_count_errors(whole):
            said = lib.icalcomponent_as_ical_string(whole).decode().replace("\r\n ", "")
            faults = [line for line in said.splitlines() if line.startswith("X-LIC-ERROR")]
        told = {}
        at = lib.icalcomponent_get_first_component(whole, _VEVENT)
        while at:
            event = ctypes.c_void_p(at)
            told[lib.icalcomponent_get_uid(event).decode()] = (
                lib.icalcomponent_get_summary(event).decode(),
                _instant(lib, lib.icalcomponent_get_dtstart(event)),
                _instant(lib, lib.icalcomponent_get_dtend(event)),
                (lib.icalcomponent_get_location(event) or b"").decode(),
            )
            at = lib.icalcomponent_get_next_component(whole, _VEVENT)
        return told, faults
    finally:
        lib.icalcomponent_free(whole)


def _instant(lib: ctypes.CDLL, time: _Time) -> datetime:
    return datetime.fromtimestamp(lib.icaltime_as_timet_with_zone(time, time.zone), UTC)
