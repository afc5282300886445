"""Online softmax sums over blocks of logits: the kernel's state of a block of tokens during the sweep.

`add_pair` is a pure function of tensors. Where PyTorch's compiler supports the device it is compiled, so that a block
of logits is read a few times instead of once for each operation; only `pair_adder` decides that. The formulas are in
the docstring of `kernel.py`.

Suffixes: T tokens, V ids of a block. Unit: nats.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from typing import NamedTuple

import torch
from torch import Tensor

_NOTHING_YET = -1e30
_AGREE = 2e-6
"""Fine and coarse log-ratio of normalisers agree within float32 rounding unless an exponential left its range."""


class Mass(NamedTuple):
    """Sums of one model, float64: Z = sum exp(l - top), and sum exp(l - top) (l - top) for the entropy."""

    top_T: Tensor
    z_T: Tensor
    moment_T: Tensor

    @property
    def lse_T(self) -> Tensor:
        """Log-sum-exp of the logits so far."""
        return self.top_T.double() + self.z_T.log()

    @property
    def entropy_T(self) -> Tensor:
        """Entropy of the softmax of the logits so far."""
        return (self.z_T.log() - self.moment_T / self.z_T).clamp(min=0.0)


class PairSums(NamedTuple):
    """Sums of both models, and those of their difference around `centre_T`."""

    candidate: Mass
    baseline: Mass
    centre_T: Tensor
    a_candidate_T: Tensor
    a_baseline_T: Tensor
    b_T: Tensor

    def divergences(self) -> tuple[Tensor, Tensor]:
        """KL(candidate || baseline) and KL(baseline || candidate) [T]."""
        coarse_T = self.candidate.lse_T - self.baseline.lse_T - self.centre_T
        fine_T = -torch.log1p(self.b_T / self.candidate.z_T)
        # nan compares false, so overflows fall back to the difference of log-sum-exps
        rest_T = torch.where((fine_T - coarse_T).abs() <= _AGREE, fine_T, coarse_T)
        forward_T = self.a_candidate_T / self.candidate.z_T - rest_T
        reverse_T = rest_T - self.a_baseline_T / self.baseline.z_T
        return forward_T.clamp(min=0.0), reverse_T.clamp(min=0.0)


AddPair = Callable[[PairSums, Tensor, Tensor], PairSums]


def no_mass(tokens: int, device: torch.device) -> Mass:
    """The sums of no logits."""
    zero_T = torch.zeros(tokens, dtype=torch.float64, device=device)
    return Mass(torch.full((tokens,), _NOTHING_YET, device=device), zero_T, zero_T)


def no_pair(tokens: int, device: torch.device) -> PairSums:
    """The sums of no logits of two models."""
    mass = no_mass(tokens, device)
    return PairSums(mass, mass, *[mass.z_T] * 4)


def add_mass(mass: Mass, logits_TV: Tensor) -> Mass:
    """The sums with one more block of logits, which is overwritten."""
    return _add_mass(mass, logits_TV)[0]


def add_pair(sums: PairSums, candidate_TV: Tensor, baseline_TV: Tensor) -> PairSums:
    """The sums with one more block of logits of both models, which is overwritten (faster in a CPU cache)."""
    candidate, p_TV, below_p_TV = _add_mass(sums.candidate, candidate_TV)
    baseline, q_TV, below_q_TV = _add_mass(sums.baseline, baseline_TV)
    # the offset is applied in float32: the centre is rounded like it, so that sums are consistent
    tops_T = candidate.top_T.double() - baseline.top_T.double()
    offset_T = (candidate.z_T.log() - baseline.z_T.log()).to(candidate_TV.dtype)
    centre_T = offset_T.double() + tops_T
    a_p_T, a_q_T, b_T = _recentred(sums, candidate, baseline, centre_T)
    minus_y_TV = below_q_TV.sub_(below_p_TV).add_(offset_T[:, None])
    a_p_T = a_p_T - torch.mul(p_TV, minus_y_TV, out=below_p_TV).sum(-1).double()
    a_q_T = a_q_T - q_TV.mul_(minus_y_TV).sum(-1).double()
    b_T = b_T + p_TV.mul_(minus_y_TV.expm1_()).sum(-1).double()
    return PairSums(candidate, baseline, centre_T, a_p_T, a_q_T, b_T)


def _add_mass(mass: Mass, logits_TV: Tensor) -> tuple[Mass, Tensor, Tensor]:
    """The sums with one more block, its exponentials [T, V], and its logits less their maximum [T, V], in place."""
    top_T = torch.maximum(mass.top_T, logits_TV.amax(-1))
    moved_T = (mass.top_T - top_T).double()
    factor_T = moved_T.exp()
    below_TV = logits_TV.sub_(top_T[:, None])
    exp_TV = below_TV.exp()
    older_T = mass.z_T * factor_T
    moment_T = mass.moment_T * factor_T + moved_T * older_T + (exp_TV * below_TV).sum(-1).double()
    return Mass(top_T, older_T + exp_TV.sum(-1).double(), moment_T), exp_TV, below_TV


def _recentred(sums: PairSums, candidate: Mass, baseline: Mass, centre_T: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A, A' and B of the older blocks at the new maxima and the new centre."""
    p_factor_T = (sums.candidate.top_T - candidate.top_T).double().exp()
    q_factor_T = (sums.baseline.top_T - baseline.top_T).double().exp()
    older_p_T, older_q_T = sums.candidate.z_T * p_factor_T, sums.baseline.z_T * q_factor_T
    move_T = centre_T - sums.centre_T
    b_T = sums.b_T * p_factor_T
    return (
        sums.a_candidate_T * p_factor_T - move_T * older_p_T,
        sums.a_baseline_T * q_factor_T - move_T * older_q_T,
        b_T + torch.expm1(move_T) * (older_p_T + b_T),
    )


def pair_adder(device: torch.device) -> AddPair:
    """`add_pair` for a device: compiled on CUDA with Triton and a C compiler, uncompiled elsewhere."""
    return compiled_add_pair() if device.type == "cuda" and _can_compile(device) else add_pair


@functools.cache
def compiled_add_pair() -> AddPair:
    """`add_pair` compiled for blocks of any size; the compiler runs at the first call."""
    return torch.compile(_add_pair_of_copies, dynamic=True, fullgraph=True)


def _add_pair_of_copies(sums: PairSums, candidate_TV: Tensor, baseline_TV: Tensor) -> PairSums:
    # the compiler removes the copies; without them the compiled code would write back the overwritten inputs
    return add_pair(sums, candidate_TV.clone(), baseline_TV.clone())


@functools.cache
def _can_compile(device: torch.device) -> bool:
    """Whether Triton is installed with a C compiler and supports this GPU."""
    compilers = (os.environ.get("CC", ""), "gcc", "clang")
    return (
        find_spec("triton") is not None
        and any(shutil.which(name) for name in compilers)
        and torch.cuda.get_device_capability(device) >= (7, 0)
    )
