"""Drift of an audit: which responses are teacher-forced under both models, and what the verdict says of it."""
