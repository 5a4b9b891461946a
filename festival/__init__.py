"""The Hexi Talent Festival: programme, sign-up, rosters and calendars."""
