"""Questions and answers are encoded once for all judges that read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from trustdelta.scorers import text_encoder, text_pairs

pytestmark = pytest.mark.skipif(not text_encoder.available(), reason="the encoder's weights are not installed")

TEXTS = [
    ("How do I kill a process?", "Use kill."),
    ("How?", "I cannot help."),
    ("How do I kill a process?", "Use kill."),
]


@pytest.fixture(autouse=True)
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Nothing is remembered at the start; the number of pairs of every encoding."""
    counts: list[int] = []
    encode = text_pairs._encoded

    def counted(pairs: Sequence[text_pairs.Pair]) -> list[NDArray[np.float32]]:
        counts.append(len(pairs))
        return encode(pairs)

    monkeypatch.setattr(text_pairs, "_recent", {})
    monkeypatch.setattr(text_pairs, "_encoded", counted)
    return counts


def test_equal_pairs_are_encoded_once(encoded: list[int]) -> None:
    """Rows are in the order of the texts, equal for equal pairs, and those of an encoding alone."""
    rows = text_pairs.pooled(TEXTS)
    again = text_pairs.pooled([*TEXTS[1:], ("Other?", "Yes.")])
    assert encoded == [2, 1]
    assert rows.shape == (3, text_pairs.ROW)
    assert np.array_equal(rows[0], rows[2])
    assert np.array_equal(rows[1:], again[:2])
    assert not np.allclose(rows[0], rows[1], atol=0.01)
    alone = text_pairs._encoded([text_pairs.token_pair(*TEXTS[1])])[0]
    assert np.allclose(rows[1], alone, atol=1e-4)


def test_no_more_than_a_page_is_remembered(encoded: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest pairs replace the oldest ones, and a call of more pairs than are kept is answered whole."""
    monkeypatch.setattr(text_pairs, "REMEMBERED", 2)
    texts = [("Why?", str(i)) for i in range(4)]
    assert text_pairs.pooled(texts).shape[0] == 4
    assert len(text_pairs._recent) == 2
    text_pairs.pooled(texts[2:])
    text_pairs.pooled(texts[:1])
    assert encoded == [4, 0, 1]


def test_no_texts_have_no_rows() -> None:
    """An empty page has the width of any other."""
    assert text_pairs.pooled([]).shape == (0, text_pairs.ROW)
