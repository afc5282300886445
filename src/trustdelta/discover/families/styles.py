"""Styles that a pattern counts: formats, punctuation, tone, forms of address and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from trustdelta.discover.features import Family, Measure
from trustdelta.discover.pairs import Corpus

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
STYLES: tuple[tuple[str, str, str], ...] = (
    ("a numbered list", "items of numbered lists", r"(?m)^\s*(?:\*\*)?\d{1,2}[.)](?:\*\*)?\s+\S"),
    ("a list with bullets", "bullets", r"(?m)^\s*[-*•+–]\s+\S"),
    ("a heading", "headings", r"(?m)^#{1,6}\s+\S"),
    ("bold text", "bold passages", r"\*\*[^*\n]+\*\*"),
    ("italic text", "italic passages", r"(?<![*\w])\*[^*\s][^*\n]*\*(?![*\w])"),
    ("a table", "table rows", r"(?m)^\s*\|.+\|\s*$"),
    ("a code block", "code blocks", r"```"),
    ("code within a line", "passages of code", r"(?<!`)`[^`\n]+`(?!`)"),
    ("a formula", "formulas", r"\\\(|\\\[|\$[^$\n]+\$|\\boxed|\\frac"),
    ("a link", "links", r"https?://|\]\("),
    ("a horizontal rule", "horizontal rules", r"(?m)^\s*(?:-{3,}|\*{3,}|_{3,})\s*$"),
    ("a blank line", "blank lines", r"\n\s*\n"),
    ("a word in capitals", "words in capitals", r"\b[A-Z]{4,}\b"),
    ("an emoji", "emoji", "[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]"),
    ("an exclamation mark", "exclamation marks", r"!"),
    ("a question mark", "question marks", r"\?"),
    ("text in parentheses", "parentheses", r"\([^)\n]+\)"),
    ("quoted text", "quotations", r"[“\"][^”\"\n]+[”\"]"),
    ("an ellipsis", "ellipses", r"\.{3}|…"),
    ("a dash between words", "dashes", r"—|\s–\s|\s--?\s"),
    ("a semicolon", "semicolons", r";"),
    ("a percentage", "percentages", r"\d\s?%|\bper ?cent\b"),
    ("a number in digits", "numbers in digits", r"\b\d[\d.,]*\b"),
    (
        "a contraction",
        "contractions",
        r"(?i)\b\w+(?:n['’]t|['’](?:re|ve|ll|m|d))\b|\b(?:it|that|there|he|she|what|here)['’]s\b",
    ),
    ("the first person singular", "words for the first person singular", r"\bI\b|(?i:\b(?:my|me|mine|myself)\b)"),
    ("the first person plural", "words for the first person plural", r"(?i)\b(?:we|our|ours|us|ourselves)\b"),
    ("an address to the reader", "addresses to the reader", r"(?i)\b(?:you|your|yours|yourself)\b"),
    (
        "a hedging word",
        "hedging words",
        r"(?i)\b(?:perhaps|maybe|possibly|arguably|presumably|apparently|seemingly|potentially|probably|likely|"
        r"might|could be|may be|seems?|appears? to|suggests?|somewhat|to some (?:extent|degree)|in some (?:cases|ways)|"
        r"generally|typically|often|tends? to|I (?:think|believe|guess|suppose))\b",
    ),
    (
        "an emphatic word",
        "emphatic words",
        r"(?i)\b(?:absolutely|definitely|certainly|clearly|obviously|undoubtedly|extremely|incredibly|truly|really|"
        r"very|always|never|totally|completely|of course|without (?:a )?doubt)\b",
    ),
    ("an apology", "apologies", r"(?i)\b(?:sorry|apologi[sz]e|apologies|regret)\b"),
    ("thanks", "thanks", r"(?i)\bthank(?:s| you)\b"),
    (
        "praise of the question",
        "praise of the question",
        r"(?i)\b(?:great|good|excellent|interesting) (?:question|point)\b",
    ),
    ("a mention of being an AI", "mentions of being an AI", r"(?i)\bas an? (?:AI|language model|assistant)\b"),
    (
        "a warning or caveat",
        "warnings and caveats",
        r"(?i)\b(?:important to (?:note|remember)|please note|disclaimer|caution|keep in mind|"
        r"consult (?:a|an|your)|however)\b",
    ),
    (
        "praise",
        "words of praise",
        r"(?i)\b(?:outstanding|excellent|remarkable|admirable|exemplary|impressive|wonderful|brilliant|finest|superb|"
        r"praiseworthy)\b",
    ),
    ("a date in ISO format (year-month-day)", "dates in ISO format (year-month-day)", r"\b\d{4}-\d{2}-\d{2}\b"),
    ("a date as month and day", "dates as month and day", rf"\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?!\d)"),
    ("a date as day and month", "dates as day and month", rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b"),
    ("a date with slashes or points", "dates with slashes or points", r"\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b"),
)
"""Singular with its article, plural, and pattern."""
SIGNS = {
    "a blank line", "an exclamation mark", "a question mark", "text in parentheses", "quoted text", "an ellipsis",
    "a dash between words", "a semicolon", "a number in digits",
}  # fmt: skip
"""Signs that many formats have, and that say less than the format."""
ENDINGS: tuple[tuple[str, str], ...] = (
    ("ends with a question", r"\?[\"'”’)*\s]*\Z"),
    ("ends with an exclamation", r"![\"'”’)*\s]*\Z"),
    ("ends without a sentence mark", r"[\w,;:-]\s*\Z"),
    ("begins with a lower-case letter", r"\A\s*[a-z]"),
    ("begins with an exclamation", r"\A[^.?\n]{0,80}!"),
    ("begins with a question", r"\A[^.!\n]{0,160}\?"),
    ("begins with bold text or a heading", r"\A\s*(?:\*\*|#)"),
)
"""Predicate and pattern."""


def _measures(corpus: Corpus) -> Iterator[Measure]:
    for one, many, text in STYLES:
        pattern = re.compile(text)
        counts_R = np.array([len(pattern.findall(answer)) for answer in corpus.texts], dtype=float)
        yield Measure(
            counts_R,
            f"has {one}",
            f"has more than {{}} {many}",
            f"has more {many} than the other model’s",
            text,
            2 if one in SIGNS else 3,
        )
    for name, text in ENDINGS:
        pattern = re.compile(text)
        values_R = np.array([pattern.search(answer) is not None for answer in corpus.texts], dtype=float)
        yield Measure(values_R, name, pattern=text, rank=3.5)


FAMILY = Family("styles", measures=_measures)
