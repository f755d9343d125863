"""Functions that put messages into the outbox: one module for residents, one for officers."""
