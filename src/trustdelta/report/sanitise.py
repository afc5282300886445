"""Sanitises every name and every model text before it is shown.

Invisible characters (controls, escapes, bidirectional overrides, zero-width and tag characters, lone surrogates) are
replaced by a visible name. Escaping for a target language (HTML, Markdown, terminal) follows in the renderer.
"""

from __future__ import annotations

import re

# Unicode categories Cc, Cf, Cs, Co (plane 0), Zl and Zp; tests compare the list with `unicodedata`.
INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ud800-\udfff\ue000-\uf8ff\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)


def _name(character: str) -> str:
    # not ␛ and the like: few fonts have them
    return f"⟨U+{ord(character):04X}⟩"


def visible(text: str) -> str:
    """One line of text with every invisible character named, like ⟨U+202E⟩."""
    return INVISIBLE.sub(lambda match: _name(match.group()), text)


def visible_lines(text: str) -> str:
    """As `visible`, but line feeds and tabs are preserved, for text that is shown as a block."""
    return INVISIBLE.sub(lambda match: match.group() if match.group() in "\n\t" else _name(match.group()), text)


def clipped(text: str, length: int) -> str:
    """`visible` text of at most `length` characters, cut in the middle because names differ at their ends."""
    shown = visible(text)
    if len(shown) <= length:
        return shown
    head = (length - 1) // 2
    return f"{shown[:head]}…{shown[len(shown) - (length - 1 - head) :]}"
