"""Raw response -> thought, answer and state. Pure text in, `Reading` out; every model output passes through here.

How a response is read, in order:

1. Role headers are dropped from its head, padding and end-of-turn tokens from its tail.
2. Its marks are found: those of the tables in `formats`, and tags whose name says that they hold a thought.
3. A thought opens with a mark at the head; or the prompt opened it; or a close follows that nothing opened; or a block
   stands further in, between sentences or lines. Otherwise there is no thought.
4. The thought ends at the close that balances it. A mark that is merely talked about (between quotes, in code, or as
   part of a sentence) ends nothing.
5. The answer is the last non-blank stretch of text outside every block, without what wraps it; it is always a slice of
   the raw text. All the rest, without its marks, is the thought. Where that is a guess, it leans towards calling text a
   thought.

`Finish.UNKNOWN` (recorded responses) counts as a stop where the text ends in an end-of-turn token. Otherwise an
unclosed thought is read as truncated, and an answer as complete, since nothing shows that it is not.
"""

from trustdelta.thoughts.declared import FORMAT_NAMES, format_problem
from trustdelta.thoughts.models import infer_prompt_opened_thought, shown_format
from trustdelta.thoughts.prompts import prompt_opens_thought
from trustdelta.thoughts.reading import read_response
from trustdelta.thoughts.repetition import loops
from trustdelta.thoughts.split import ASSUMED_OPEN

__all__ = [
    "ASSUMED_OPEN",
    "FORMAT_NAMES",
    "format_problem",
    "infer_prompt_opened_thought",
    "loops",
    "prompt_opens_thought",
    "read_response",
    "shown_format",
]
