"""Integrations with trainers, pytest and Inspect, one per file."""
