"""Who is coming: the organizers' lists, masked, revealed with a reason, exported."""
