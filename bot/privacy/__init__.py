"""What residents may know, have and forbid, and the keys that keep who they are."""
