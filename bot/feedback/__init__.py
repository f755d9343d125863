"""Submissions: how a resident gives one, and what a resident sees of their own."""
