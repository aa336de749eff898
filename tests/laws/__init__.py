"""The laws of the promise, held over random histories: what the program does is what the oracle says."""
