"""Many requests at once: rows and columns in, decisions out, everything distinct decided once."""
