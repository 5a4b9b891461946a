"""What organizers look at first: what to do now, how sign-ups go, and the live numbers of the day."""
