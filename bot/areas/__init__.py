"""The city's units: their codes, names and places."""
