"""What is on disk: which files a dataset takes, their fingerprints, dialects and records."""
