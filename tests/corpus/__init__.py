"""Cases of files as they occur: each a folder with its files, its command line, and what must come out."""
