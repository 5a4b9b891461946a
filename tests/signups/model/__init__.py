"""A simple model of an activity: what should be so, written without the engine's code, and a walk that tells both the same."""
