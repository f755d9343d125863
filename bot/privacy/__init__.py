"""Privacy: encryption, pseudonyms, audit chain, data requests of residents, retention."""
