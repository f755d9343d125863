"""Tables, statements and migrations of the database. Imports nothing of `bot`."""
