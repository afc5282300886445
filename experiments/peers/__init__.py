"""Decision rules of other tools beside trustdelta's, on the same recorded pairs."""
