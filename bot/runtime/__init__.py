"""A running replica: settings, the composition root, background jobs, operations endpoints."""
