"""Output heads: final hidden states in, blocks of float32 logits out.

Suffixes: T tokens, V vocabulary ids, D hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import torch
from torch import Tensor

LOGIT_FLOOR = -1e4
"""Replaces minus infinity in biases that mask ids: its exponential is 0, and differences of two are finite."""


class Head(Protocol):
    """A model's last layer, as the kernel uses it."""

    @property
    def size(self) -> int:
        """Number of ids that the head scores."""
        ...

    def logits(self, hidden_TD: Tensor, start: int, stop: int) -> Tensor:
        """Float32 logits [T, stop - start] of the ids start..stop-1; a new tensor that the caller may overwrite."""
        ...

    def logits_at(self, hidden_TD: Tensor, ids_T: Tensor) -> Tensor:
        """Float32 logit [T] of one id for each token."""
        ...

    def equals(self, other: object) -> bool:
        """Whether equal hidden states give equal logits, bit for bit."""
        ...

    def on(self, device: torch.device) -> Self:
        """The same head on a device; itself if it is already there."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LinearHead:
    """softcap · tanh(scale · (W h + b) / softcap); without a softcap, scale · (W h + b).

    On CUDA, 16-bit states and weights are multiplied without conversion and summed in float32; their products are
    exact.
    """

    weight_VD: Tensor
    bias_V: Tensor | None = None
    scale: float = 1.0
    softcap: float | None = None
    precision: torch.dtype = torch.float32
    """Type of all products: bfloat16 logits change the KL divergence of fine-tuned models by several per cent."""

    @property
    def size(self) -> int:
        """Rows of the weight."""
        return int(self.weight_VD.shape[0])

    def logits(self, hidden_TD: Tensor, start: int, stop: int) -> Tensor:
        """Logits [T, stop - start] of the ids start..stop-1, in `precision`."""
        if self._half(hidden_TD):
            return self._of_halves(hidden_TD, start, stop)
        scaled_TD = hidden_TD.to(self.precision) if self.scale == 1.0 else hidden_TD.to(self.precision) * self.scale
        weight_DV = self.weight_VD[start:stop].to(self.precision).T
        if self.bias_V is None:
            return self._cap(scaled_TD @ weight_DV)
        bias_V = self.bias_V[start:stop].to(self.precision).clamp(min=LOGIT_FLOOR) * self.scale
        return self._cap(torch.addmm(bias_V, scaled_TD, weight_DV))

    def logits_at(self, hidden_TD: Tensor, ids_T: Tensor) -> Tensor:
        """Float32 logit [T] of one id for each token."""
        logit_T = (hidden_TD.to(self.precision) * self.weight_VD[ids_T].to(self.precision)).sum(-1)
        if self.bias_V is not None:
            logit_T = logit_T + self.bias_V[ids_T].to(self.precision).clamp(min=LOGIT_FLOOR)
        return self._cap(logit_T * self.scale)

    def equals(self, other: object) -> bool:
        """Whether equal hidden states give equal logits, bit for bit."""
        if not isinstance(other, LinearHead) or self._form != other._form:
            return False
        return _same(self.weight_VD, other.weight_VD) and _same(self.bias_V, other.bias_V)

    def on(self, device: torch.device) -> LinearHead:
        """The head with its weights on a device."""
        if self.weight_VD.device == device:
            return self
        return replace(self, weight_VD=self.weight_VD.to(device), bias_V=_moved(self.bias_V, device))

    def _half(self, hidden_TD: Tensor) -> bool:
        dtype = self.weight_VD.dtype
        return hidden_TD.is_cuda and hidden_TD.dtype == dtype and dtype.itemsize == 2 and self.precision.itemsize == 4

    def _of_halves(self, hidden_TD: Tensor, start: int, stop: int) -> Tensor:
        logits_TV = torch.mm(hidden_TD, self.weight_VD[start:stop].T, out_dtype=torch.float32)
        if self.bias_V is not None:
            logits_TV.add_(self.bias_V[start:stop].float().clamp(min=LOGIT_FLOOR))
        return self._cap(logits_TV if self.scale == 1.0 else logits_TV.mul_(self.scale))

    @property
    def _form(self) -> tuple[float, float | None, torch.dtype]:
        return self.scale, self.softcap, self.precision

    def _cap(self, logits: Tensor) -> Tensor:
        if self.softcap is None:
            return logits
        return logits.div_(self.softcap).tanh_().mul_(self.softcap)


@dataclass(frozen=True, slots=True, eq=False)
class LogitsAsHidden:
    """For models without a known head: the "hidden states" are the logits [T, V]."""

    size: int

    def logits(self, hidden_TD: Tensor, start: int, stop: int) -> Tensor:
        """A float32 copy of the slice."""
        return hidden_TD[:, start:stop].to(torch.float32, copy=True).clamp_(min=LOGIT_FLOOR)

    def logits_at(self, hidden_TD: Tensor, ids_T: Tensor) -> Tensor:
        """Float32 logit [T] of one id for each token."""
        return hidden_TD.gather(1, ids_T[:, None])[:, 0].float().clamp(min=LOGIT_FLOOR)

    def equals(self, other: object) -> bool:
        """Equal inputs give equal outputs."""
        return isinstance(other, LogitsAsHidden) and other.size == self.size

    def on(self, device: torch.device) -> LogitsAsHidden:
        """Itself: there are no weights."""
        del device
        return self


def _moved(values: Tensor | None, device: torch.device) -> Tensor | None:
    return None if values is None else values.to(device)


def _same(left: Tensor | None, right: Tensor | None) -> bool:
    if left is None or right is None:
        return left is right
    if left.data_ptr() == right.data_ptr() and left.shape == right.shape and left.stride() == right.stride():
        return left.dtype == right.dtype
    return left.dtype == right.dtype and left.device == right.device and torch.equal(left, right)
