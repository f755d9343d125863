"""Exports of what is stored."""
