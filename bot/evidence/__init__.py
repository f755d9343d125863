"""Evidence: fetch the files that residents attach, check them, remove metadata, store them."""
