"""A running replica: the composition root, settings, jobs, and endpoints for operators."""
