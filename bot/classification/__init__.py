"""What a text is: its kind, its topics, whether it tells of danger, the personal data in it."""
