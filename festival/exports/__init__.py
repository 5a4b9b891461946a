"""Lists to take away: what organizers print or open in a spreadsheet, and what they send back."""
