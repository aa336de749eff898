"""Side by side with the alternatives: `python -m benchmarks`."""
