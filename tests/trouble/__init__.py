"""Trouble: hostile names, files that cannot be loaded, and warehouses and outputs that are not as they should be."""
