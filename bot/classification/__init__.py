"""Classification of texts: kind, topics, urgency, personal data."""
