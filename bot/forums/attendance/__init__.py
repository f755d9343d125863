"""Attending a forum: registration, the waiting list, tickets and the check-in at the door."""
