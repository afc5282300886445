"""Names that a shell completes: profiles, benchmarks, dimensions and settings."""

from __future__ import annotations


def profiles(incomplete: str) -> list[str]:
    """Names of profiles."""
    from trustdelta.profiles import PROFILES

    return [p.name for p in PROFILES if p.name.startswith(incomplete)]


def benchmarks(incomplete: str) -> list[str]:
    """Names of benchmarks."""
    from trustdelta.benchmarks import registry

    return [name for name in registry.names() if name.startswith(incomplete)]


def dimensions(incomplete: str) -> list[str]:
    """Names of dimensions."""
    from trustdelta.records import Dimension

    return [d.value for d in Dimension if d.value.startswith(incomplete)]


def settings(incomplete: str) -> list[str]:
    """Full and short names of settings."""
    from trustdelta.config.describe import descriptions

    return sorted({n for d in descriptions() for n in (d.name, d.short) if n.startswith(incomplete)})
