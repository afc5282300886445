"""Permuted options of multiple choice questions, to measure position bias.

The order depends only on a key and a seed. An option whose label the instruction names ("4 if you don't know") is not
moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from trustdelta.records import Json, Prompt

SHAPES = ("{}) {}", "{} : {}", "{}. {}")
"""Formats of a line with a label and its option."""
POINTERS = ("gold", "unknown", "biased")
"""Keys of a target with the index of an option, or None."""


def order_of(count: int, key: str, seed: int = 0) -> list[int]:
    """The order of a key and a seed: position i shows option `order_of(...)[i]`."""
    digest = [hashlib.sha256(f"{seed}\0{key}\0{i}".encode("utf-8", "surrogatepass")).digest() for i in range(count)]
    return sorted(range(count), key=digest.__getitem__)


def permuted(prompt: Prompt, seed: int) -> Prompt:
    """The prompt with its options in an order that depends on its id and `seed`.

    Unchanged where it lists none, or where a hint names an option by its letter.
    """
    target = prompt.target
    if not isinstance(target, dict) or not {"labels", "options", "gold"} <= target.keys() or "hinted" in target:
        return prompt
    options, fixed = target["options"], target.get("unsure")
    order = order_of(len(options) if fixed is None else fixed, prompt.id, seed)
    order += range(len(order), len(options))
    *before, last = prompt.messages
    text = _with_options(last.content, target["labels"], options, [options[i] for i in order])
    if text is None:
        return prompt
    moved = {k: target[k] if target[k] is None else order.index(target[k]) for k in POINTERS if k in target}
    shown: Json = {**target, "options": [options[i] for i in order], **moved}
    return replace(prompt, messages=(*before, replace(last, content=text)), target=shown)


def _with_options(text: str, labels: Sequence[str], old: Sequence[str], new: Sequence[str]) -> str | None:
    """The text with its last listing of the `old` options replaced; None without a listing."""
    for shape in SHAPES:
        end, text_so_far = len(text), text
        for label, old_option, new_option in reversed(list(zip(labels, old, new, strict=False))):
            line = "\n" + shape.format(label, old_option)
            start = text.rfind(line, 0, end)
            if start < 0:
                break
            text_so_far = (
                text_so_far[:start] + "\n" + shape.format(label, new_option) + text_so_far[start + len(line) :]
            )
            end = start
        else:
            return text_so_far
    return None
