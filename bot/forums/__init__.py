"""Forums: planned and held by organisers, attended by residents."""
