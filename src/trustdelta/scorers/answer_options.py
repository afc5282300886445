"""Where a text names options: by their letters or numbers, by their words, by bare replies ("certainly not")."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from trustdelta.scorers.answer_text import tidy
from trustdelta.scorers.answer_tokens import tokens
from trustdelta.scorers.answer_view import SEVERAL, Mention

Finder = Callable[[str], list[Mention]]
ORDINALS = ("first", "second", "third", "fourth", "fifth")
ORDINAL = re.compile(
    rf"\b({'|'.join(ORDINALS)}) (?:(?:option|choice|alternative)\b|one(?=\W*(?:[.,;:!)\n]|$)))", re.IGNORECASE
)
LISTED = r"\s*(?:[-•]\s+)?(?:(?:option|choice)\s+)?\(?({})\s*[):.]\s*"
LISTED += r"(?!(?:in)?correct\W*$|wrong\W*$|right\W*$|not \w+\W*$)[^\s✗✘❌✖☒✓✔✅☑]"
WORDS = frozenset("AEIOY")
"""Letters that are words of some language: "A person", "E a resposta"."""
AFTER_WORD = re.compile(
    r"(?!'\w|\.\w|-\w)(?=\s*$|\s*[^\w\s]|\s*[^\x00-\x7f]|\s+(?:is|was|are|were|be|because|since|as|for|or|and|but|not"
    r"|nor"
    r"|rather|due|given|would|seems|must|has|over|instead|only|from|fits|which|where|it|the|mais|sino|ni|richtig"
    r"|sondern"
    r"|ma|mas|est|es|ist|è|é|y|et|und|e|o|ou|oder|pero|porque|car|weil|perché|pois"
    r"|nicht|denn|aber|niet|maar|want|omdat|en|of|no|non|não|puisque|poiché)\b)"
)
"""What may follow such a letter where it is a label."""
AFTER_NUMBER = re.compile(
    r"(?![.,:]\d)(?=\s*$|[)\]}.,:;!?\"'$]|\s*[^\x00-\x7f\w]|\s*[-–—](?:\s|$)|\s*\n"
    r"|\s+(?:is|was|or|and|because|since|as|for|given|would|seems)\b)"
)
"""What may follow a number that is a label: "3 animals" is no option 3."""
JOINS = re.compile(r"([\s)\]}.:\"'(\[{*=-]*)(?:the |an? )?", re.IGNORECASE)
ENDS = re.compile(r"[\s\"')\]]*(?:[.;!?]|\n|\Z)")
ADVERB = r"(?!only|merely|simply|solely)\w+ly"
YES_NO_VERB = r"(?:is|does|should|would|was|are|were|can|could|may)"
POLAR = {
    "no": r"(?:(?:absolutely|certainly|definitely|of course|surely|clearly|obviously|probably|most likely|no,?)\s+)?not"
    r"(?: at all| really| in the least| necessarily)?|by no means|under no circumstances|in no way|no way|never|nope"
    r"|nah|no chance|not a chance|hardly|scarcely|(?:that|it|this) is (?:not (?:correct|right|true|so)|incorrect"
    r"|untrue)|i (?:do not|don't) (?:think|believe) so|i think not|negative"
    rf"|(?:it|that|this|he|she|they|you) (?:\w+n't|{YES_NO_VERB} not)",
    "yes": r"absolutely|certainly|definitely|of course|sure(?:ly| thing)?|yeah|yep|yup|indeed(?: (?:it|he|she|they"
    r"|that) \w+)?"
    r"|by all means|naturally|obviously|undoubtedly|without (?:a |any )?doubt|i (?:think|believe|would say) so"
    rf"|(?:it|that|this|he|she|they|you) {YES_NO_VERB}|(?:that|it|this) is (?:correct|right|true|so)|affirmative"
    rf"|gladly|for sure",
}
"""Bare replies that stand for the options "yes" and "no"."""
NEVER = r"(?:under no circumstances|by no means|in no way)"
"""Opens a sentence that says no, whatever follows."""
REPLY = r"(?:\A[\s\"'(]*|(?<=[?:\n])\s?)(?:{})(?=\s*(?:[.,!;:)]|—|\n|$|\s-\s))"
NO = (
    r"(?<!\w)no(?=\s*(?:[.,;:!?)\]}\"'*/$]|$|\n|[-—](?:\s|$))"
    r"|\s+(?:it|i|he|she|they|this|that|there|you|we|because|since|or|and)\b)"
)
""""No" as a reply, and not as a word about another one ("no idea")."""


@lru_cache(maxsize=256)
def _sequences(options: tuple[str, ...]) -> tuple[dict[str, list[tuple[tuple[str, ...], int]]], bool]:
    """The options' tokens by their first, longest first, and whether numbers are compared by value."""
    plain = [tidy(option) for option in options]
    valued = [tuple(token.word for token in tokens(option, by_value=True)) for option in plain]
    by_value = any(word[0] == "#" or word == "percent" for words in valued for word in words)
    table: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for i, option in enumerate(plain):
        words = valued[i] if by_value else tuple(token.word for token in tokens(option))
        words = words or tuple(option.casefold().split())
        if words:
            table.setdefault(words[0], []).append((words, i))
    for sequences in table.values():
        sequences.sort(key=lambda sequence: -len(sequence[0]))
    return table, by_value


def first_words(options: Sequence[str]) -> Collection[str]:
    """The tokens with which options begin."""
    return _sequences(tuple(options))[0].keys()


def by_words(text: str, options: Sequence[str]) -> list[Mention]:
    """Every mention of an option by its words, in order and apart; its value is the option's number.

    A longer option hides those that it contains; punctuation that ends an option belongs to it.
    """
    table, by_value = _sequences(tuple(options))
    plain = tokens(text, by_value=by_value)
    words = [token.word for token in plain]
    mentions: list[Mention] = []
    i = 0
    while i < len(plain):
        for sequence, option in table.get(words[i], ()):
            if words[i : i + len(sequence)] == list(sequence):
                last = i + len(sequence) - 1
                mentions.append(
                    Mention(plain[i].start, _with_own_ending(text, plain[last].end, options[option]), option)
                )
                i = last
                break
        i += 1
    return mentions


def _with_own_ending(text: str, end: int, option: str) -> int:
    ending = option[len(option.rstrip("?!.")) :]
    return end + len(ending) if ending and text.startswith(ending, end) else end


@lru_cache(maxsize=256)
def _label_pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    known = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z0-9_À-ɏ.-])(?<![A-Za-z]')(?:{known})(?![A-Za-z0-9_À-ɏ])(?!'\w)", re.IGNORECASE)


def by_labels(text: str, labels: Sequence[str]) -> list[Mention]:
    """Every mention of an option by its label; a small letter only in brackets or at an end, "A" not as an article."""
    index = {label.casefold(): i for i, label in enumerate(labels)}
    return [
        Mention(hit.start(), hit.end(), index[hit.group().casefold()], label=True)
        for hit in _label_pattern(tuple(labels)).finditer(text)
        if _is_label(text, hit, labels)
    ]


def _is_label(text: str, hit: re.Match[str], labels: Sequence[str]) -> bool:
    seen, after = hit.group(), text[hit.end() : hit.end() + 20]
    if not seen.isalpha():
        return AFTER_NUMBER.match(after) is not None
    if seen in labels:
        return AFTER_WORD.match(after) is not None if seen in WORDS else not after.startswith(("+", "#"))
    if text[hit.start() - 1 : hit.start()] in ("(", "[") and after[:1] in (")", "]"):
        return True
    line = text[text.rfind("\n", 0, hit.start()) + 1 : hit.start()].rstrip()
    ends = not after.split("\n")[0].strip(" .)]}\"'!*")
    return ends and (seen not in "ai" or not line or line[-1] in ":=\"'")


def without_listing(text: str, labels: Sequence[str]) -> str:
    """The text without lines that open with a label, where two labels or more do: the options, gone through again.

    The one label that a later line opens with once more is the answer and stays.
    """
    known = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    opens = re.compile(LISTED.format(known), re.IGNORECASE)
    lines = [(line, match[1].casefold() if (match := opens.match(line)) else "") for line in text.splitlines()]
    listed = [label for _, label in lines if label]
    if len(set(listed)) < 2:
        return text
    last = listed[-1] if len(listed) == len(set(listed)) + 1 and listed[-1] in listed[:-1] else ""
    again = max((i for i, (_, label) in enumerate(lines) if label and label == last), default=-1)
    return "\n".join(line for i, (line, label) in enumerate(lines) if not label or i == again)


def by_ordinals(text: str, count: int) -> list[Mention]:
    """Every "second option" or its like, of `count` options."""
    hits = [(hit, ORDINALS.index(hit[1].lower())) for hit in ORDINAL.finditer(text)]
    return [Mention(hit.start(), hit.end(), i, label=True) for hit, i in hits if i < count]


def merged(text: str, *groups: Sequence[Mention]) -> list[Mention]:
    """Mentions in order and apart; a label with its option's words behind it is one mention.

    A label with another option's words, and no more, settles on neither ("A) The grandson").
    """
    mentions: list[Mention] = []
    for mention in sorted((m for group in groups for m in group), key=lambda m: (m.start, -m.end)):
        last = mentions[-1] if mentions else None
        if last and mention.start < last.end:
            continue
        if last and last.label and not mention.label and _are_one(text, last, mention):
            agree = last.value == mention.value or not ENDS.match(text, mention.end)
            value = last.value if agree else SEVERAL
            mentions[-1] = Mention(last.start, mention.end, value, label=True, whole=True)
        else:
            mentions.append(mention)
    return mentions


def _are_one(text: str, label: Mention, words: Mention) -> bool:
    """Whether words belong to the label before them: the same option, or joined to it as in a list."""
    between = JOINS.fullmatch(text[label.end : words.start])
    if between is None:
        return False
    return label.value == words.value or between[1].strip() in (")", ":", "):", "-")


def by_joined_labels(text: str, labels: Sequence[str], words: Sequence[Mention]) -> list[Mention]:
    """Labels at the head of a line that a colon joins to an option's words without a blank ("1:2030")."""
    index = {label.casefold(): i for i, label in enumerate(labels)}
    mentions = []
    for mention in words:
        line = text[text.rfind("\n", 0, mention.start) + 1 : mention.start]
        label = line[:-1].strip(" *(\"'").casefold() if line.endswith(":") else ""
        if label in index:
            start = mention.start - len(line) + line.casefold().find(label)
            mentions.append(Mention(start, start + len(label), index[label], label=True))
    return mentions


def choices(labels: Sequence[str], options: Sequence[str]) -> Finder:
    """A finder of options by label, by place and by words."""

    def mentions(text: str) -> list[Mention]:
        words = by_words(text, options)
        joined = by_joined_labels(text, labels, words)
        return merged(text, by_labels(text, labels), joined, by_ordinals(text, len(labels)), words)

    return mentions


TRUTHS = frozenset(("true", "false", "correct", "incorrect"))
GOVERNS = re.compile(r"\s+(?:that|to (?:say|call|claim|think|argue|conclude|describe)(?: that)?)\b[^.;:!?\n,]*")
"""Between a word that is said of another option and that option."""
YES_OR_NO = re.compile(r"\byes(?: or |/|-or-|-)no (?:answer|question|reply|response)\b", re.IGNORECASE)


@lru_cache(maxsize=256)
def _words_pattern(options: tuple[str, ...]) -> re.Pattern[str]:
    parts = []
    for i, option in sorted(enumerate(options), key=lambda item: -len(item[1])):
        words = rf"[\s-]+(?:{ADVERB}\s+)?".join(re.escape(word) for word in tidy(option).casefold().split())
        pattern = NO if option == "no" else rf"(?<!\w){words}(?!\w)"
        polar = f"|{REPLY.format(POLAR[option])}" if option in POLAR else ""
        polar += rf"|\A\s*{NEVER}\b" if option == "no" else ""
        parts.append(rf"(?P<o{i}>{pattern}{polar})" if words else "(?!)")
    return re.compile("|".join(parts), re.IGNORECASE)


def labels(options: Sequence[str]) -> Finder:
    """A finder of word answers: with an adverb within them ("not morally wrong"), and bare replies for yes and no."""
    pattern = _words_pattern(tuple(options))
    if TRUTHS.isdisjoint(options) and "yes" not in options:
        return lambda text: [_named(hit, options) for hit in pattern.finditer(text)]
    return lambda text: _answering(text, [_named(hit, options) for hit in pattern.finditer(text)])


def _answering(text: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions without those that only say how another one holds ("it is false that it is true")."""
    after = [*mentions[1:], None]
    return [
        mention
        for mention, following in zip(mentions, after, strict=False)
        if not (following and mention.value in TRUTHS and GOVERNS.fullmatch(text, mention.end, following.start))
        and not YES_OR_NO.search(text, max(0, mention.start - 12), mention.end + 24)
    ]


def _named(hit: re.Match[str], options: Sequence[str]) -> Mention:
    start = hit.end() - len(hit.group().lstrip())
    return Mention(start, hit.end(), options[int((hit.lastgroup or "o0")[1:])])
