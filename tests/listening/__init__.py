"""The bot listens: dangers first, words as answers, one review card."""
