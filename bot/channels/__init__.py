"""Channels to people, one package per messenger: updates become requests, answers messages."""
