"""Times in words."""

from __future__ import annotations


def duration(hours: float) -> str:
    """A time in words, rounded: seconds, minutes, hours or days."""
    seconds = 3600 * hours
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= 1.5 * size or unit == "second":
            count = max(1, round(seconds / size))
            return f"{count:,} {unit}{'s' if count > 1 else ''}"
    raise AssertionError("seconds are the smallest unit")
