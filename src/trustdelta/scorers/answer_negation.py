"""The scope of negation in English: is a word asserted, denied, or neither, by what stands before it in its clause?

Words that deny turn a statement round ("not", "nothing", "without", "I doubt that"); two of them cancel. A denial
reaches to the end of its clause and into what somebody is not said to think ("I do not think that it is wrong"), but
neither past another finite verb ("Not telling her was wrong") nor into what is taken for granted ("He did not know that
it was wrong"). What is left open ("I cannot say whether it is wrong") asserts nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trustdelta.scorers.answer_text import MENTION


def words(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


def any_of(hints: Iterable[str], text: str) -> bool:
    """Whether a text holds any of some short texts."""
    for hint in hints:  # noqa: SIM110 (a generator costs more than the search)
        if hint in text:
            return True
    return False


def forms(verbs: str) -> frozenset[str]:
    """Regular verbs of a list in all their forms: "deny" gives denies, denied and denying."""
    inflected: set[str] = set()
    for verb in verbs.split():
        stem = verb.removesuffix("e")
        other = f"{verb[:-1]}i" if verb[-1] == "y" and verb[-2] not in "aeiou" else stem
        inflected |= {verb, f"{other}es" if other[-1] == "i" else f"{verb}s", f"{other}ed", f"{stem}ing"}
    return frozenset(inflected)


LONGEST = 300
"""Characters before a word that are looked at."""
SUBJECT = r"(?:it|this|that|these|those|he|she|they|i|we|you|there|the)"
HARD = re.compile(
    r"[.;:!?\n()]|—|\s-+\s"
    r"|\b(?:but(?<!anything but)(?<!nothing but)|because|since|although|(?<!as )though|whereas|while|however|therefore"
    r"|thus"
    r"|hence|yet|unless|nevertheless|which"
    rf"|and (?:{SUBJECT}|so|is|was|are|were|therefore|thus)|so(?= {SUBJECT}\b|,)|(?<=, )as(?= {SUBJECT}\b)"
    r"|(?<=, )so(?=\W+(?:the |option |answer )*\W*\Z))\b"
)
"""Where a clause begins whatever came before."""
SUBORDINATE = re.compile(r"\s*\b(?:because|since|although|though|while|whereas|unless|if|when|once)\b")
NEUTRAL = re.compile(
    r"\bno (?:doubt|question)\b(?! (?:whether|if))"
    r"|\bwithout (?:a |any )?(?:shadow of a )?(?:doubt|question|hesitation|exception)"
    r"|\bbeyond (?:a |any |all )?(?:reasonable |shadow of a )?(?:doubt|question)"
    r"|\bnot (?:only|merely|just|simply|solely)\b|\bnothing (?:but|short of|less than|other than)"
    r"|\bcan ?not (?:help )?but\b|\bcan ?not help|n't help (?:but )?|\bnot to mention|\bno matter\b"
    r"|\bcould(?:n't| not) be (?:more|clearer)|\b(?:hard|difficult|impossible) to (?:deny|dispute|doubt|disagree)\b"
    r"|\bmake no mistake\b|\bnever ?mind\b|\ba few\b"
)
"""What looks like a denial and is none."""
REPLY = re.compile(r"^\s*(?:no|nope|nah),")
DENIES = re.compile(
    r"\banything (?:but|other than|except|short of)\b"
    r"|\bby no means\b|\bin no (?:way|sense)\b(?:, shape,? or form\b)?|\bnot (?:by any means"
    r"|in any way|at all|in the least)\b"
    r"|\b(?:far|free|innocent|short|clear|devoid) (?:from|of)\b|\b(?:reluctant|hesitant|loath) to\b"
    r"|\b(?:false|untrue|incorrect|inaccurate) that\b|\bnowhere near\b|\brul(?:es?|ed|ing) out\b"
    r"|\blittle (?:that|which|reason|evidence|to)\b|(?<!a )\blittle \Z"
    r"|\b(?:hard|difficult|impossible|tough) to (?:see|find|imagine|understand|identify|spot|call|consider|think"
    r"|believe|maintain|claim|fault|blame"
    r"|(?:argue|contend|conclude|make (?:a|the) case)(?! (?:against|with|otherwise)))\b"
    r"|\b(?:wrong|incorrect|false|mistaken|unfair|absurd|a mistake|a stretch|inaccurate) to"
    r" (?:say|call|claim|think|argue|consider|conclude|describe|label|suggest)\b"
)
"""Denials of several words, read as one word, `DENIAL`."""
DENIAL = "unlikely"
EXCLUDES = re.compile(
    r"\b(?:(?:rather|other) than|instead of|as opposed to|unlike|except(?: for)?|excluding|apart from|eliminat\w+)\s+"
    rf"(?:(?!(?:is|was|are|were)\b)[\w'\"(-]+\s+|{MENTION}\)?,?\s+(?:and|or|nor)\s+){{0,4}}[\"'(]*\Z"
)
"""Leaves out what stands directly behind it, and no more."""
OWN_DENIAL = re.compile(rf"{MENTION}[\"')\]]*,? (?:(?:and|or|but) )?(?P<no>not (?:the |an? )?[\"'(]*)\Z")
"""Of options that are denied one by one each has its own denial: "not A, not B"."""
PARTLY = re.compile(r"(?:n't|\bnot) (?:100 ?%|(?:entirely|completely|totally|fully|absolutely|wholly)) (?:\w+ly )?\Z")
BUT = re.compile(r"[^.;:!?\n]{0,60}\b(?:but|yet|though)\b")
"""What is denied only in part and then taken up again: "not 100 % wrong, but"."""
DIRECT = re.compile(r"(?:n't|\bnot)\s+(?:\w+ly\s+|a\s+|at all\s+)*\Z")
KNOW = r"(?:say|tell|judge|decide|determine|know|confirm)"
OPEN = re.compile(
    rf"\bwhether\b|\b(?:{KNOW}|knows|sure|see|wonder|asks?|asked|question|unclear|matter of) if\b|\bdepend"
    rf"|\b(?:hard|difficult|impossible|not possible|tough|tricky) to {KNOW}\b"
    r"|\bunclear|\buncertain|\bdebatable|\bunsure|\bundecided|\bopen question|\bin doubt"
    r"|\bknow\w* (?:when|what|who|where|how)\b|\bwhat(?:'s| is| was) (?:\w+ly )?\Z"
    r"|(?:\bnot|n't) (?:\w+ly )?(?:sure|certain|clear|obvious)\b|\bi (?:\w+ly )?(?:don't|do not) know\b"
)
"""What makes a clause no statement."""
UNSAID = re.compile(rf"\b(?:can ?not|can't|could not|couldn't|(?:un|not )able to) (?:\w+ly )?{KNOW}\b")
"""What makes a clause no statement unless it is itself a denial: "I can't say that it isn't"."""

WORD = re.compile(r"(?P<verb>\w+)n't\b|[\w-]+|'(?:s|re|m|d|ll|ve)\b")
VERBAL = words("not never cannot without")
"""Deny their verb, up to the next finite verb."""
NOMINAL = words(
    "nothing nobody none neither nor no few nowhere hardly scarcely barely unlikely improbable rarely seldom"
    " implausible"
)
"""Deny their whole clause."""
DOUBTS = forms("doubt deny disagree dispute reject refute contest hesitate disbelieve") | words("denied doubtful")
REFUSES = forms("question fail lack avoid") | words("refuse refuses refused")
"""Deny what they take as complement; `DOUBTS` also where it is a clause ("I doubt that it is")."""
BRIDGES = DOUBTS | words(
    "thought said say says saying found felt saw seen saw see sees meant notion idea case true evidence reason reasons"
    " argument sign indication sense way anything something what how that who as like if buy convinced"
)
BRIDGES |= forms(
    "think believe call consider find feel deem regard judge view describe label argue claim suggest mean agree imply"
    " follow conclude suppose expect assume accept strike count qualify constitute amount"
)
"""What comes behind these is denied with them."""
PRESUPPOSES = forms(
    "realise realize know notice acknowledge recognise recognize change alter matter excuse justify care"
) | (words("knew known understand understands understood admit admits admitted forget forgot fact regret regrets mind"))
"""What comes behind these is taken for granted, denied or not."""
FINITE = words(
    "is was are were 's 're 'm seems seemed appears appeared looks looked remains became becomes sounds would should"
    " could might may must will does did has had can"
)
DENYING = (
    VERBAL
    | NOMINAL
    | DOUBTS
    | REFUSES
    | words(
        "t nor less anything far free innocent short clear devoid reluctant hesitant loath false untrue incorrect"
        " inaccurate rule rules ruled ruling little hard difficult impossible possible tough tricky wrong mistaken"
        " unfair absurd mistake stretch than instead opposed unlike except excluding apart whether if unclear uncertain"
        " debatable unsure undecided open what unable"
    )
)
DENYING_STEMS = ("depend", "know", "eliminat")
"""A text without any of these words, or words with these stems, asserts whatever it names."""
SEES = words("see understand imagine reason reasons")
"""Before "why" these leave open what else it takes for granted."""


@dataclass
class _Denial:
    """A denial that may reach to the word: of its verb only or of the whole clause, and into a clause below it."""

    of_verb: bool
    bridged: bool
    gerund: bool = False


def clause_before(text: str, place: int) -> str:
    """What stands before a place in its own clause, of a text in small letters; denials of several words as one."""
    before = DENIES.sub(f" {DENIAL} ", NEUTRAL.sub(" ", text[max(0, place - LONGEST) : place]))
    start, opener = 0, ""
    for hard in HARD.finditer(before):
        start, opener = hard.end(), hard.group()
    rest = before[start:]
    parts = rest.split(",")
    if len(parts) > 1 and (SUBORDINATE.match(opener) or SUBORDINATE.match(rest)):
        parts = parts[1:]
    first = len(parts) - 1
    while first and not _is_clause(parts[first]):
        first -= 1
    return ",".join(parts[first:])


def _is_clause(part: str) -> bool:
    """Whether what stands behind a comma has a verb of its own and is not what somebody thinks or says."""
    in_order = list(_words(part))
    if not any(word in FINITE for word in in_order):
        return False
    return in_order[0] not in BRIDGES or (in_order[0] == "that" and in_order[1] in FINITE)


def may_deny(text: str, all_words: frozenset[str]) -> bool:
    """Whether a text in small letters, of these words, may deny anything or leave it open."""
    return not all_words.isdisjoint(DENYING) or any_of(DENYING_STEMS, text)


def polarity(text: str, place: int, *, denied: bool = False) -> int:
    """1 where the word at a place of a text in small letters is asserted, -1 where it is denied, 0 where neither.

    `denied`: the word is itself a negation ("not wrong"), whose own denial is meant ("I can't say it's not wrong").
    """
    before = clause_before(text, place)
    own = OWN_DENIAL.search(before)
    before = before[own.start("no") :] if own else before
    if PARTLY.search(before) and BUT.match(text, place + 1):
        return 0
    if OPEN.search(before) or (UNSAID.search(before) and not denied and not DIRECT.search(before)):
        return 0
    if EXCLUDES.search(before):
        return -1
    return -1 if len(_denials(list(_words(REPLY.sub("", before))))) % 2 else 1


def _denials(before: list[str]) -> list[_Denial]:
    """The denials that reach to the end of the words before a word."""
    live: list[_Denial] = []
    for i, word in enumerate(before):
        sees_why = word == "why" and before[i - 1] in SEES
        if word in BRIDGES or sees_why:
            for denial in live:
                denial.bridged = True
        if _denies(word, live):
            live.append(_Denial(word not in NOMINAL, word in DOUBTS, gerund=_is_subject(before, i)))
        elif (word in PRESUPPOSES or word == "why") and not sees_why and not _own_view(before, i):
            live.clear()
        elif word in FINITE:
            live = [denial for denial in live if not denial.of_verb or (denial.bridged and not denial.gerund)]
    return live


def _denies(word: str, live: list[_Denial]) -> bool:
    """Whether a word denies; "nor" goes on with an earlier denial, and "less" turns one back ("no less wrong")."""
    if word in ("nor", "less"):
        return bool(live) == (word == "less")
    return word in VERBAL or word in NOMINAL or word in DOUBTS or word in REFUSES


def _is_subject(before: list[str], i: int) -> bool:
    """Whether a denial opens a clause with a verbal noun ("not telling her was")."""
    return i == 0 and before[i] in VERBAL and before[1:2] != [] and before[1].endswith("ing")


def _own_view(before: list[str], i: int) -> bool:
    """Whether "understand" is the writer's, who then takes nothing for granted ("I do not understand how")."""
    return before[i].startswith("underst") and ("i" in before[:i] or "we" in before[:i])


def _words(text: str) -> Iterator[str]:
    """The words of a text, contractions with "not" as two."""
    for word in WORD.finditer(text):
        if word["verb"]:
            yield {"ca": "can", "wo": "will"}.get(word["verb"], word["verb"])
            yield "not"
        else:
            yield word.group()
