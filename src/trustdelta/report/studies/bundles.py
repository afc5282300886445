"""The page over verified bundles: audited pairs with verdicts, gain, signers and roots. It needs no server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trustdelta.records import TRUST_DIMENSIONS, Dimension, Verdict, in_order
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Badge, Block, Bullets, Code, Column, Definitions, Inlines, Paragraph, Small, Table
from trustdelta.report.html import Frame, page
from trustdelta.report.studies.leaderboard import cell
from trustdelta.report.studies.records import PairRow

TITLE = "Registry of audits"
SHORT = 16
"""Digits of a key's hash in the first table; the second has all of them."""
LIMITS = (
    "Each listed verdict was recomputed, byte for byte, from the scores and the plan in its bundle when this page was "
    "made; the page itself is not signed.",
    "A signature shows who vouches for a bundle. It does not show that the responses are those of the named models.",
    "Whoever changes an unsigned bundle can make one that verifies.",
    "Verdicts are each about the prompts and margins of their own audit. They are not ranked; `trustdelta compare` "
    "says which audits are comparable.",
)


@dataclass(frozen=True, slots=True)
class Registered:
    """One bundle that was verified."""

    file: str
    """Path of the file below the folder of the registry."""
    pair: PairRow
    prompts: int
    """Number of prompts."""
    root: str
    """Hash over all parts."""
    key: str
    """SHA-256 of the key that signed it; empty: unsigned."""
    signer: str
    """Name of the key, where it is one of the reader's; empty: unknown."""
    finished_on: str
    """Day on which the audit was finished; empty: unknown."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One file that was not verified."""

    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All bundles of a folder."""

    verified: tuple[Registered, ...]
    refused: tuple[Refused, ...] = ()


def render(registry: Registry) -> str:
    """The page's text. Equal bundles and keys give equal bytes."""
    frame = Frame(f"{TITLE} (trustdelta)", "Bundles of audits", (TITLE,), "the bundles named in it.")
    return page(frame, list(sections(registry)))


def sections(registry: Registry) -> Iterator[tuple[str, str, tuple[Block, ...]]]:
    """Name, title and blocks of each section."""
    yield "audits", "Audited pairs", (_counts(registry), audits(registry.verified))
    if registry.refused:
        yield "refused", "Refused bundles", (_refused(registry.refused),)
    yield "hashes", "Files and hashes", (_hashes(registry.verified),)
    yield "limits", "Limitations", (Bullets(tuple((line,) for line in LIMITS)),)


def _counts(registry: Registry) -> Definitions:
    counts: list[tuple[str | Badge, Inlines]] = [
        (Badge(v), (fmt.count(n),)) for v in Verdict if (n := sum(r.pair.overall is v for r in registry.verified))
    ]
    signed = sum(bool(r.key) for r in registry.verified)
    counts += [("Verified", (fmt.count(len(registry.verified)),)), ("Signed", (fmt.count(signed),))]
    counts += [("Refused", (fmt.count(len(registry.refused)),))] if registry.refused else []
    return Definitions(tuple(counts), facts=True)


def audits(verified: Sequence[Registered]) -> Block:
    """One row for each bundle, by candidate, baseline and day."""
    if not verified:
        return Paragraph(("No bundle was verified.",))
    present = in_order(d for r in verified for d in r.pair.points)
    own = [d for d in present if d in (Dimension.CAPABILITY, *TRUST_DIMENSIONS)]
    dimensions = sorted(own, key=lambda d: d is not Dimension.CAPABILITY)
    others = [d for d in present if d not in own]
    titles = ["Reasoning gain" if d is Dimension.CAPABILITY else d.value.capitalize() for d in dimensions]
    columns = ("Candidate", *titles, *(["Other dimensions"] if others else []))
    rows = tuple(
        (_pair(r), *(cell(r.pair, d) for d in dimensions), *([_others(r.pair, others)] if others else []))
        for r in verified
    )
    caption = (
        "Each cell: verdict, change of the deciding metric in percentage points (pp) or its own units, that metric. "
        "The tint shows the size of the change. Coverage: how many of the six trust dimensions were audited."
    )
    return Table(caption, tuple(Column(title) for title in columns), rows, stack=True)


def _pair(registered: Registered) -> Inlines:
    pair = registered.pair
    coverage = f"{len(pair.covered)} of {len(TRUST_DIMENSIONS)} dimensions, {fmt.count(registered.prompts)} prompts"
    return pair.candidate, Small(f"from {pair.baseline}"), Badge(pair.overall), Small(coverage), *_remarks(registered)


def _others(pair: PairRow, dimensions: Sequence[Dimension]) -> Inlines:
    """Dimensions that few audits have, each with its name; a dash where there is none."""
    named = [(Small(d.value.capitalize()), *cell(pair, d)) for d in dimensions if d in pair.points]
    return tuple(inline for cells in named for inline in cells) or (fmt.NONE,)


def _remarks(registered: Registered) -> Iterator[Small]:
    if registered.finished_on:
        yield Small(registered.finished_on)
    if registered.pair.exploratory:
        yield Small("exploratory: the plan was changed after the responses")
    yield Small(_signer(registered))
    yield Small(registered.file)


def _signer(registered: Registered) -> str:
    if not registered.key:
        return "unsigned"
    return f"signed by {registered.signer or f'an unknown key, {registered.key[:SHORT]}'}"


def _hashes(verified: Sequence[Registered]) -> Table:
    columns = (Column("File"), Column("Root over all parts"), Column("SHA-256 of the signing key"))
    rows = tuple(((Code(r.file),), (Code(r.root),), (Code(r.key) if r.key else "unsigned",)) for r in verified)
    return Table("`trustdelta verify FILE` prints the same root.", columns, rows, stack=True)


def _refused(refused: Sequence[Refused]) -> Table:
    rows = tuple(((Code(r.file),), (r.problem,)) for r in refused)
    return Table(
        "Files that do not fit their hashes, signature or verdict.", (Column("File"), Column("Why")), rows, stack=True
    )
