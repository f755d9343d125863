"""Reports about comparable software, replayed on this one: one module per kind of fault."""
