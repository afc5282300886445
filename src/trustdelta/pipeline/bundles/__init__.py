"""Bundles of finished runs: what is in them, and the verdict that is recomputed from them."""
