"""Splits a raw response into thought (reasoning trace), answer and state. All model output passes through here.

Steps:

1. Remove role headers at the start, and padding and end-of-turn tokens at the end.
2. Locate marks: those of the tables in `formats`, and tags whose name denotes a thought.
3. A thought opens with a mark at the start; or in the prompt; or before an unopened close; or with a block between
   sentences or lines. Otherwise there is no thought.
4. The thought ends at its balancing close. A mark that is only mentioned (between quotes, in code, or as part of a
   sentence) closes nothing.
5. The answer is the last non-blank stretch of text outside all blocks, without its wrapping marks; it is always a slice
   of the raw text. All other text, without marks, is the thought. Ambiguous text counts as thought.

`Finish.UNKNOWN` (recorded responses) counts as a stop where the text ends in an end-of-turn token. Otherwise an
unclosed thought counts as truncated, and an answer as complete.
"""

from trustdelta.thoughts.declared import FORMAT_NAMES, format_problem
from trustdelta.thoughts.models import infer_prompt_opened_thought, shown_format
from trustdelta.thoughts.prompts import prompt_opens_thought
from trustdelta.thoughts.reading import VERSION, read_response
from trustdelta.thoughts.repetition import loops
from trustdelta.thoughts.split import ASSUMED_OPEN

__all__ = [
    "ASSUMED_OPEN",
    "FORMAT_NAMES",
    "VERSION",
    "format_problem",
    "infer_prompt_opened_thought",
    "loops",
    "prompt_opens_thought",
    "read_response",
    "shown_format",
]
