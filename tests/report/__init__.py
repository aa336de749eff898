"""The report of a load."""
