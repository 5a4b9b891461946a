"""Figures for those who run it (Prometheus text); private, see ``lib.health``."""

from prometheus_client import Counter

#: A guard of the database fired: the code above it let through what it must not. 0 in every storm.
GUARD_FIRED = Counter("festival_guard_fired_total", "Times a guard of the database refused a growth beyond its limit", ["guard"])
