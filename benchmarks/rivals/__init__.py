"""What a good engineer writes by hand for the same work, one way a file: `FOLDER OUTPUT`."""
