"""Where drift sits: by position in thoughts and answers, by token, and the most drifted spans where text is shown."""

from __future__ import annotations

from trustdelta.records import Arm, AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Code, Column, Fold, Inlines, Paragraph, Quote, Section, Small, Table
from trustdelta.report.extras import ChangedToken, DriftedSpan, DriftedToken, DriftPlace, ReportExtras

MOST_SPANS = 5
"""Spans shown of each model's responses."""

_POSITIONS = (
    Column("Tokens"),
    Column("Nats per token", numeric=True),
    Column("Share of the part’s nats", numeric=True),
    Column("Tokens compared", numeric=True),
)
_TOKENS = (
    Column("Token"),
    Column("Nats per token", numeric=True),
    Column("Share of all nats", numeric=True),
    Column("Times", numeric=True),
    Column("Responses", numeric=True),
)

_CHANGES = (
    Column("Token"),
    Column("More likely under the candidate, per 100 tokens", numeric=True),
    Column("Less likely", numeric=True),
    Column("Responses", numeric=True),
)


def _owner(arm: Arm) -> str:
    return "candidate’s" if arm is Arm.CANDIDATE else "baseline’s"


def _position(found: DriftPlace) -> tuple[Inlines, ...]:
    """One range of positions, counted from 1."""
    reach = f"from {found.first + 1}" if found.end is None else f"{found.first + 1} to {found.end}"
    part = "response" if found.part == "all" else found.part
    return (
        (f"{part.capitalize()}, tokens {reach}", Small(f"the {_owner(found.text_of)} text")),
        (fmt.nats(found.nats_per_token),),
        (fmt.share(found.share),),
        (fmt.count(found.tokens),),
    )


def _token(found: DriftedToken) -> tuple[Inlines, ...]:
    return (
        (Code(found.token), Small(f"the {_owner(found.text_of)} text")),
        (fmt.nats(found.nats_per_token),),
        (fmt.share(found.share),),
        (fmt.count(found.tokens),),
        (fmt.count(found.responses),),
    )


def _change(found: ChangedToken) -> tuple[Inlines, ...]:
    return (
        (Code(found.token), Small(f"the {_owner(found.text_of)} text")),
        (fmt.nats(found.gained),),
        (fmt.nats(found.lost),),
        (fmt.count(found.responses),),
    )


def _cut(rows: tuple[tuple[Inlines, ...], ...]) -> tuple[tuple[Inlines, ...], ...]:
    """Without the last column: responses are not counted for kinds of tokens."""
    return tuple(row[:-1] for row in rows)


def _spans(spans: list[DriftedSpan]) -> tuple[Block, ...]:
    return tuple(
        Quote(f"{fmt.nats(s.nats)} nats in ⟦ ⟧, {_owner(arm)} answer to {s.prompt_id}", f"…{s.before}⟦{s.text}⟧")
        for arm in (Arm.CANDIDATE, Arm.BASELINE)
        for s in [s for s in spans if s.text_of is arm][:MOST_SPANS]
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Positions, tokens, and (where text may be shown) spans; nothing where drift was not measured."""
    del result
    places = extras.drift_places
    blocks: list[Block] = []
    if places.positions:
        intro = (
            "Each model’s own text, in the direction whose expectation is under that model. A change of what is said "
            "first (refusal or compliance) sits in the first answer tokens; a change of manner spreads over all."
        )
        rows = tuple(_position(p) for p in places.positions)
        blocks += [Paragraph((intro,)), Table("Drift by position.", _POSITIONS, rows, stack=True)]
    if places.classes:
        rows = tuple(_token(c) for c in places.classes)
        blocks.append(
            Table("Drift by kind of token.", (Column("Kind of token"), *_TOKENS[1:4]), _cut(rows), stack=True)
        )
    if places.tokens:
        rows = tuple(_token(t) for t in places.tokens)
        caption = "The tokens that take most of the drift, among those that stand in several responses."
        blocks.append(Fold((f"Most drifted tokens: {fmt.count(len(rows))}",), (Table(caption, _TOKENS, rows),)))
    if places.changes:
        rows = tuple(_change(c) for c in places.changes)
        caption = (
            "Tokens whose probability changed most, whether or not they were written: expected number more or less."
        )
        blocks.append(Fold((f"Most changed tokens: {fmt.count(len(rows))}",), (Table(caption, _CHANGES, rows),)))
    if extras.include_text and places.spans:
        shown = _spans(list(places.spans))
        blocks.append(Fold((f"Most drifted spans of answers: {fmt.count(len(shown))}",), shown))
    return tuple(blocks)


SECTION = Section(55, "drift_places", "Where drift sits", build)
