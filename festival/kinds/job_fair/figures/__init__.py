"""The nine figures of a job fair: counted from rows, completed by hand, each marked as what it is."""
