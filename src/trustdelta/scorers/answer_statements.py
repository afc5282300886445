"""How English states an answer: "the answer is", "I choose", "so it must be"; each up to where the option stands.

All patterns are for small letters; an option stands in the text as `MENTION`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from trustdelta.scorers.answer_negation import any_of, words
from trustdelta.scorers.answer_text import MENTION

NOUNS = words(
    "answer choice option verdict rating judgement judgment conclusion pick selection decision label classification"
    " category sentiment response result solution guess total amount value number correct letter ans final possibility"
    " candidate antecedent referent final_answer correct_answer"
)
NOUN = {noun: re.compile(rf"{noun}(?<=\b{noun})\b") for noun in NOUNS}
"""Each noun as a word, by a pattern that begins with letters, so that the search is quick."""
OWN_NOUNS = words(
    "answer choice verdict rating judgment judgement conclusion pick decision solution antecedent referent final_answer"
    " correct_answer"
)
"""Nouns that stand for the answer whatever stands before them."""
KEY_NOUNS = OWN_NOUNS | words(
    "option selection label classification category sentiment response result guess correct ans final"
)
"""Nouns that do so with a colon at the head of a line."""
MINE = words("final correct best right my our true actual proper appropriate accurate likely only")
NOT_MINE = words(
    "other another opposite alternative different contrary wrong incorrect false bad worse poor naive stereotypical"
    " stereotyped biased tempting intuitive common popular usual typical previous earlier original old initial first"
    " his"
    " her their your a an no any possible plausible either each every neither which what whose second-best"
)
CHECKS = words(
    "verify check confirm find get compute calculate explain justify see test reach derive double-check about"
)
"""Of the answer as their object ("to verify the answer:") they state nothing."""
FITS = re.compile(r"\b(?:that|which) (?:\w+ )?(?:fits|matches|is correct|is right|works|applies|makes sense)\b")
NO_OWNERS = words("question's problem's it's that's let's today's here's")
BEFORE = re.compile(rf"(?:[\w'-]+[ \t]+|{MENTION}[ \t]+)*\Z")

COPULA = (
    r"(?:(?:is|are|was|were)(?:n't| not)?|'s(?: not)?|(?:would|should|must|will|may|might|can|could|ca|has to|have to"
    r"|needs to|ought to|has got to|'s got to|is bound to|can only|could only|can't|cannot|couldn't|wouldn't"
    r"|shouldn't)(?:n't| not)?"
    r"(?: \w+ly| then| therefore| thus)? be|(?:seems?|appears?|turns? out|happens|has) to (?:have to )?be"
    r"|comes? (?:out )?(?:to|as)|equals?|becomes?|remains?)(?!\w)"
)
OF = r"(?:to|for|with|of|in|on|from|here|given|then|that|which|who)"
IS = re.compile(
    rf"[\"'*)\]]*(?:[ \t]+{OF}\b[^.,;:!?=\n{MENTION}]{{0,60}}?)??(?:,[^.,;:!?\n{MENTION}]{{1,40}},)?"
    rf"[ \t]*(?:(?P<copula>{COPULA})(?:,[^.,;:!?\n{MENTION}]{{1,30}},)?\s*:?|[\"'*]*[ \t]*(?:[:=]+>?|→|->)"
    rf"|[ \t]?[-—](?=\s)"
    rf"|[ \t]*$\n+(?=[ \t]*[\"'(\[*$>-]*{MENTION}))",
    re.MULTILINE,
)
TICKS = "✅☑✔✓"
TICKED = re.compile(rf"^[ \t>•*|-]*(?:\[[x✓✔]\]|[{TICKS}])[ \t]*", re.MULTILINE)
"""Heads the one line of a list that is ticked."""
INITIAL = re.compile(r"^[ \t]*a[ \t]*:\s*", re.MULTILINE)
"""Heads the answer to a question that "Q:" heads."""
ADVERBS = (
    r"(?: (?:would|will|must|should|shall|do|did|am|are|going|to|have|had|therefore|thus|then|still|also|just|now|\w+ly"
    r"|not|\w+n't))*"
)
CHOOSES = re.compile(
    rf"(?:\b(?:i|we)(?:'d|'ll|'m|'re|'ve)?{ADVERBS}|\blet(?:'s| us| me)"
    r"|(?:^|[.:;!\n])[\s\"'*(]{0,6}(?:so,? |therefore,? |thus,? |please )?)"
    r"\s{0,3}\b(?P<verb>choos(?:e|ing)|chose|pick(?:ing|ed)?|select(?:ing|ed)?|answer(?:ed|ing)?(?: with)?|say(?:ing)?"
    r"|go(?:ing)? (?:with|for)|opt(?:ing)? for|rate|vote for|settl(?:e|ing) (?:on|for)|conclude|guess"
    r"|lean(?:ing)? towards?)\b(?: (?:that|with|the answer is|it is|it's|this as|it as|it at|this|it))?:?"
    r"|\bif (?:i|we) (?:had|have|must|were)(?: \w+)? (?:to )?(?:guess|choose|pick|decide)\b,?",
    re.MULTILINE,
)
GERUND = re.compile(r"\W*\w+ing\b")
"""Opens a sentence that may go on to say what the choice would mean: "choosing A would ignore the text"."""
CONCLUDES = re.compile(
    rf"\bbetween (?:options? )?[\"'(]*{MENTION}[\"')]* and (?:option )?[\"'(]*{MENTION}[\"')]*,"
    r"|(?<![\w-])(?:therefore|thus|hence|so|consequently|accordingly|by (?:process of )?elimination"
    r"|in conclusion|to conclude|in summary|in short"
    r"|overall"
    r"|ultimately|finally|as a result|in the end|all in all)\b(?! (?:far|much|many|that)\b),?"
    rf"(?:\s*\b(?:it|this|that|which|he|she|they)\b\s*{COPULA})?"
)
MUST = re.compile(
    r"\b(?:it|this|that|which|he|she|they)\s+(?:must|has to|have to|can only|could only|can't|cannot"
    r"|should)(?: not)? be(?!\w)"
    r"|\bbut (?:it|this|that)(?:'s| is| was)(?: actually| really| in fact)?(?: not|n't)?(?!\w)"
    r"|\brefer(?:s|red|ring)?(?: back)? to\b|\b(?:leaves?|leaving|makes?|making)(?: us| it)?(?: with)?"
    r"(?: only| just)?\b"
)
POINTS = re.compile(
    r"\b(?:it|this|that)(?:\s+is|'s)(?: not|n't)?(?!\w)|\b(?:points? to|indicates?|suggests?|supports?|favou?rs?)\b"
)
FILLER = re.compile(
    r"(?:[\s\"'(\[{<*$€£₹:>=•-]|\\\(|\\\[|(?P<no>\b(?:not|never|neither)\b)|\b(?:that|it is|it's|this is|the|an?|indeed"
    r"|just|only|exactly|about|around|equal to|a total of|most|very|more|likely|\w+ly|in fact|option|choice|answer"
    r"|letter|number|label|response|as follows|the following|still|therefore|thus|then|now|and|of course|going to be|to"
    r"|be|us|usd|eur|rs)\b\.?|\b[a-z] ?=){0,40}"
)
"""What may stand between a statement and its option."""
CONTRAST = re.compile(
    rf"[\s\"')\]*]*(?:,\s*(?:as|like|though|even if|despite|contrary|which)\b[^.,;:!?\n{MENTION}]{{1,60}})?"
    r"[.,;:—-]*\s*(?:\b(?:but(?: rather)?|so|rather|instead|(?:it|this|that)(?:'s| is)"
    r"|the (?:correct |right |final )?answer is)\b(?:,[^,.;:!?\n]{1,40},)?|(?<=,)\s?|—|(?<=\s-)\s)"
)
"""From an excluded option to the right one."""
NEGATED = re.compile(r"n't|\bnot\b|\bnever\b|cannot|\bneither\b")
UNREAL = re.compile(r"\b(?:would|might|may|could)\b")
STATED, HYPOTHETICAL, CONCLUDED, POINTED = 6, 5, 3, 2
"""Firmness of "the answer is", of "the answer would be", of "so it must be", and of a mere "it is"."""
CHOOSING = words(
    "choose choosing chose pick picking picked select selecting selected answer answered answering say saying go going"
    " opt opting rate vote settle settling conclude guess lean leaning if"
)
CONCLUDING = words(
    "therefore thus hence so consequently accordingly elimination conclusion conclude summary short overall ultimately"
    " finally result end all between"
)
FORCING = words("but be refer refers referred referring leave leaves leaving make makes making")
POINTING = words(
    "is s isn point points indicate indicates suggest suggests support supports favor favors favour favours"
)
PHRASES = (
    (CHOOSES, STATED, CHOOSING),
    (CONCLUDES, CONCLUDED, CONCLUDING),
    (MUST, CONCLUDED, FORCING),
    (POINTS, POINTED, POINTING),
)
"""Patterns of leads without a noun, their firmness, and the words without any of which they do not occur."""


@dataclass(frozen=True, slots=True)
class Lead:
    """What leads to an option: where it begins and ends, how firm it is (more is firmer), whether it denies, a noun."""

    start: int
    end: int
    firmness: int
    negated: bool
    noun: str = ""


def leads(text: str, all_words: frozenset[str], least: int = POINTED) -> Iterator[Lead]:
    """Every lead of a text in small letters whose options are `MENTION`; without a noun, from a firmness on.

    `all_words`: every word of the text. A pattern is searched for only where one of the words that it needs occurs.
    """
    nouns = all_words & NOUNS
    if nouns:
        yield from _nouns(text, nouns)
    if "a" in all_words and ":" in text:
        yield from (Lead(head.start(), head.end(), STATED, False, "answer") for head in INITIAL.finditer(text))
    if "[x" in text or any_of(TICKS, text):
        ticked = [*islice(TICKED.finditer(text), 2)]
        if len(ticked) == 1:
            yield Lead(ticked[0].start(), ticked[0].end(), STATED, False)
    for pattern, firmness, needed in PHRASES:
        if firmness >= least and not all_words.isdisjoint(needed):
            for lead in pattern.finditer(text):
                least_firm = CONCLUDED if GERUND.match(lead.group()) else firmness
                yield Lead(lead.start(), lead.end(), least_firm, NEGATED.search(lead.group()) is not None)


def _nouns(text: str, nouns: Collection[str]) -> Iterator[Lead]:
    hits = [hit for noun in nouns for hit in NOUN[noun].finditer(text)]
    for noun in sorted(hits, key=re.Match.start) if len(hits) > 1 else hits:
        is_ = IS.match(text, noun.end())
        if is_ is None or not (FITS.search(is_.group()) or _is_own(text, noun, colon=is_["copula"] is None)):
            continue
        copula = is_["copula"] or ""
        firmness = HYPOTHETICAL if UNREAL.search(copula) else STATED
        firmness = CONCLUDED if "obvious" in text[max(0, noun.start() - 12) : noun.start()] else firmness
        yield Lead(noun.start(), is_.end(), firmness, NEGATED.search(copula) is not None, noun.group())


def _is_own(text: str, noun: re.Match[str], *, colon: bool) -> bool:
    """Whether a noun with the words before it stands for the writer's own answer."""
    before = BEFORE.search(text, max(0, noun.start() - 60), noun.start())
    preceding = before.group().split()[-5:] if before else []
    if "better" in preceding or "best" in preceding:
        return True
    if MENTION in preceding or NOT_MINE.intersection(preceding[-3:]) or any(_owns(word) for word in preceding[-2:]):
        return False
    if colon and CHECKS.intersection(preceding):
        return False
    if MINE.intersection(preceding) or noun.group() in OWN_NOUNS:
        return True
    return colon and noun.group() in KEY_NOUNS and before is not None and _begins_sentence(text, before.start())


def _owns(word: str) -> bool:
    return word.endswith("'s") and word not in NO_OWNERS


def _begins_sentence(text: str, place: int) -> bool:
    before = text[max(0, place - 40) : place].rstrip(" \t\"'*#>-(%0123456789")
    return before.endswith(("\n", ".", "!", "?")) or (not before and place <= 40)
