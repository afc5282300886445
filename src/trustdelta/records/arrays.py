"""The array types of all layers."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Real numbers; names have axis suffixes, as in `gain_P` (one per prompt)."""
Ints: TypeAlias = NDArray[np.int64]
"""Counts and indices."""
