"""一次报多项: choose several activities, fill in once, get one honest answer for each."""
