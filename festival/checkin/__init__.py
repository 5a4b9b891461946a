"""What a check-in code opens."""
