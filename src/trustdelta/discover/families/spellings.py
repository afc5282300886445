"""British and American spellings, by endings and lists of stems."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from trustdelta.discover.features import Family, Measure
from trustdelta.discover.pairs import Corpus

_NO_SUFFIX = (
    "exerc|prom|surpr|adv|dev|rev|superv|comprom|enterpr|desp|franch|telev|improv|disgu|merchand|adv|exc|prec|conc|"
    "no|ra|pra|appra|po|porpo|turquo|torto|likew|otherw|clockw|expert|treat|prem|par|dem|ar|r|w|v|bru|cru|gu|chast"
)
"""What stands before -ise in words that have no form in -ize."""
_OUR = (
    "col|fav|hon|behavi|lab|neighb|harb|rum|hum|vig|endeav|arm|savi|flav|od|sav|tum|val|vap|cand|splend|ard|ferv|ranc"
)
_TRE = "cent|theat|fib|lit|calib|spect|lust|sab|meag|somb"
_LL = "travel|cancel|model|label|fuel|signal|level|marvel|counsel|quarrel|channel|dial|tunnel|jewel|total|equal"
BRITISH = re.compile(
    rf"\b(?:(?!(?:{_NO_SUFFIX})is)[a-z]{{3,}}is(?:e|es|ed|ing|ation|ations|er|ers)|(?:anal|paral|catal)ys(?:e|es|ed|ing)|"
    rf"(?:mis|un|dis)?(?:{_OUR})our(?:s|ed|ing|able|ably|ite|ites|al|ful|hood|hoods|er|ers|y|less|ism)?|"
    rf"(?:{_TRE})re(?:s|d)?|(?:{_LL})l(?:ed|ing|er|ers|or|ors)|(?:def|off|lic|pret)ence(?:s|less)?|practis(?:e|ed|es|ing)|"
    r"grey(?:s|er)?|programmes?|catalogues?|dialogues?|sceptic\w*|ageing|fulfil(?:s|ment)?|enrol(?:s|ment)?|whilst|"
    r"aluminium|cheques?|tyres?|ploughs?|mum|learnt|spelt|burnt|judgement|jewellery|storeys?|kerb|pyjamas|maths)\b"
)
AMERICAN = re.compile(
    r"\b(?:(?!(?:s|pr|se|caps|ma|as|overs|downs)iz)[a-z]{3,}iz(?:e|es|ed|ing|ation|ations|er|ers)|"
    rf"(?:anal|paral|catal)yz(?:e|es|ed|ing)|(?:mis|un|dis)?(?:{_OUR})or(?:s|ed|ing|able|ably|ite|ites|ful|hood|hoods|er|"
    rf"ers|less)?|(?:{_TRE})er(?:s|ed)?|(?:{_LL})(?:ed|ing|er|ers|or|ors)|(?:def|off|pret)ense(?:s|less)?|"
    r"gray(?:s|er)?|programs?|catalogs?|dialogs?|skeptic\w*|aging|fulfill(?:s|ment)?|enroll(?:s|ment)?|aluminum|"
    r"plows?|mom|learned|judgment|jewelry|curb|pajamas|math)\b"
)


def _measures(corpus: Corpus) -> Iterator[Measure]:
    for name, pattern in (("British", BRITISH), ("American", AMERICAN)):
        counts_R = np.array([len(pattern.findall(text.lower())) for text in corpus.texts], dtype=float)
        yield Measure(
            counts_R,
            f"has a word in {name} spelling",
            f"has more than {{}} words in {name} spelling",
            f"has more words in {name} spelling than the other model’s",
            f"(?i){pattern.pattern}",
        )


FAMILY = Family("spellings", measures=_measures)
