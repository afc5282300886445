"""What `make reproduce` grows and audits, and how much of it: conversions of two bases, as pairs of two studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from experiments.reproduce.pools import WORLD
from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.organisms.recipes import Organism
from trustdelta.organisms.recipes import organisms as shipped_organisms
from trustdelta.organisms.series import SERIES, Member, members
from trustdelta.records import Json, content_hash
from trustdelta.study.plan import PairSpec, Study

KINDS = ("sft", "sft-replay5", "distill", "rl", "sft-forgetting", "sft-planted-toxicity")
"""The shipped conversions of each base."""
CUT_KINDS = ("sft-replay5", "rl")
"""Conversions that are asked again with a budget that cuts them off in the thought."""
CUT_TOKENS = 7
"""Thought and answer budget of those, in tokens each: whole direct answers fit into both, thoughts do not."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done. `seeds`: conversion seeds of each series by base, the one that a shipped conversion has first.

    `prompts`: for each metric, in the audits of the studies; `resampled_prompts` in those that are drawn from pools,
    of which there are `null_audits` of each base against itself and `audits` of each conversion. `every`: one of so
    many questions of the world is in the pools.

    The default is sized for two cores and 40 minutes. In CPU seconds, about: 26 conversions to grow at 25, 38 pairs to
    audit at 36 and 4 of the cut budget at 20, 24 pools at 25, 800 audits drawn at 0.5, 42 runs misread at 5: 3,300 in
    all, 28 minutes.
    """

    bases: tuple[str, ...] = ("instruct", "instruct-s1")
    kinds: tuple[str, ...] = KINDS
    series: Mapping[str, Mapping[str, tuple[int, ...]]] = field(
        default_factory=lambda: {
            "replay": {"instruct": (0,), "instruct-s1": (1,)},
            "learning-rate": {"instruct": (0,), "instruct-s1": (1,)},
            "examples": {"instruct": (0,), "instruct-s1": (1,)},
        }
    )
    prompts: int = 900
    drift_prompts: int = 100
    resampled_prompts: int = 200
    null_audits: int = 200
    audits: int = 20
    every: int = 1


FULL = Scale()
SMALL = Scale(
    bases=("instruct",),
    kinds=("sft", "rl"),
    series={},
    prompts=30,
    drift_prompts=4,
    resampled_prompts=30,
    null_audits=2,
    audits=2,
    every=40,
)
"""Shipped organisms alone, for a test."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One candidate: its organism, and the series and dose that it is a member of ("" and 0.0 for a shipped kind)."""

    organism: Organism
    series: str = ""
    dose: float = 0.0

    @property
    def name(self) -> str:
        """Its name, unique in the plan."""
        return self.organism.name

    @property
    def member(self) -> Member:
        """As what is grown."""
        return Member(self.organism, self.series, self.dose)


def conversions(scale: Scale) -> list[Conversion]:
    """Every candidate of the plan."""
    table = shipped_organisms()
    kinds = [Conversion(table[k + base.removeprefix("instruct")]) for base in scale.bases for k in scale.kinds]
    return kinds + [
        Conversion(m.organism, m.series, m.dose)
        for name, seeds in scale.series.items()
        for base in scale.bases
        for seed in seeds[base]
        for m in members(name, base, seed)
    ]


def fingerprint(organism: Organism) -> str:
    """What decides a conversion's weights: the weights it starts from, the recipe and the seed."""
    base = organisms.card(organism.base)["weights_sha256"]
    return content_hash([organism.method, base, organism.seed, asdict(organism.recipe)])[:16]


def grown_already(folder: Path, organism: Organism) -> bool:
    """Whether a folder holds this very conversion, finished."""
    mark = folder / "fingerprint.txt"
    return mark.is_file() and mark.read_text("utf-8") == fingerprint(organism)


def shipped() -> dict[str, str]:
    """Sources of the shipped conversions by fingerprint."""
    return {fingerprint(o): f"organism:{name}" for name, o in shipped_organisms().items() if o.base}


def sources(scale: Scale, models: Path) -> dict[str, str]:
    """Where each candidate is loaded from, by name: shipped with the package where its recipe is, else grown."""
    known = shipped()
    return {c.name: known.get(fingerprint(c.organism), str(models / c.name)) for c in conversions(scale)}


def study(scale: Scale, where: Mapping[str, str]) -> Study:
    """Every conversion against its base, once: candidates with one source are one pair."""
    return Study(
        title="The audit audited: conversions of miniature models",
        profile="standard",
        benchmarks=WORLD,
        settings={
            "design": "fixed",
            "prompts_per_metric": scale.prompts,
            "drift_prompts_per_benchmark": scale.drift_prompts,
        },
        pairs=tuple(_pairs(conversions(scale), where)),
    )


def cut_study(scale: Scale, where: Mapping[str, str]) -> Study:
    """Conversions that keep their alignment, asked with a budget that most of their thoughts do not fit into."""
    wanted = {k + base.removeprefix("instruct") for base in scale.bases for k in CUT_KINDS if k in scale.kinds}
    return Study(
        title="A budget that cuts thoughts off",
        profile="standard",
        benchmarks=WORLD,
        settings={
            "design": "fixed",
            "prompts_per_metric": scale.prompts,
            "drift": False,
            "thought_tokens": CUT_TOKENS,
            "answer_tokens": CUT_TOKENS,
        },
        pairs=tuple(_pairs([c for c in conversions(scale) if c.name in wanted], where)),
    )


def _pairs(found: list[Conversion], where: Mapping[str, str]) -> Iterator[PairSpec]:
    """One pair for each source; where several conversions are the same model, its dose is that of the first series."""
    doses: dict[str, Conversion] = {}
    for c in found:
        if c.series:
            doses.setdefault(where[c.name], c)
    seen = set()
    for c in found:
        source, organism = where[c.name], c.organism
        if source in seen:
            continue
        seen.add(source)
        member = doses.get(source)
        yield PairSpec.model_validate(
            {
                "name": c.name,
                "baseline": ModelConfig(source=f"organism:{organism.base}"),
                "candidate": ModelConfig(source=source),
                "method": organism.method,
                "lineage": "strict",
                "labels": {"seed": organism.seed},
                "dose": _dose(member) if member else None,
            }
        )


def _dose(c: Conversion) -> Json:
    """A member's place in its series; every conversion seed but the shipped ones is a series of its own."""
    kind = SERIES[c.series]
    seed = c.organism.seed
    name = c.series if f"{seed}" == (c.organism.base[len("instruct-s") :] or "0") else f"{c.series}, seed {seed}"
    return {"series": name, "value": c.dose, "unit": kind.unit, "worse": "less" if kind.protects else "more"}


def pair_of(scale: Scale, where: Mapping[str, str]) -> dict[str, str]:
    """Which pair of the study audits each candidate, by name: the first with the same source."""
    first: dict[str, str] = {}
    return {c.name: first.setdefault(where[c.name], c.name) for c in conversions(scale)}


def unit_of(series: str) -> str:
    """The unit of a series' doses."""
    return SERIES[series].unit
