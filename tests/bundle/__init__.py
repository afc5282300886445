"""Tests of bundles, whose finished runs are made once."""
