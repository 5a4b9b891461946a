"""Employers at a job fair: how they get in, their booths, positions and recruiters, and what organizers see of them."""
