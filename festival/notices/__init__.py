"""Turns what the outbox owes into words, and hands it to a gateway."""
