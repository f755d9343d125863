"""Evidence: the files that residents attach are fetched, checked, cleared of metadata, stored."""
