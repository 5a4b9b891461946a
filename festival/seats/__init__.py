"""Seats: a hall's map, who sits where, and how parties are kept together."""
