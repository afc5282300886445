"""Settings of drift: whether and how the divergence of the two models' token distributions is measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from trustdelta.config.base import Count, Group, Short, Unhashed


class DriftSettings(Group):
    """Whether and how the divergence of the two models' token distributions is measured."""

    enabled: Annotated[bool, Short("drift")] = True
    """Whether drift is measured."""
    prompts_per_benchmark: Annotated[Count, Short("drift_prompts_per_benchmark")] = 200
    """Most prompts of each benchmark for drift."""
    mode: Annotated[Literal["auto", "one_pass", "two_pass", "vllm"], Short("drift_mode"), Unhashed()] = "auto"
    """Whether both models are in memory at once, or one after the other with hidden states on disk.

    `vllm`: vLLM computes the hidden states. The results are equal but for the rounding of another program. `auto`:
    `vllm` for two models of vLLM, else both at once if they fit.
    """
    top_logprobs: Annotated[int, Field(ge=-1), Short("drift_top_logprobs")] = 20
    """Most probable tokens requested from a server at each position; -1: its whole vocabulary."""
    reference_model: Annotated[str, Short("drift_reference_model", "drift_yardstick"), Unhashed()] = ""
    """Model that the baseline was trained from; its divergence from the baseline is reported beside the candidate's."""
