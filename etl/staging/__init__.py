"""Cells into staging: the bulk reader, the careful way for troubled files, and the books of physical lines."""
