"""Benchmarks from outside the package: YAML and Python files, folders of them, and installed distributions."""
