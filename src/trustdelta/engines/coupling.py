"""The random numbers of sampling: an exponential race whose variables two models may share.

Token i of a distribution p has the arrival time E_i / p_i, where the E_i are independent Exp(1) variables; the token
that arrives first is exactly a draw from p. It is the Gumbel-max trick in another form: -log(E_i) is a Gumbel
variable, and log p_i + Gumbel_i is largest where the time is smallest. E_i is a hash of seed, stream, place and token
id. It depends neither on the rest of the batch nor on p, so that two models with one seed race with the same
variables. Each draws from its own distribution, and similar distributions yield the same tokens
(arXiv:2502.01754).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

import torch

GOLDEN, FIRST, SECOND = -7046029254386353131, -4658895280553007687, -7723592293110705685
"""Constants of SplitMix64 (Steele, Lea and Flood 2014) as signed 64-bit integers."""


class Stream(IntEnum):
    """Sequences of random numbers of one sample."""

    ANSWER = 0
    """Tokens of the answer."""
    THOUGHT = 1
    """Tokens of the reasoning trace."""
    ACCEPTANCE = 2
    """Whether a token of another model's response is accepted."""
    REMAINDER = 3
    """The token drawn after a rejection."""


def stream_keys(seed_B: torch.Tensor, stream_B: torch.Tensor, place_B: torch.Tensor) -> torch.Tensor:
    """One key for each row's place in one of its streams; all int64, shape [B]."""
    return _mixed(_mixed(_mixed(seed_B) + (stream_B + 1) * GOLDEN) + (place_B + 1) * GOLDEN)


def exponentials(key_B: torch.Tensor, ids_BK: torch.Tensor) -> torch.Tensor:
    """Independent Exp(1) variables, one for each token id of each row; `ids_BK` may have one row for all.

    The hash is integer arithmetic and the same on every machine. Double precision where the device has it, so that the
    logarithm, too, differs nowhere by more than its last bits: 53 random bits, largest value 36.7.
    """
    bits_BK = _mixed(ids_BK * GOLDEN + key_B[:, None])
    odd_BK = _shifted(bits_BK, 11).bitwise_or_(1)
    uniform_BK = odd_BK.to(torch.float32 if odd_BK.device.type == "mps" else torch.float64).mul_(2.0**-53)
    return uniform_BK.clamp_max_(1 - 2.0**-24 if uniform_BK.dtype == torch.float32 else 1.0).neg_().log1p_().neg_()


def race(p_BK: torch.Tensor, ids_BK: torch.Tensor, key_B: torch.Tensor) -> torch.Tensor:
    """The column that arrives first in each row of unnormalised probabilities, shape [B]."""
    exponential_BK = exponentials(key_B, ids_BK)
    return (p_BK.to(exponential_BK.dtype) / exponential_BK).argmax(-1)


@lru_cache(maxsize=4)
def every_id(vocabulary: int, device: torch.device) -> torch.Tensor:
    """All token ids, shape [1, V]."""
    return torch.arange(vocabulary, device=device)[None]


def keys_of(seeds: Sequence[int], streams: Sequence[int], places: Sequence[int], device: torch.device) -> torch.Tensor:
    """`stream_keys` of plain numbers; seeds have 63 bits at most."""
    numbers_3B = torch.tensor([seeds, streams, places], dtype=torch.int64, device=device)
    return stream_keys(*numbers_3B)


def _mixed(z: torch.Tensor) -> torch.Tensor:
    """SplitMix64's finaliser (Stafford's variant 13)."""
    z = (z ^ _shifted(z, 30)).mul_(FIRST)
    z = z.bitwise_xor_(_shifted(z, 27)).mul_(SECOND)
    return z.bitwise_xor_(_shifted(z, 31))


def _shifted(z: torch.Tensor, bits: int) -> torch.Tensor:
    """Shift to the right without the sign."""
    return (z >> bits).bitwise_and_((1 << (64 - bits)) - 1)
