"""Families of features: each file of this folder is one, with a module-level `FAMILY`."""
