"""KL by token position, by token, and the spans with the most drift where text is shown."""

from __future__ import annotations

from trustdelta.records import Arm, AuditResult
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Block, Code, Column, Fold, Inlines, Paragraph, Quote, Section, Small, Table
from trustdelta.report.extras import ChangedToken, DriftedSpan, DriftedToken, DriftPlace, ReportExtras

MOST_SPANS = 5
"""Spans shown per model."""

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
    Column("Occurrences", numeric=True),
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


def _position(place: DriftPlace) -> tuple[Inlines, ...]:
    """The row of one range of positions, counted from 1."""
    reach = f"from {place.first + 1}" if place.end is None else f"{place.first + 1} to {place.end}"
    part = {"all": "response", "thought": "reasoning trace"}.get(place.part, place.part)
    return (
        (f"{part.capitalize()}, tokens {reach}", Small(f"the {_owner(place.text_of)} text")),
        (fmt.nats(place.nats_per_token),),
        (fmt.share(place.share),),
        (fmt.count(place.tokens),),
    )


def _token(token: DriftedToken) -> tuple[Inlines, ...]:
    return (
        (Code(token.token), Small(f"the {_owner(token.text_of)} text")),
        (fmt.nats(token.nats_per_token),),
        (fmt.share(token.share),),
        (fmt.count(token.tokens),),
        (fmt.count(token.responses),),
    )


def _change(change: ChangedToken) -> tuple[Inlines, ...]:
    return (
        (Code(change.token), Small(f"the {_owner(change.text_of)} text")),
        (fmt.nats(change.gained),),
        (fmt.nats(change.lost),),
        (fmt.count(change.responses),),
    )


def _cut(rows: tuple[tuple[Inlines, ...], ...]) -> tuple[tuple[Inlines, ...], ...]:
    """The rows without the last column, since responses are not counted for kinds of tokens."""
    return tuple(row[:-1] for row in rows)


def _spans(spans: list[DriftedSpan]) -> tuple[Block, ...]:
    return tuple(
        Quote(f"{fmt.nats(s.nats)} nats in ⟦ ⟧, {_owner(arm)} answer to {s.prompt_id}", f"…{s.before}⟦{s.text}⟧")
        for arm in (Arm.CANDIDATE, Arm.BASELINE)
        for s in [s for s in spans if s.text_of is arm][:MOST_SPANS]
    )


def build(result: AuditResult, extras: ReportExtras) -> tuple[Block, ...]:
    """Positions, tokens, and (where text may be shown) spans; no block where drift was not measured."""
    del result
    places = extras.drift_places
    blocks: list[Block] = []
    if places.positions:
        intro = (
            "Each model’s own text, on-policy. A change between refusal and compliance appears in the first answer "
            "tokens; a change of style is spread over all tokens."
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
        caption = "The tokens with the largest share of drift, among those that occur in several responses."
        blocks.append(Fold((f"Tokens with the most drift: {fmt.count(len(rows))}",), (Table(caption, _TOKENS, rows),)))
    if places.changes:
        rows = tuple(_change(c) for c in places.changes)
        caption = (
            "Tokens whose probability changed most, whether or not they were sampled: change in expected occurrences."
        )
        blocks.append(
            Fold((f"Largest changes in token probability: {fmt.count(len(rows))}",), (Table(caption, _CHANGES, rows),))
        )
    if extras.include_text and places.spans:
        shown = _spans(list(places.spans))
        blocks.append(Fold((f"Answer spans with the most drift: {fmt.count(len(shown))}",), shown))
    return tuple(blocks)


SECTION = Section(55, "drift_places", "KL by token position", build)
