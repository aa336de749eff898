"""Files of every format against a plain-Python account of their cells."""
