"""One recorded response of a file, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trustdelta.records import Finish, Json, Message, Prompt

NOTHING: Mapping[str, Any] = {}


def _nothing() -> Mapping[str, Any]:
    """One mapping for all rows without values of a kind."""
    return NOTHING


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One recorded response."""

    messages: tuple[Message, ...]
    draw: int
    text: str
    reasoning: str | None = None
    finish: Finish = Finish.UNKNOWN
    scores: Mapping[str, float] = field(default_factory=_nothing)
    metadata: Mapping[str, Json] = field(default_factory=_nothing)
    where: str = ""
    """Place in the file."""
    error: str = ""
    """The error message, if `finish` is an error."""
    moderated: bool = False
    """Whether a filter withheld the response."""
    rendered: str = ""
    """The rendered prompt, if the file has it."""
    questions: tuple[str, ...] = ()
    """Texts, one of which may be the bare question."""
    document: str = ""
    """Name of the prompt's document."""
    groups: Mapping[str, str] = field(default_factory=_nothing)
    """By kind, the prompt's group; kinds without a value are omitted."""
    cluster: str = ""
    """The prompt's cluster: a template, source document or conversation."""
    key: str = ""
    """`Prompt.join_key` of the messages."""

    def __post_init__(self) -> None:
        """Hash the messages once, since rows are often searched by their key."""
        if not self.key:
            object.__setattr__(self, "key", Prompt("", self.messages).join_key)

    @property
    def question(self) -> str:
        """The user's last message."""
        return next((m.content for m in reversed(self.messages) if m.role == "user"), self.messages[-1].content)

    @property
    def seen(self) -> str:
        """The text sent to the model, as far as recorded: the rendered prompt, else the chat."""
        return self.rendered or "\n".join(f"{m.role}: {m.content}" for m in self.messages)

    @property
    def prompt_row(self) -> dict[str, Json]:
        """A row for `Benchmark.from_rows`: system, prompt (the user's last message) and the metadata columns."""
        system = next((m.content for m in self.messages if m.role == "system"), "")
        chat = [[m.role, m.content] for m in self.messages]
        return {**self.metadata, "system": system, "prompt": self.question, "messages": chat}
