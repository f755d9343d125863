"""Attacks on the bot: each was seen to succeed before the bot was mended."""
