"""Messengers: each channel turns its updates into requests, and answers into its messages."""
