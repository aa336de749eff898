"""Changes of a state: versions that leave and are held, that come back, loads that are undone, other definitions."""
