"""Checks whether two model folders can be compared: tokenizers, templates, architecture, weights, named parent.

Uses their JSON files alone: no weights are loaded, no code is run, no file is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trustdelta.errors import UnknownNameError
from trustdelta.pairs.cards import base_models, folder_card, read_json
from trustdelta.records import Json, content_hash

ARCHITECTURE = ("model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
SWITCH = re.compile(r"\b(enable_thinking|thinking)\b(?!\s*[<>])")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    name: str
    state: str
    """ok, note (allowed, with a remark), unknown or blocks."""
    detail: str


def verify(baseline: Path, candidate: Path) -> tuple[Check, ...]:
    """All offline checks of a pair of local model folders; raises UnknownNameError."""
    for folder in (baseline, candidate):
        if not (folder / "config.json").is_file():
            raise UnknownNameError(f"{folder}: found no config.json; pass a local Hugging Face model folder.")
    return (
        *_tokenizers(baseline, candidate),
        *_special_tokens(baseline, candidate),
        *_templates(baseline, candidate),
        *_architectures(baseline, candidate),
        *(check for folder in (baseline, candidate) for check in _weights(folder)),
        *_lineage(baseline, candidate),
    )


def vocabulary(folder: Path) -> dict[str, int] | None:
    """Token to id, with added tokens; None without a readable tokenizer.json with a vocabulary."""
    tokenizer = read_json(folder / "tokenizer.json")
    vocab = tokenizer.get("model", {}).get("vocab")
    if isinstance(vocab, list):  # Unigram: (piece, score) by position
        vocab = {piece: i for i, (piece, *_) in enumerate(vocab)}
    if not isinstance(vocab, dict):
        return None
    return vocab | {t["content"]: t["id"] for t in tokenizer.get("added_tokens", [])}


def template(folder: Path) -> str:
    """The chat template's text; empty if there is none."""
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text("utf-8", "replace")
    text = read_json(folder / "tokenizer_config.json").get("chat_template") or ""
    return text if isinstance(text, str) else content_hash(text)


def _tokenizers(baseline: Path, candidate: Path) -> Iterator[Check]:
    baseline_ids, candidate_ids = vocabulary(baseline), vocabulary(candidate)
    if baseline_ids is None or candidate_ids is None:
        missing = ", ".join(str(f) for f, v in ((baseline, baseline_ids), (candidate, candidate_ids)) if v is None)
        yield Check("vocabulary", "unknown", f"no tokenizer.json with a vocabulary in {missing}")
        return
    if baseline_ids == candidate_ids:
        yield Check(
            "vocabulary", "ok", f"{len(baseline_ids)} tokens with the same ids: exact KL over the whole vocabulary"
        )
    else:
        shared = sum(candidate_ids.get(token) == i for token, i in baseline_ids.items())
        yield Check(
            "vocabulary",
            "note",
            f"{shared} tokens share token and id, of {len(baseline_ids)} (baseline) and {len(candidate_ids)} "
            "(candidate); KL only over shared ids, or not at all",
        )
    rules = [
        content_hash({k: v for k, v in read_json(f / "tokenizer.json").items() if k not in ("added_tokens", "version")})
        for f in (baseline, candidate)
    ]
    same = rules[0] == rules[1]
    yield Check("tokenisation", "ok" if same else "note", "same rules" if same else "rules (merges, splitting) differ")


def _special_tokens(baseline: Path, candidate: Path) -> Iterator[Check]:
    keys = ("bos_token", "eos_token", "pad_token", "add_bos_token")
    baseline_tokens, candidate_tokens = (
        {k: _text(read_json(f / "tokenizer_config.json").get(k)) for k in keys} for f in (baseline, candidate)
    )
    differ = [
        f"{k}: {baseline_tokens[k]} and {candidate_tokens[k]}"
        for k in keys
        if baseline_tokens[k] != candidate_tokens[k]
    ]
    yield Check("special tokens", "note" if differ else "ok", "; ".join(differ) or "same")


def _templates(baseline: Path, candidate: Path) -> Iterator[Check]:
    texts = {"baseline": template(baseline), "candidate": template(candidate)}
    for arm, text in texts.items():
        if not text:
            yield Check("chat template", "blocks", f"the {arm} has none; audit an instruction-tuned model")
    if all(texts.values()):
        same = texts["baseline"] == texts["candidate"]
        yield Check("chat template", "ok" if same else "note", "same" if same else "differ, by design or not")
    for arm, text in texts.items():
        if switches := sorted(set(SWITCH.findall(text))):
            yield Check(
                "thinking switch", "note", f"the {arm}'s template may take {' and '.join(switches)}; declare it"
            )


def _architectures(baseline: Path, candidate: Path) -> Iterator[Check]:
    baseline_config, candidate_config = (_flat(read_json(f / "config.json")) for f in (baseline, candidate))
    differ = [
        f"{k}: {baseline_config.get(k)} and {candidate_config.get(k)}"
        for k in ARCHITECTURE
        if baseline_config.get(k) != candidate_config.get(k)
    ]
    yield Check(
        "architecture", "note" if differ else "ok", "; ".join(differ) or str(baseline_config.get("model_type", "same"))
    )
    for folder, config in ((baseline, baseline_config), (candidate, candidate_config)):
        if config.get("auto_map"):
            yield Check("remote code", "note", f"{folder} requires custom code, which is not run by default")


def _weights(folder: Path) -> Iterator[Check]:
    if any(folder.glob("*.safetensors")):
        yield Check("weights", "ok", f"{folder}: safetensors")
    elif pickles := sorted(p.name for pattern in PICKLES for p in folder.glob(pattern)):
        yield Check("weights", "blocks", f"{folder}: only {pickles[0]}, which can run code; convert it to safetensors")
    else:
        yield Check("weights", "blocks", f"{folder}: none found; download the model's safetensors files")


def _lineage(baseline: Path, candidate: Path) -> Iterator[Check]:
    parents = base_models(folder_card(candidate))
    if not parents:
        yield Check("lineage", "unknown", "the candidate's card names no base_model")
    elif any(p.rsplit("/", 1)[-1].casefold() == baseline.name.casefold() for p in parents):
        yield Check("lineage", "ok", f"the candidate's card names {baseline.name} as base_model")
    else:
        yield Check(
            "lineage", "note", f"the candidate's card names {', '.join(parents)}, the baseline is {baseline.name}"
        )


def _flat(config: Mapping[str, Json]) -> dict[str, Json]:
    """A configuration overridden by its text model's values (nested in multimodal models)."""
    nested = config.get("text_config")
    return (
        {**config, **nested, "architectures": config.get("architectures")} if isinstance(nested, dict) else dict(config)
    )


def _text(token: Json) -> Json:
    return token.get("content") if isinstance(token, dict) else token
