"""What the bot remembers: tables, queries, migrations. Knows nothing of the bot itself."""
