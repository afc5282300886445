"""The 25 kinds of instruction of IFEval, each a rule of a text and the instruction's arguments.

Zhou et al., "Instruction-Following Evaluation for Large Language Models", 2023, arXiv 2311.07911; each rule is that of
the published implementation (google-research, `instruction_following_eval/instructions.py`), its quirks included: a
keyword is a pattern that also counts inside longer words, a title is anything between double angle brackets, and a list
item may begin with a dash or an asterisk, but not with a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from trustdelta.records import Json
from trustdelta.scorers.ifeval_text import capital_words, is_language, may_be_english, sentence_count

Arguments = Mapping[str, Json]
Rule = Callable[[str, Arguments], bool]
OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_FENCE = re.compile(r"^```(?:json|Json|JSON)?|```$")
_FIRST_WORD = re.compile(r"'*\"*([^.,?!'\"]*)")


def _holds(count: int, relation: str, number: int) -> bool:
    return count < number if relation == "less than" else count >= number


def _pattern(keyword: str, around: str = "") -> re.Pattern[str]:
    try:
        return re.compile(f"{around}{keyword}{around}", re.IGNORECASE)
    except re.error:
        return re.compile(f"{around}{re.escape(keyword)}{around}", re.IGNORECASE)


def _highlights(text: str, a: Arguments) -> bool:
    single = [h for h in re.findall(r"\*[^\n*]*\*", text) if h.strip("*").strip()]
    double = [h for h in re.findall(r"\*\*[^\n*]*\*\*", text) if h[2:-2].strip()]
    return bool(len(single) + len(double) >= a["num_highlights"])


def _bullets(text: str, a: Arguments) -> bool:
    stars = re.findall(r"^\s*\*[^*].*$", text, re.MULTILINE)
    dashes = re.findall(r"^\s*-.*$", text, re.MULTILINE)
    return bool(len(stars) + len(dashes) == a["num_bullets"])


def _sections(text: str, a: Arguments) -> bool:
    marks = re.findall(rf"{a['section_spliter'].strip()}\s?\d+", text)
    return bool(len(marks) >= a["num_sections"])


def _paragraphs(text: str, a: Arguments) -> bool:
    parts = [part.strip() for part in re.split(r"\s?\*\*\*\s?", text)]
    if not all(parts[1:-1]):
        return False
    return bool(sum(map(bool, parts)) == a["num_paragraphs"])


def _first_word(text: str, a: Arguments) -> bool:
    parts, place = text.split("\n\n"), a["nth_paragraph"]
    count = sum(bool(part.strip()) for part in parts)
    if place > count or not (words := parts[place - 1].split()):
        return False
    first = _FIRST_WORD.match(words[0])
    return bool(count == a["num_paragraphs"] and first and first[1].lower() == a["first_word"].lower())


def _postscript(text: str, a: Arguments) -> bool:
    marker = a["postscript_marker"].strip()
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return bool(re.search(patterns.get(marker, marker.lower()), text.lower()))


def _json(text: str, a: Arguments) -> bool:
    del a
    inner = text.strip()
    for _ in range(2):
        inner = _FENCE.sub("", inner)
    try:
        json.loads(inner.strip())
    except (ValueError, RecursionError):
        return False
    return True


def _two_responses(text: str, a: Arguments) -> bool:
    del a
    parts = [part.strip() for part in text.split("******")]
    responses = [part for part in parts if part]
    return all(parts[1:-1]) and len(responses) == 2 and responses[0] != responses[1]


def _title(text: str, a: Arguments) -> bool:
    del a
    return any(title.lstrip("<").rstrip(">").strip() for title in re.findall(r"<<[^\n]+>>", text))


def _quoted(text: str, a: Arguments) -> bool:
    del a
    whole = text.strip()
    return len(whole) > 1 and whole[0] == whole[-1] == '"'


def _letters(text: str, a: Arguments) -> bool:
    return _holds(text.lower().count(a["letter"].strip().lower()), a["let_relation"], a["let_frequency"])


def _ends(text: str, a: Arguments) -> bool:
    return text.strip().strip('"').lower().endswith(a["end_phrase"].strip().lower())


RULES: dict[str, Rule] = {
    "change_case:capital_word_frequency": lambda t, a: _holds(
        capital_words(t), a["capital_relation"], a["capital_frequency"]
    ),
    "change_case:english_capital": lambda t, a: t.isupper() and may_be_english(t),
    "change_case:english_lowercase": lambda t, a: t.islower() and may_be_english(t),
    "combination:repeat_prompt": lambda t, a: t.strip().lower().startswith(a["prompt_to_repeat"].strip().lower()),
    "combination:two_responses": _two_responses,
    "detectable_content:number_placeholders": lambda t, a: len(re.findall(r"\[.*?\]", t)) >= a["num_placeholders"],
    "detectable_content:postscript": _postscript,
    "detectable_format:constrained_response": lambda t, a: any(option in t for option in OPTIONS),
    "detectable_format:json_format": _json,
    "detectable_format:multiple_sections": _sections,
    "detectable_format:number_bullet_lists": _bullets,
    "detectable_format:number_highlighted_sections": _highlights,
    "detectable_format:title": _title,
    "keywords:existence": lambda t, a: all(_pattern(word).search(t) for word in a["keywords"]),
    "keywords:forbidden_words": lambda t, a: not any(_pattern(w, r"\b").search(t) for w in a["forbidden_words"]),
    "keywords:frequency": lambda t, a: _holds(
        len(_pattern(a["keyword"].strip()).findall(t)), a["relation"], a["frequency"]
    ),
    "keywords:letter_frequency": _letters,
    "language:response_language": lambda t, a: is_language(t, a["language"]),
    "length_constraints:nth_paragraph_first_word": _first_word,
    "length_constraints:number_paragraphs": _paragraphs,
    "length_constraints:number_sentences": lambda t, a: _holds(sentence_count(t), a["relation"], a["num_sentences"]),
    "length_constraints:number_words": lambda t, a: _holds(len(re.findall(r"\w+", t)), a["relation"], a["num_words"]),
    "punctuation:no_comma": lambda t, a: "," not in t,
    "startend:end_checker": _ends,
    "startend:quotation": _quoted,
}
"""Rule by the name of the instruction."""
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "change_case:capital_word_frequency": ("capital_relation", "capital_frequency"),
    "combination:repeat_prompt": ("prompt_to_repeat",),
    "detectable_content:number_placeholders": ("num_placeholders",),
    "detectable_content:postscript": ("postscript_marker",),
    "detectable_format:multiple_sections": ("section_spliter", "num_sections"),
    "detectable_format:number_bullet_lists": ("num_bullets",),
    "detectable_format:number_highlighted_sections": ("num_highlights",),
    "keywords:existence": ("keywords",),
    "keywords:forbidden_words": ("forbidden_words",),
    "keywords:frequency": ("keyword", "relation", "frequency"),
    "keywords:letter_frequency": ("letter", "let_relation", "let_frequency"),
    "language:response_language": ("language",),
    "length_constraints:nth_paragraph_first_word": ("num_paragraphs", "nth_paragraph", "first_word"),
    "length_constraints:number_paragraphs": ("num_paragraphs",),
    "length_constraints:number_sentences": ("relation", "num_sentences"),
    "length_constraints:number_words": ("relation", "num_words"),
    "startend:end_checker": ("end_phrase",),
}
"""Arguments by the name of the instruction; an instruction without an entry has none."""


def follows(name: str, arguments: Arguments, text: str) -> bool:
    """Whether a text follows an instruction; a blank text follows none."""
    return bool(text.strip()) and RULES[name](text, arguments)
