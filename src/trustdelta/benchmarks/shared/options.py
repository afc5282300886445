"""Options of multiple choice questions in another order, so that a taste for one position shows.

The order of a question is decided by a key and a seed alone. An option whose label the instruction names ("4 if you
don't know") keeps its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from trustdelta.records import Json, Prompt

SHAPES = ("{}) {}", "{} : {}", "{}. {}")
"""How a label and its option stand in a line of their own."""
POINTERS = ("gold", "unknown", "biased")
"""Keys of a target that hold the index of an option, or None."""


def order_of(count: int, key: str, seed: int = 0) -> list[int]:
    """An order that a key and a seed decide: position i shows option `order_of(...)[i]`."""
    digest = [hashlib.sha256(f"{seed}\0{key}\0{i}".encode("utf-8", "surrogatepass")).digest() for i in range(count)]
    return sorted(range(count), key=digest.__getitem__)


def permuted(prompt: Prompt, seed: int) -> Prompt:
    """The prompt with its options in an order drawn from its id and `seed`; as it is where it lists none."""
    target = prompt.target
    if not isinstance(target, dict) or not {"labels", "options", "gold"} <= target.keys():
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
    """The text with the last listing of the `old` options in its lines replaced; None where there is no listing."""
    for shape in SHAPES:
        end, found = len(text), text
        for label, was, now in reversed(list(zip(labels, old, new, strict=False))):
            line = "\n" + shape.format(label, was)
            start = text.rfind(line, 0, end)
            if start < 0:
                break
            found = found[:start] + "\n" + shape.format(label, now) + found[start + len(line) :]
            end = start
        else:
            return found
    return None
