"""The only builders of outbox messages: one module for residents, one for officers."""
