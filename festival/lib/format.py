"""Dates and numbers in words (being written)."""

from collections.abc import Callable

FILTERS: dict[str, Callable[..., object]] = {}
