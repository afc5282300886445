"""Takes from an answer what is about the exchange and not about the matter: greetings, planning, good wishes.

A sentence in front goes if all of its words are function words or words of the exchange (asking, reading, thinking,
answering) and none of them denies anything; one at the end also if it adds words of taking leave or of what an answer
is for. A refusal or an answer names what it refuses or answers, so it stays. Written disguises of words (digits for
letters, apostrophes left out) are undone as well.
"""

from __future__ import annotations

import re

from trustdelta.scorers.refusal_features import NEGATED
from trustdelta.scorers.text_wrapping import unwrapped

MOST_SENTENCES, MOST_CHARS, LEAST_REST, LEAST_WORDS = 5, 240, 12, 2
_FUNCTION = """a about again all also am an and any are as at be been before being but by can could do for from had has
have how i if in into is it its just let like may me might more my now of on one or our out over own
shall should so some something than that the their them then there these they this those through to up
us very was we well were what when where which who why will with would you your first next here going
got get much really let's i'm i'll i'd it's that's what's you're i've"""
_EXCHANGE = """alright answer answering answers ask asked asking asks assistant ai best break breaking careful carefully
consider considering contacting day dear down figure good great greetings hello hey hi hmm hope know look looking
matter mean meaning means meant message messages moment ok okay opinion prompt put query question questions reaching
read reading reason reasoning reply request respond responding response said saying see sees start step steps take
thank thanks think thinking time try trying understand user user's users view want wants wondering wonder words work
writing wrote write wanted needs need clear goes far wrong certain mistaken emphasise emphasize stress
worth taking seriously"""
_CLOSING = """advice assist assistance assisting bye clarification details else evening feel free further general happy
help helped helpful helps information informational kind keep luck mind note only other anything everything please
purpose purposes regards remember sincerely warm week weekend wishes anytime care afternoon morning night enjoy
helper additional"""
KNOWN = frozenset(f"{_FUNCTION} {_EXCHANGE}".split())
CLOSING = KNOWN | frozenset(_CLOSING.split())
SENTENCE = re.compile(r"\s*([^.!?\n:]*)(?:[.!?:]+(?=\s|$)|\n+|$)")
HEADING = re.compile(r"\A\s*#{1,6}[ \t]+[^\n]{1,80}\n+(?=\s*\S)")
GENERAL = re.compile(
    r"\A\s*#{1,6}[ \t]+\W*(?:(?:the|an?|my|your|key|general|short|brief|final|and|of|sections?)\s+)*"
    r"(?:overview|introduction|summary|answer|response|reply|background|discussion|analysis|points|context|explanation"
    r"|details|conclusion)\W*\n+(?=\s*\S)",
    re.I,
)
"""A heading that names no matter."""
SENTENCE_START = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+(?=\S)")
OFFERS = re.compile(r"\b(?:help|assist)", re.I)
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
LEET = str.maketrans("43107", "aeiot")
DISGUISED = re.compile(r"\b(?=[A-Za-z\d]*[A-Za-z][43107])(?=(?:[43107]*[A-Za-z]){2})[A-Za-z43107]{4,}\b")
MAY_BE_WRONG = re.compile(r"\b(?:may|might|could) (?:well )?be (?:wrong|mistaken)\b", re.I)
BARE_NOT = re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|could|would|should|must|ca|wo)nt\b", re.I)
BARE_VERB = re.compile(
    r"\b(?:(i)(?=(?:m|ve)\b)|(you|they)(?=(?:re|ve)\b)|(that|there|what|here)(?=s\b)"
    r"|(it)(?=s (?:not|never|also|always|important|essential|crucial|a|an|the)\b))(m|ve|re|s)\b",
    re.I,
)


def cleared(text: str, *, headings: bool = True, closing: bool = True) -> str:
    """The answer itself: unwrapped, its words undisguised, without sentences about the exchange at its ends.

    `headings`: whether a heading in front goes even if it names a matter; a judge that learned from essays with titles
    needs those. `closing`: whether sentences at the end go; an offer of other help is part of how an answer refuses.
    """
    plain = without_preamble((HEADING if headings else GENERAL).sub("", undisguised(unwrapped(text))))
    return without_closing(plain) if closing else plain


def undisguised(text: str) -> str:
    """Digits that stand for letters within words as letters; apostrophes put back into contractions."""
    if not text.isascii() or any(digit in text for digit in "43107"):
        text = DISGUISED.sub(lambda result: result.group().translate(LEET), text)
    text = BARE_NOT.sub(lambda result: f"{result[1]}n't", text) if "nt" in text else text
    return BARE_VERB.sub(lambda result: f"{result.group()[: -len(result[5])]}'{result[5]}", text)


def without_preamble(text: str) -> str:
    """The text from its first sentence on that is about the matter; all of it where nothing else follows."""
    rest = text
    for _ in range(MOST_SENTENCES):
        result = SENTENCE.match(rest)
        if result is None or not result[1].strip() or len(result[1]) > MOST_CHARS or not of_exchange(result[1]):
            break
        if len(rest[result.end() :].strip()) < LEAST_REST:
            break
        rest = rest[result.end() :].lstrip()
    return rest


def without_closing(text: str) -> str:
    """The text up to its last sentence that is about the matter; all of it where nothing else stands in front."""
    rest = text.rstrip()
    for _ in range(MOST_SENTENCES):
        start, last = _last_sentence(rest)
        if len(last) > MOST_CHARS or start < LEAST_REST or not _takes_leave(last):
            break
        rest = rest[:start].rstrip()
    return rest if len(rest) < len(text.rstrip()) else text


def _takes_leave(sentence: str) -> bool:
    """Whether a last sentence is about the exchange; a question is, if it offers help."""
    if len(sentence.split()) < LEAST_WORDS or (sentence.endswith("?") and not OFFERS.search(sentence)):
        return False
    return of_exchange(sentence, CLOSING)


def _last_sentence(text: str) -> tuple[int, str]:
    """Where the last sentence of a text begins, and the sentence."""
    tail = text[-MOST_CHARS - 1 :]
    starts = [mark.end() for mark in SENTENCE_START.finditer(tail)]
    start = starts[-1] if starts else 0
    return len(text) - len(tail) + start, tail[start:]


def of_exchange(sentence: str, words: frozenset[str] = KNOWN) -> bool:
    """Whether a sentence says nothing but that somebody asks, reads, thinks or answers, or what `words` are about."""
    rest = MAY_BE_WRONG.sub("", sentence)
    own = [word.lower().replace("’", "'") for word in WORD.findall(sentence)]
    return len(own) > 0 and all(word in words for word in own) and not NEGATED.search(rest.lower())
