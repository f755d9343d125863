"""Evidence: what residents attach, fetched into storage of our own, checked and cleaned."""
