"""Rules, questions and texts that several packages of forums use."""
