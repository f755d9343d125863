"""A running replica: its parts built from the settings, jobs, and endpoints for operators."""
