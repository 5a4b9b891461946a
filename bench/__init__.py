"""What the system costs, measured on this machine: ``make bench``. Speed is never a test."""
