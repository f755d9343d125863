"""Subscriptions: news of the forums of an area, of the whole city, or on a topic."""
