"""The cache with room holds the numbers of the library's cache after every operation of decoding."""

from __future__ import annotations

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.cache_utils import DynamicLayer

from trustdelta.engines.cache import ROOM, RoomyLayer, roomy_cache

OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, ROOM // 2)),
        st.tuples(st.just("keep"), st.integers(1, 3)),
        st.tuples(st.just("crop"), st.integers(1, 5)),
        st.tuples(st.just("repeat"), st.integers(1, 2)),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(operations=OPERATIONS, heads=st.integers(1, 3))
def test_every_operation_gives_the_numbers_of_the_library(operations: list[tuple[str, int]], heads: int) -> None:
    """Appending, dropping rows, cropping and repeating in any order."""
    torch.manual_seed(0)
    ours, library, rows = RoomyLayer(), DynamicLayer(), 4
    for name, n in [("append", 7), *operations]:
        if name == "append":
            keys, values = torch.randn(rows, heads, n, 8), torch.randn(rows, heads, n, 8)
            returned = ours.update(keys, values)
            library.update(keys, values)
            assert returned == (ours.keys, ours.values)
        elif name == "keep":
            kept = torch.arange(0, rows, n)
            rows = len(kept)
            ours.batch_select_indices(kept)
            library.batch_select_indices(kept)
        elif name == "repeat" and rows < 8:
            rows *= n
            ours.batch_repeat_interleave(n)
            library.batch_repeat_interleave(n)
        elif name == "crop" and library.get_seq_length() > n:
            ours.crop(-n)
            library.crop(-n)
        assert torch.equal(ours.keys, library.keys)
        assert torch.equal(ours.values, library.values)
        assert ours.get_seq_length() == library.get_seq_length()


def test_one_token_is_written_in_place() -> None:
    """A token copies nothing while there is room; earlier results stay as they were."""
    layer = RoomyLayer()
    first, _ = layer.update(torch.ones(2, 3, 10, 4), torch.ones(2, 3, 10, 4))
    second, _ = layer.update(torch.zeros(2, 3, 1, 4), torch.zeros(2, 3, 1, 4))
    assert second.data_ptr() == first.data_ptr()
    assert bool((first == 1).all())


@pytest.mark.parametrize("windows", [False, True])
def test_a_model_decodes_the_same_logits(*, windows: bool) -> None:
    """Through a whole model, also one whose layers of sliding windows keep the library's cache."""
    torch.manual_seed(0)
    config = transformers.Gemma3TextConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        sliding_window=4,
        layer_types=["sliding_attention" if windows else "full_attention", "full_attention"],
    )
    model = transformers.Gemma3ForCausalLM(config).eval()
    caches = roomy_cache(config), transformers.DynamicCache(config=config)
    assert isinstance(caches[0].layers[1], RoomyLayer)
    assert isinstance(caches[0].layers[0], RoomyLayer) is not windows
    ids = torch.randint(0, 64, (3, 12))
    with torch.inference_mode():
        for step in range(6):
            new = ids[:, :6] if step == 0 else ids[:, 5 + step : 6 + step]
            ours, library = (model(new, past_key_values=cache, use_cache=True).logits for cache in caches)
            assert torch.equal(ours, library)
