"""The commands of `python -m bot`, a file for each thing that they are about."""
