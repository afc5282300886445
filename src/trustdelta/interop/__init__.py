"""Interoperability: reads and writes files of other tools."""
