"""Opinions: the questions, the rules, and what happens when one is given."""
