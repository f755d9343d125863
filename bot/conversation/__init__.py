"""Guided conversations: a pure engine, its screens, and the service that takes turns."""
