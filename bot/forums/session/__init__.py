"""A forum while it is held: one submission after another, answers, oral submissions."""
