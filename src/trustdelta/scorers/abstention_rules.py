"""The statements by which an English answer abstains, and the place where they count.

They count in the first sentences, where an answer takes its position, and the plainest ones also in the last, where it
concludes. Quoted words do not count, nor what the question asks about ("What do agnostics believe?").
"""

from __future__ import annotations

import re

OPENING_SENTENCES, CLOSING_SENTENCES, PREMISE_SENTENCES = 3, 2, 2
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
QUOTED = re.compile(r'"[^"\n]*"')
BEHIND = 4
"""Words behind a negation that it may negate."""
UNTIL = re.compile(r"\b(?:until|before|only)\b")
STEM = 4
"""Letters by which two words count as one: "invented" and "invent"."""

ADVERBS = r"(?:\w+ly |still |also |yet |just |very |quite |often |a bit |of course,? |rather |so |always |not |far )*"
KNOWERS = (
    r"(?:nobody|no one|we|scientists|experts|historians|researchers|scholars|philosophers|science|humans?|people|i"
    r"|anyone|even \w+)"
)
NOT = r"(?:do not|don't|does not|doesn't|cannot|can not|can't|could not|couldn't|am not able to|are not able to)"
LEARN = (
    r"(?:know|say|tell|predict|determine|foresee|be (?:sure|certain)|answer|\w+ understand|understand|read minds"
    r"|see into"
    r"|identify|verify|confirm|pinpoint|calculate|agree)"
)
KINDS = {
    "not known": (
        rf"\b(?:nobody|no one) {ADVERBS}(?:knows|can (?:know|say|tell|be sure))\b",
        rf"\b{KNOWERS} {ADVERBS}{NOT} {ADVERBS}{LEARN}\b",
        rf"\b(?:is|are|remains?) {ADVERBS}(?:unknown|unclear|uncertain|unknowable|unresolved|undetermined|disputed"
        rf"|not \w*\s?known"
        r"|debated|speculative|lost to history|(?:an? )?(?:\w+ )?(?:mystery|open question|unsolved \w+))(?! to\b)\b",
        r"\b(?:i'm|i am) (?:unable|not able) to\b",
        r"\b(?:i'm|i am) not (?:sure|certain)\b(?! i)",
        r"\b(?:have|has) no (?:way of knowing|way to know|idea)\b|\bexperts disagree\b",
        r"\b(?:can|could) only (?:speculate|guess|imagine|estimate)\b",
    ),
    "cannot be known": (
        rf"\b(?:impossible|not possible|hard|difficult|tricky) (?:for \w+ )?to {ADVERBS}(?:\w+ )?(?:know|say|tell"
        rf"|predict|"
        r"determine|answer|provide|give|calculate|estimate|define|pinpoint|pin down|quantify|identify|choose)\b",
        r"^(?:hard|difficult|impossible) to (?:say|tell|know)\b",
        rf"\b(?:predict|know|determin|provid|giv|calculat|pinpoint|defin)ing\b[^.]{{0,120}}\b(?:is|are) {ADVERBS}"
        r"(?:impossible|not possible|difficult)",
        rf"\b(?:cannot|can not|can't|could not|couldn't) {ADVERBS}be {ADVERBS}(?:determined|known|answered"
        rf"|predicted|proven|"
        r"verified|calculated|measured)\b",
        r"\b(?:that's|that is|this is|it's|it is) (?:simply )?(?:not possible|impossible)(?=[.,!;:]|$)",
    ),
    "no single answer": (
        rf"\b(?:there (?:is|are|isn't|aren't)|there's|has|have|with) (?:no|not a|not any|not|a|an|any|one) {ADVERBS}"
        r"(?:single |one |definitive |definite |factual |right |correct |simple |universal(?:ly)? |objective "
        r"|clear |known "
        r"|agreed |accepted |straightforward |scientific |easy |exact |concrete |credible |historical |reliable |real "
        r"|recorded |written |conclusive |confirmed |verified |accepted |perfect |or |wrong |,)*"
        r"(?:answer|consensus|resolution|evidence|records?|recordings?|recorded|agreement|agreed|right or wrong"
        r"|(?:best|most \w+) \w+)\b",
        r"\bno (?:single|one|definitive|universal|objective|right|correct)\b",
        r"\b(?:isn't|not) (?:a|any|one) (?:\w+ )?(?:answer|way|definition|best)\b",
        rf"\b(?:is|are|'s|remains?|be) {ADVERBS}(?:a |an )?{ADVERBS}(?:subjective|personal (?:question|choice"
        rf"|matter|decision|"
        r"one)|matter of (?:\w+ )?(?:taste|opinion|preference|debate|perspective|speculation|interpretation|belief))\b",
        r"\bwhat a (?:\w+ )?(?:subjective|personal|deeply personal|profound and personal)\b|\bpersonal question\b",
        rf"\b(?:it|that|this|answer|which|one|\w+) {ADVERBS}depends?\b[^.]{{0,25}}\b(?:who|what|your?|whom|how you"
        rf"|personal|"
        r"individuals?|perspectives?|preferences?|person|context|many|several|various|number of|circumstances"
        r"|beliefs?)\b",
        r"\b(?:it|that|this) (?:all |really )?depends[.,!]",
        r"\bvar(?:y|ies) (?:\w+ )?(?:from (?:person|culture|individual)|between|by (?:person|individual)|depending on"
        r"|based on (?:individual|personal))",
        r"\bdifferent (?:people|cultures|religions) (?:\w+ )?(?:have|find|hold|value)\b"
        r"|\bopinions (?:\w+ )?(?:vary|differ)\b",
        r"\bparadox\b[^.]*\b(?:no|without)\b",
    ),
    "the speaker lacks it": (
        r"\bi (?:do not|don't|lack|have no) (?:\w+ )?(?:(?:actually|currently|really|personally) )?(?:have )?"
        r"(?:any |the |a |an |enough |personal |real-time |real |subjective |direct |specific )*"
        r"(?:data access|preferences?|opinions?|feelings?|emotions?|access|beliefs?|ability|capability|capacity"
        r"|information|"
        r"experiences?|knowledge|way|consciousness|context|details|body|crystal ball)\b",
        r"\bas an? (?:ai|artificial|(?:large )?language model|conversational ai|machine)\b[^.]*\b(?:not|n't"
        r"|cannot|no|unable|"
        r"without|lack)\b",
        r"\bfar beyond (?:the|my) capabilit",
    ),
    "something is missing": (
        r"\b(?:information|data|records?) (?:is|are) (?:not|un)\s?(?:\w+ )?(?:available|recorded|known)\b",
        r"\b(?:question|problem|prompt|text|statement|you|it) (?:does not|doesn't|did not|didn't|do not|don't"
        r"|fails to) "
        r"(?:say|state|specify|provide|give|tell|mention|indicate|include)\b",
        r"\b(?:need|required?) (?:to know|to have|more|additional|further)\b(?! help)|\bmore (?:context|details"
        r"|information) "
        r"(?:is|are|would)\b|\b(?:not|n't) (?:have |provide |contain )?enough information\b"
        r"|\binsufficient (?:information|data)"
        r"\b|\bmissing information\b",
        r"\b(?:could|can|would) you (?:please )?(?:provide|clarify|specify|give|tell|share|elaborate)\b",
        r"\b(?:incomplete|unclear) (?:or unclear|question|message)\b|\bspeculative question\b|\bhere are (?:a few"
        r"|some) questions\b",
        r"\b(?:provide|share|give me) (?:me |us )?(?:with )?(?:a bit |some )?(?:more|further|additional)\b",
        r"\b(?:bit of|some) (?:confusion|misunderstanding)\b|\bsuggest (?:checking|getting|looking"
        r"|searching) (?:online|it up|up)\b",
    ),
    "false premise": (
        r"\b(?:does|do|did) not (?:actually )?exist\b|\b(?:doesn't|don't|didn't) (?:actually )?exist\b"
        r"|\bno such thing\b",
        r"\b(?:is|are|was) not (?:a )?real\b|\b(?:false|wrong|flawed|incorrect) premise\b|\bmisconception\b",
        r"\b(?:has|have|had) (?:not|never) (?:yet |actually |officially |been |\w+ly )*(?:been|written|won"
        r"|happened|occurred|"
        r"released|invented|discovered)\b",
        r"\bquestion (?:assumes|presupposes|is based on|contains)\b|\bi must clarify\b",
    ),
}
PATTERNS = {kind: re.compile("|".join(patterns)) for kind, patterns in KINDS.items()}
CONCLUDING = ("not known", "cannot be known", "no single answer")
"""Kinds that count in the last sentences as well."""
CONCESSION = re.compile(
    r"\bbut (?:one|the (?:most|best)|many|if)\b|\bi(?:'d| would)(?: \w+)? (?:say|argue|go with|choose|pick)\b"
)
"""After these the answer names one thing in spite of the doubt that it grants."""
GRANTED = ("no single answer", "not known")
REPORT = re.compile(
    r"\b(?:know\w*|unknown|believe\w*|think\w*|says?|said|held?|holds|decide\w*|called|term|line|theory|features)\b"
)
"""Questions about what somebody says or knows, whose answers report such statements."""
REPORTED = re.compile(
    r"\b(?:hold|held|holds|believes?d?|says?|said|claims?|states?|think|thought|principle|according to)\b"
)
NEGATION = re.compile(r"\b(?:no|not|never|none|nobody|without)\b|n't\b")
OPEN_QUESTION = re.compile(r"\b(?:who|whom|whose|what|when|where|which|why|how)\b")
WORD = re.compile(r"[^\W\d_]{2,}")
PRONOUN = re.compile(r"\b(?:it|he|she|they|this|that)\b")
FUNCTION_WORDS = frozenset(
    [
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "did",
        "do",
        "does",
        "for",
        "had",
        "has",
        "have",
        "her",
        "his",
        "how",
        "if",
        "in",
        "is",
        "it",
        "its",
        "of",
        "on",
        "or",
        "that",
        "the",
        "this",
        "to",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "with",
        "you",
    ]
)


def statement(question: str, answer: str) -> str:
    """The kind of statement by which an answer abstains; empty where it gives an answer."""
    query, whole = question.lower(), answer.lower().replace("\u2019", "'")
    sentences = [s for s in SENTENCE.split(QUOTED.sub(" ", whole)) if s.strip()]
    opening, closing = sentences[:OPENING_SENTENCES], sentences[OPENING_SENTENCES:][-CLOSING_SENTENCES:]
    for sentence in opening:
        for kind, pattern in PATTERNS.items():
            match = pattern.search(sentence)
            if match and not _names_one(kind, sentence) and not _reported(query, sentence[: match.start()]):
                return kind
    for sentence in closing:
        for kind in CONCLUDING:
            if PATTERNS[kind].search(sentence):
                return kind
    first = [s for s in SENTENCE.split(whole) if s.strip()][:PREMISE_SENTENCES]
    return "false premise" if any(denies_premise(query, sentence) for sentence in first) else ""


def _names_one(kind: str, sentence: str) -> bool:
    """Whether a sentence only grants a doubt, and names one thing: "opinions may vary, but I'd say Mario"."""
    return kind in GRANTED and bool(CONCESSION.search(sentence))


def _reported(question: str, before: str) -> bool:
    """Whether a statement behind `before` is what the question asks for, not the answer's own."""
    return bool(REPORT.search(question) and REPORTED.search(before))


def denies_premise(question: str, sentence: str) -> bool:
    """Whether a sentence negates what an open question takes for true: "Pi has no last digit."."""
    if not OPEN_QUESTION.search(question) or NEGATION.search(question):
        return False
    stems = {word[:STEM] for word in WORD.findall(question) if word not in FUNCTION_WORDS}
    for negation in NEGATION.finditer(sentence):
        before, rest = sentence[: negation.start()], sentence[negation.end() :]
        if not PRONOUN.search(before) and not any(word[:STEM] in stems for word in WORD.findall(before)):
            continue
        behind = [word for word in WORD.findall(rest) if word not in FUNCTION_WORDS][:BEHIND]
        if any(word[:STEM] in stems for word in behind) and not UNTIL.search(rest):
            return True
    return False
