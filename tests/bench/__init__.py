"""The bench: what an update costs, in ratios of one run. `python -m tests.bench`, `make bench`."""
