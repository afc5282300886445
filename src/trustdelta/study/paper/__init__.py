"""A study in the form of the paper that it repeats: its tables, both scorings, and the printed numbers."""
