"""Splits texts in which a heading announces the thought and another one the answer: "**Thinking:** … **Answer:** …"."""

from __future__ import annotations

import re

from trustdelta.records import Finish
from trustdelta.thoughts.marks import strip_span, stripped
from trustdelta.thoughts.split import EMPTY_THOUGHT, Split

HEADINGS = "headings"
"""Name of the format."""

_EXPLANATION = (
    r"reasoning|推理|推論|추론|Überlegung(?:en)?|Réflexions?|Raisonnement|Razonamiento|Ragionamento|Raciocínio"
    r"|Рассуждени[ея]"
)
"""Explanations that are a part of many answers; a thought only where a *final* answer follows."""
_THOUGHT = (
    r"(?:(?:my|the|inner|internal|initial|step-by-step)[ ]){0,2}(?:thoughts?|thinking|thought[ ]process"
    r"|thinking[ ]process|chain[ -]of[ -]thought|monologue|scratchpad|reasoning[ ](?:process|trace|steps)"
    rf"|{_EXPLANATION})"
    r"|思考(?:过程|過程|プロセス)?|推理(?:过程|過程)|思路|思维过程|생각|사고[ ]?과정"
    r"|Gedanken(?:gang)?|Denkprozess|Pensamientos?|Pensier[io]"
    r"|Размышления|Ход[ ]мыслей|Мысли|Denkproces|Gedachten|Düşünce(?:ler)?"
)
_FINAL = (
    r"(?:(?:my|the)[ ])?final[ ](?:answer|response|reply|output)|最[终終](?:答案|回答|回复)"
    r"|最終的な回答|최종[ ]?(?:답변|답)"
    r"|(?:endgültige|finale)[ ]Antwort|Réponse[ ]finale|Respuesta[ ]final|Risposta[ ]finale|Resposta[ ]final"
    r"|(?:Окончательный|Итоговый|Финальный)[ ]ответ|Definitief[ ]antwoord"
)
_ANSWER = (
    r"(?:(?:my|the)[ ])?(?:answer|response|reply|output)|答案|回答|回复|答え|답변|답|Antwort|Réponse|Respuesta|Risposta"
    r"|Resposta|Ответ|Antwoord|Cevap|Yanıt"
)
_ORNAMENT = r"(?:[^\w\s<>\[\]【】(){}#*`\"'.,:;!?-]{1,4}[ \t]*)?"
"""An emoji or bullet before a heading."""


def _heading(name: str) -> str:
    """Pattern of a heading with this name: of Markdown, in bold or italics, in brackets, or plain with a colon."""
    alone = r"[ \t]*(?=\n|\Z)"
    return (
        rf"(?:#{{1,6}}[ \t]+{_ORNAMENT}[*_]{{0,3}}(?:{name})[ \t]*[:：]?[*_]{{0,3}}[:：]?{alone}"
        rf"|[*_]{{1,3}}{_ORNAMENT}(?:{name})(?:\.\.\.|…)?[ \t]*(?:[:：][*_]{{1,3}}|[*_]{{1,3}}[:：]|[*_]{{1,3}}{alone})"
        rf"|[【\[](?:{name})[】\]](?:[:：]|{alone}|(?<=】))"
        rf"|(?:{name})[ ]?(?::(?=\s)|：))"
    )


_OPENING = re.compile(rf"(?:>[ ]?)?{_ORNAMENT}(?P<heading>{_heading(_THOUGHT)})", re.IGNORECASE)
_AT_LINE = rf"(?m:^)[ \t]*{_ORNAMENT}|(?<=[.!?。！？…])[ ]+(?=[*_A-Z])"
_CLOSING_FINAL = re.compile(rf"(?:{_AT_LINE}){_heading(_FINAL)}", re.IGNORECASE)
_CLOSING = re.compile(rf"(?:{_AT_LINE}){_heading(_ANSWER)}", re.IGNORECASE)
_QUOTE = re.compile(r"[ \t]*\n(?:[ \t]*\n)?(?:>[^\n]*(?:\n|\Z))+")
"""A block quote below a heading."""
_ACTION = re.compile(r"^\W{0,3}Action\W{0,3}:", re.MULTILINE)
_CALL = re.compile(r"^\W{0,3}Action Input\W{0,3}:", re.MULTILINE)
"""A step of an agent, and the call of a tool, which is something that it does and no thought."""
_STYLED = "#*_【"
_EXPLAINS = re.compile(rf"\W*(?:(?:my|the)[ ])?(?:{_EXPLANATION})\W*\Z", re.IGNORECASE)


def headed(text: str, span: tuple[int, int]) -> bool:
    """Whether a span has both headings."""
    opening = _opening(text, span)
    return opening is not None and _close(text, opening, span[1]) is not None


def split_by_headings(text: str, span: tuple[int, int], finish: Finish, *, declared: bool) -> Split | None:
    """Split at the headings; None without the first one, or without the second in a text that is not cut.

    `declared`: the model's other responses have these headings, or the user names the format.
    """
    opening = _opening(text, span)
    if opening is None:
        return None
    start, end = opening.end(), span[1]
    close = _close(text, opening, end)
    if close is not None:
        thought = stripped(text[start : close[0]])
        notes = () if thought else (EMPTY_THOUGHT,)
        return Split(strip_span(text, close[1], end), thought, HEADINGS, notes, thought_end=close[1])
    if declared or _goes_on(text, opening, end, finish):
        return Split((end, end), stripped(text[start:end]), HEADINGS, open_at_end=True)
    return None


def _opening(text: str, span: tuple[int, int]) -> re.Match[str] | None:
    """The heading of a thought at the start of a span; a plain one begins with a capital letter."""
    opening = _OPENING.match(text, *span)
    if opening is None or opening["heading"][0].islower():
        return None
    return None if opening["heading"][0] == "[" and text.find("[/", *span) >= 0 else opening  # a pair of tags


def _close(text: str, opening: re.Match[str], end: int) -> tuple[int, int] | None:
    """Span of the answer's heading, or of the end of the block quote that the first heading names."""
    start = opening.end()
    if _CALL.search(text, start, end):
        return None
    finals = list(_CLOSING_FINAL.finditer(text, start, end))
    if not finals and _EXPLAINS.match(opening["heading"]):
        return None
    close = finals[-1] if finals else _CLOSING.search(text, start, end)
    if close is not None:
        return close.span()
    quote = _QUOTE.match(text, start, end)
    behind = quote is not None and stripped(text[quote.end() : end])
    return (quote.end(), quote.end()) if quote is not None and behind else None


def _goes_on(text: str, opening: re.Match[str], end: int, finish: Finish) -> bool:
    """Whether a thought without the answer's heading was cut: surely, or perhaps, below a heading of its own line."""
    if finish is Finish.STOP or _EXPLAINS.match(opening["heading"]) or _ACTION.search(text, opening.end(), end):
        return False
    alone = opening["heading"][0] in _STYLED and text[opening.end() : end].lstrip(" \t")[:1] in ("\n", "")
    return finish is Finish.LENGTH or alone
