"""A key-value cache with room for further tokens, so that one token does not copy the whole cache.

The library's cache concatenates all keys and values for every new token, which long responses pay at each step.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer

ROOM = 256
"""Fewest tokens for which room is made at a time."""
GROWTH = 0.25
"""Room as a share of the present length, where that is more."""


class Growing:
    """A tensor that grows along its last dimension but one; its present part is a view of a larger one."""

    def __init__(self) -> None:
        self.whole: torch.Tensor | None = None
        """The larger tensor, [B, heads, capacity, size]."""
        self.view: torch.Tensor | None = None
        """The part that was returned last, [B, heads, T, size]."""

    def append(self, old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """`new` behind `old`, in place where `old` is the last result; any other `old` is copied."""
        before = old.shape[-2] if old.numel() else 0
        total = before + new.shape[-2]
        if self.whole is None or old is not self.view or total > self.whole.shape[-2]:
            self.whole = new.new_empty(*new.shape[:-2], total + max(ROOM, int(GROWTH * total)), new.shape[-1])
            if before:
                self.whole[..., :before, :] = old
        self.whole[..., before:total, :] = new
        self.view = self.whole[..., :total, :]
        return self.view


class RoomyLayer(DynamicLayer):  # type: ignore[misc]  # the library has no types
    """A layer of full attention that appends in place; its numbers are those of the library's layer."""

    keys: torch.Tensor
    """Keys of all tokens so far, [B, heads, T, size]."""
    values: torch.Tensor
    """Values of all tokens so far, [B, heads, T, size]."""

    def __init__(self) -> None:
        super().__init__()
        self.growing = Growing(), Growing()

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append keys and values, [B, heads, new, size]; returns those of all tokens so far."""
        del args, kwargs
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.keys = self.growing[0].append(self.keys, key_states)
        self.values = self.growing[1].append(self.values, value_states)
        return self.keys, self.values


def roomy_cache(config: Any) -> DynamicCache:
    """The library's cache of a model; its layers of full attention have room, other kinds are the library's."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
