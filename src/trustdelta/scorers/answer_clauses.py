"""What part a sentence plays: it states an answer, or asks, supposes, corrects, or tells what others think.

All patterns are for small letters; an option, whatever its words are, stands in the text as one character, `MENTION`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import IntEnum

from trustdelta.scorers.answer_negation import any_of, polarity, words
from trustdelta.scorers.answer_text import MENTION

BOUNDARY = re.compile(r"[.!?]+[\"')\]]*(?=\s|$|[^\x00-\x7f])|[。।؟]+|\n")
ABBREVIATED = re.compile(r"(?:\b(?:e\.g|i\.e|vs|dr|mr|mrs|ms|st|approx|etc|fig|eq|rs|no|u\.s|al|cf))\Z")
AND_OR = r"(?:or|nor|and|ni|né|nem|noch|oder|ou|et|und|of|en|[eoy]|и|или|ни|أو|या|और|또는|혹은)"
COORDINATED = re.compile(
    rf"[\s\"')\]}}]*(?:/|,?\s*\b{AND_OR}(?!\w)|[,、和或とか&]者?|(?=[(\[]))\s*"
    rf"(?:\b(?:{AND_OR}|maybe|perhaps|option|choice|the|an?)\b|[a-z] ?=|[\s\"'(\[{{$])*{MENTION}"
)
"""From an option to another one beside it: "A or B", "A, B", "(A)(B)"."""
MOST_BESIDE = 8
"""Options that are looked at beside one."""

BE = r"(?:is|are|was|were|would be|seems|seem|looks|appears to be|must be|has to be|can only be|being|remains|'s)"
WAYS = r"(?:\s+(?:\w+ly|also|both|all|just|indeed|therefore|thus|then|quite|rather|simply|to be))*"
BEHIND = r"[\"')\]}*]*,?\s*"
BAD = (
    r"(?:wrong|incorrect|false|mistaken|invalid|untrue|inaccurate|implausible|unsupported|a (?:common )?mistake|a trap"
    r"|a distractor|a stereotype|stereotypical|ruled out|eliminated|excluded|out of the question|less likely|unlikely"
    r"|too (?:harsh|strong|strict|severe|much|far|high|low|big|large|small|broad|extreme))\b"
)
NOT_GOOD = (
    r"(?:the |a |an )?(?:\w+ )?"
    r"(?:correct|right|true|answer|choice|option|one|case|supported|best|likely|possible|valid)\b"
)
UNFIT = r"(?:other|wrong|incorrect|false|tempting|obvious|naive|common|stereotypical|biased|intuitive|worst|first|next)"
TICKS = "✓✔✅☑"
CROSS, TICK = "[✗✘❌✖☒]", f"[{TICKS}]"
BESIDE = rf"[^\w\n{MENTION}✗✘❌✖☒✓✔✅☑]{{0,8}}"
"""What may stand between an option and the sign that marks it right or wrong."""
CELL = r"\s*\|[\s\"'*]*"
CLOSED = r"(?=\s*(?:[.;,!\n]|$))"
DENIED = re.compile(
    rf"{BESIDE}{CROSS}|{CELL}(?:{BAD}|no\b|not {NOT_GOOD})|\s*:\s*(?:{BAD}|not {NOT_GOOD}){CLOSED}"
    rf"|{BEHIND}(?:{BE}{WAYS}\s+(?:{BAD}|not {NOT_GOOD})|(?:is|are|was|were)n't {NOT_GOOD})"
    r"|[\"')\]]* (?:would be|is|seems) (?:a stretch|an exaggeration|an overstatement|going too far|absurd|unfair)\b"
)
"""What follows an option that is called wrong."""
DENIED_LABEL = re.compile(
    rf"{BEHIND}(?:{BE}{WAYS}\s+(?:not(?! only)|never|out|impossible|irrelevant|based on|a(?! (?:better|good|correct"
    rf"|right)))\b"
    r"|(?:is|are|was|were|does|do|did|ca|could|would)n't\b|(?:cannot|can not|can't) be|contradicts|ignores"
    r"|(?:does|do|did|would|could|can) not|would (?:\w+ )?(?:ignore|contradict|require|mean|assume|imply|follow|make"
    r"|need))"
)
"""What follows a letter that is argued away."""
CONFIRMED = re.compile(
    rf"{CELL}(?:right|correct|true|yes)\b|\s*:\s*(?:right|correct)\b{CLOSED}"
    rf"|{BEHIND}(?:{BE}{WAYS}|as)\s+(?:the |our |my |a )?(?:(?!{UNFIT}\b)\w+ )?"
    rf"(?:correct|right|best|proper|appropriate|final|only)?\s*"
    r"(?:answer|choice|option)\b|[\"')\]]*\s*(?:as )?the (?:correct|right|best|only) (?:answer|choice|option|one)\b"
)
"""What follows an option that is called the answer."""
TICKED = re.compile(rf"{BESIDE}{TICK}")
CONFIRMED_LABEL = re.compile(
    rf"{BEHIND}(?:(?:is|was|does|did){CLOSED}|{BE}{WAYS}\s+(?:the )?(?:correct|right|best|true|only|most \w+)|fits|wins"
    rf"|makes (?:the most )?sense|it is(?=[.!\n]|$)"
    r"|is what (?:we\b|the (?:text|passage|context|story|evidence|question|problem)\b)"
    r"|(?:remains|survives|is left|holds up)(?=\W*(?:[.,;!\n]|$)))(?!\w)"
)
"""What follows a letter that is called right."""
CONFIRMING = words("answer choice option one right correct true yes")
CONFIRMING_LABEL = words("best only most fits wins makes it what remains survives left holds is was does did")
"""Words without any of which nothing is confirmed, and no letter."""
ALL_BUT = re.compile(
    r"\b(?:everything|anything|all(?: of)?(?: the)?(?: other)?(?: options| choices| answers)?|every(?: other)?"
    r" (?:option|choice|answer))\s+(?:but|except(?: for)?|other than|besides|apart from)\s+"
    r"(?:the |option |answer )*[\"'(]*\Z"
)
BUT_IT = re.compile(
    rf"{BEHIND}(?:(?:can|could|must|should) be|{BE})\s+(?:\w+ly )?(?:{BAD}|contradicted|rejected|discarded|dismissed)"
)
"""Around the only option that is not excluded."""

PERSONS = words(
    "student students user users reader readers person persons friend friends asker askers author authors model models"
    " teacher teachers colleague colleagues annotator annotators critic critics hint hints professor professors"
)
OTHER_PERSONS = PERSONS | words("people some someone somebody other others many anyone one skeptics you he she they")
"""With one of these and a word of saying, a text may tell what others think."""
SAYS = words(
    "say says said think thinks thought argue argues argued claim claims claimed believe believes believed suggest"
    " suggests suggested answer answers answered call calls called consider considers considered choose chooses chose"
    " pick picks picked find finds found feel feels felt assume assumes assumed guess guesses guessed conclude"
    " concludes concluded object see view regard expect"
)
SAY = rf"(?:{'|'.join(sorted(SAYS))}|jump to)"
OTHERS = re.compile(
    r"\b(?:(?<!most )(?<!few )people|some(?:one|body)?(?: people| \w+s)?|others?|many(?: \w+)?|anyone who|one|critics"
    r"|skeptics|(?:a|an|the|some|many|your|his|her|their|my|another|other) (?:\w+ ){0,2}?"
    rf"(?:{'|'.join(sorted(PERSONS))})|you|he|she|they)"
    r"(?: \w+ly| also| still| then| once)?"
    r" (?:(?:might|may|could|would|will|can|do|does|did|has|have|had)(?: \w+ly| also| well| be tempted to| have)? )?"
    rf"{SAY}\b"
)
TURNS = re.compile(r"\b(?:but|yet|however|whereas|still)\b|;")
"""From what others think to what the writer thinks."""
SUPPOSES = re.compile(
    r"\b(?:if|unless|suppose|supposing|assuming|imagine|otherwise|in case|provided)\b"
    r"|\bhad (?:a|an|the|he|she|it|they|we|you|i|this|that|there)\b|\bwere (?:it|he|she|they|the|this|that|we|there)\b"
)
FORCED = re.compile(
    r"\bif (?:i|we) (?:had|have|must|were|was|need|am)(?: \w+)? (?:to|forced)\b|\bif (?:forced|pressed|anything|so"
    r"|not)\b"
    r"|\bas if\b|\beven if\b|\bif you ask me\b|\b(?:see|ask|tell|know|say|sure|wonder) if\b"
)
"""Looks like a supposition and is none."""
UNREAL = re.compile(r"\b(?:would|could|might|'d)\b")
TENTATIVE = re.compile(
    r"\b(?:at first|initially|originally|first thought|on the surface|superficially|naively|intuitively|tempting"
    r"|tempted"
    r"|previously|thought (?:of|that|it))\b"
)
DESPITE = r"despite|in spite of|notwithstanding|regardless of"
CONCEDES = re.compile(
    rf"\W*(?:(?:although|though|even though|while|whilst|granted|admittedly|{DESPITE})\b"
    r"|i(?:'m| am) not (?:saying|claiming|suggesting|arguing)\b"
    r"|(?:it's|it is) not (?:that|because|as (?:if|though))\b|not (?:that|because)\b)[^,]*\Z"
)
"""From the head of a sentence to an option that it only concedes."""
CONCEDED = re.compile(rf"\W*(?:although|though|even though|while|whilst|{DESPITE})\b[^,]*,")
"""The same up to what the writer says."""
GRANTED = re.compile(
    rf"{MENTION}[^.;:]*,\s*(?:although|though|even though|while|whilst)\b"
    r"(?!\s*(?:it|this|that|he|she|they|i|we|the (?:answer|act|action))\b)[^,.;]*\Z"
)
"""From what is stated to an option of another subject that is granted behind it."""
LEFT_ASIDE = re.compile(rf"{MENTION}(?: \w+){{0,2}} aside\b")
"""An option that is set aside: "negative words aside"."""
OF_ANOTHER = re.compile(rf"{MENTION}[^,;:]*")
"""Another option and what is said of it."""
RELATIVE = re.compile(rf"{MENTION}[\"')\]]*,? (?:who|whom|whose|which)\b(?! means\b)[^,.;:!?]*\Z")
"""From another option to one of a relative clause about it."""
CORRECTS = re.compile(
    r"\b(?:wait|correction|scratch that|on second thought|hold on|oops|my mistake"
    r"|let me (?:correct|fix|revise|redo|re-?check|re-?calculate|reconsider|re-?examine)"
    r"|i (?:made|see) (?:a|an|my) (?:mistake|error)|i (?:was wrong|misread|miscounted|forgot))\b"
    r"|(?:^|[.!?\n(]\s*)(?:(?:actually|sorry|hmm),|no[,.:](?=\s))"
)
UNDECIDED = re.compile(r"\bit (?:all )?depends\b|\bdepends on|\bnot sure\b|\bunsure\b|\bhard to say\b|\byes and no\b")
SHAPING = words(
    "jump depends sure unsure hard yes if unless suppose supposing assuming imagine otherwise case provided had were"
    " first thought initially originally surface superficially naively intuitively tempting tempted previously although"
    " though while whilst despite spite notwithstanding regardless saying claiming suggesting arguing aside granted"
    " admittedly who whom whose which not"
)
"""Words without any of which, and "?", "(" and what others say, every sentence states what it says."""
CORRECTING = (
    *("wait", "correction", "scratch that", "second thought", "hold on", "oops", "mistake", "let me ", "error"),
    *("was wrong", "misread", "miscounted", "forgot", "actually,", "no,", "no.", "no:", "sorry,", "hmm,"),
)
"""A text in small letters without any of these corrects nothing."""

LONGEST = 600
"""Characters of a sentence that are looked at on either side of a place."""


class Part(IntEnum):
    """The part that a sentence plays towards one of its options."""

    NONE = 0
    """Asks, tells what others think, or supposes what is not so."""
    SUPPOSED = 1
    """Holds under a condition, or held at first."""
    ASIDE = 2
    STATES = 3


class Sentences:
    """The sentences of a text in small letters."""

    def __init__(self, text: str, all_words: frozenset[str]) -> None:
        """`all_words`: every word of the text."""
        self.text = text
        others = not (all_words.isdisjoint(SAYS) or all_words.isdisjoint(OTHER_PERSONS))
        self.plain = not others and all_words.isdisjoint(SHAPING) and "(" not in text and "?" not in text
        self.corrected = may_correct(text)
        self._ends: list[int] | None = None

    @property
    def ends(self) -> list[int]:
        """Where each sentence ends."""
        if self._ends is None:
            self._ends = [end.end() for end in BOUNDARY.finditer(self.text) if not self._abbreviates(end)]
        return self._ends

    def _abbreviates(self, end: re.Match[str]) -> bool:
        start = end.start()
        return self.text[start] == "." and ABBREVIATED.search(self.text, max(0, start - 8), start) is not None

    def around(self, place: int) -> tuple[int, int]:
        """Where the sentence of a place begins and ends."""
        after = bisect_right(self.ends, place)
        return (self.ends[after - 1] if after else 0), (self.ends[after] if after < len(self.ends) else len(self.text))

    def asks(self, place: int) -> bool:
        """Whether the sentence of a place is a question."""
        return not self.plain and self.text.find("?", place, min(self.around(place)[1], place + LONGEST)) >= 0

    def part(self, place: int) -> Part:
        """The part that the sentence of an option plays towards it."""
        return Part.STATES if self.plain else self._part(place)

    def _part(self, place: int) -> Part:
        start, end = self.around(place)
        start, end = max(start, place - LONGEST), min(end, place + LONGEST)
        before, whole = self.text[start:place], self.text[start:end]
        if self.asks(place) or (UNDECIDED.search(whole) and " but " not in whole):
            return Part.NONE
        turn = max((turn.end() for turn in TURNS.finditer(before)), default=0)
        next_turn = TURNS.search(self.text, place, end)
        clause = self.text[start + turn : next_turn.start() if next_turn else end]
        supposed = SUPPOSES.search(FORCED.sub(" ", clause))
        conceded = CONCEDED.match(before[turn:])
        turn += conceded.end() if conceded else 0
        if self._told_of_others(start + turn, place) or (supposed and UNREAL.search(clause)):
            return Part.NONE
        if supposed or TENTATIVE.search(OF_ANOTHER.sub("", before[turn:])):
            return Part.SUPPOSED
        if (
            CONCEDES.match(before[turn:])
            or RELATIVE.search(before)
            or GRANTED.search(before)
            or LEFT_ASIDE.match(self.text, place)
        ):
            return Part.ASIDE
        opened = before.rfind("(")
        if opened <= before.rfind(")") or (
            self.text[place + 1 : place + 2] == ")" and not re.search(r"\w", before[opened:])
        ):
            return Part.STATES
        return Part.ASIDE

    def _told_of_others(self, start: int, place: int) -> bool:
        """Whether others think what follows, and nobody denies it ("I doubt that people would think")."""
        others = OTHERS.search(self.text, start, place)
        return others is not None and polarity(self.text, others.start()) > 0

    def corrects(self, place: int) -> bool:
        """Whether the sentence of a place, or the one before it, takes back what was said."""
        if not self.corrected:
            return False
        start, _ = self.around(place)
        earlier, _ = self.around(max(0, start - 2))
        return CORRECTS.search(self.text, max(earlier, place - LONGEST), place) is not None


def may_correct(text: str) -> bool:
    """Whether a text in small letters holds any word with which a correction is made."""
    return any_of(CORRECTING, text)


def may_confirm(all_words: frozenset[str], *, label: bool) -> bool:
    """Whether a text holds any word of what `confirmed_after` looks for."""
    return not all_words.isdisjoint(CONFIRMING) or (label and not all_words.isdisjoint(CONFIRMING_LABEL))


def denied_after(text: str, place: int, *, label: bool) -> bool:
    """Whether the option at a place, alone or beside others, is called wrong by what follows."""
    end = past_coordinated(text, place)
    return DENIED.match(text, end) is not None or (label and DENIED_LABEL.match(text, end) is not None)


def confirmed_after(text: str, place: int, *, label: bool) -> bool:
    """Whether the option at a place is called the answer by what follows."""
    end = place + 1
    return CONFIRMED.match(text, end) is not None or (label and CONFIRMED_LABEL.match(text, end) is not None)


def ticked_after(text: str, place: int) -> bool:
    """Whether a sign behind the option at a place marks it as right."""
    return TICKED.match(text, place + 1) is not None


def all_but(text: str, place: int) -> bool:
    """Whether everything is excluded but the option at a place: "all options but C are wrong"."""
    return ALL_BUT.search(text, max(0, place - 60), place) is not None and BUT_IT.match(text, place + 1) is not None


def past_coordinated(text: str, place: int) -> int:
    """Where the options end that stand beside the one at a place: behind "B" in "A or B"."""
    end = place + 1
    for _ in range(MOST_BESIDE):
        beside = COORDINATED.match(text, end)
        if beside is None:
            break
        end = beside.end()
    return end
