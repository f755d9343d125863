"""Channels to people, one package per messenger: they turn updates into requests, and
responses into messages.
"""
