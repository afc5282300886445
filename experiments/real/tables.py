"""The tables of the page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from experiments.real.readings import Reading
from experiments.real.recipe import Arm, Benchmarks
from experiments.real.results import COMPLIANCE, OVER, REFUSAL, UNSAFE, Results, metric
from trustdelta.records import Arm as Side
from trustdelta.records import AuditResult, MetricVerdict, Outcome, Part
from trustdelta.report import format as fmt
from trustdelta.report.blocks import Bullets, Column, Inlines, Table

KINDS = {"whole response": "all", "reasoning trace": Part.THOUGHT.value, "answer": Part.ANSWER.value}
NONE = "–"


def doses(found: Results) -> Table:
    """Refusal of harmful and of harmless requests by dose and seed, with the verdicts."""
    rows = tuple(
        (
            (dose_text(arm),),
            (str(arm.seed),),
            *_metric_cells(metric(result, REFUSAL)),
            *_metric_cells(metric(result, OVER)),
        )
        for arm, result in found.dosed
    )
    caption = (
        "Harmful: StrongREJECT, refusal. Harmless: XSTest's safe prompts, refused or evaded. Share of the scored "
        "prompts, baseline → candidate; the change in percentage points with its 95 % interval, positive is better."
    )
    titles = ("Harmful refused", "Change", "Verdict", "Harmless refused", "Change", "Verdict")
    return Table(caption, (Column("Dose"), Column("Seed", numeric=True), *(Column(t) for t in titles)), rows)


def dose_text(arm: Arm) -> str:
    """The share of thinking refusals in an arm."""
    return f"{fmt.significant(100 * arm.refusals, 2)} %"


def _metric_cells(verdict: MetricVerdict) -> tuple[Inlines, ...]:
    """Rates, change and verdict of one metric."""
    estimate = verdict.estimate
    if estimate is None:
        return (NONE,), (NONE,), (fmt.verdict_text(verdict.verdict),)
    m = verdict.metric
    return (
        (f"{fmt.rate(m, estimate.baseline)} → {fmt.rate(m, estimate.candidate)}",),
        (fmt.change_text(verdict),),
        (fmt.verdict_text(verdict.verdict) if verdict.verdict else NONE,),
    )


def others(found: Results) -> Table:
    """Arms outside the dose series, on the same metrics."""
    names = [arm.name for arm in found.recipe.arms if not arm.series]
    caption = (
        "lora: an adapter instead of all weights. distilled: responses of another arm as training data. "
        "preferences: the conversion with most refusals, trained on by DPO to prefer its own right answers to sums."
    )
    return _verdicts(caption, "Arm", {name: found.audits["safety"][name] for name in names})


def again(found: Results, study: str, caption: str) -> Table:
    """Pairs of a study on the primary metrics of safety."""
    return _verdicts(caption, "Pair", found.audits[study])


def _verdicts(caption: str, first: str, audits: Mapping[str, AuditResult]) -> Table:
    rows = tuple(
        ((name,), *_metric_cells(metric(result, REFUSAL)), *_metric_cells(metric(result, OVER)))
        for name, result in audits.items()
    )
    titles = ("Harmful refused", "Change", "Verdict", "Harmless refused", "Change", "Verdict")
    return Table(caption, (Column(first), *(Column(t) for t in titles)), rows)


def sequential(found: Results) -> Table:
    """What the sequential design needs, with independent and with coupled samples."""
    rows = []
    for name, result in found.audits["sequential"].items():
        arm, _, coupling = name.rpartition("-")
        whole = responses(found.audits["safety"][arm])
        own = responses(result)
        cells = [_metric_cells(metric(result, name))[2] for name in (REFUSAL, OVER)]
        same = all(
            metric(result, name).verdict is metric(found.audits["safety"][arm], name).verdict
            for name in (REFUSAL, OVER)
        )
        rows.append(
            (
                (arm,),
                (coupling,),
                (fmt.count(own),),
                (f"{fmt.fixed(100 * own / whole)} %",),
                *cells,
                ("yes" if same else "no",),
            )
        )
    caption = "Responses of the candidate, and their share of those of the fixed design. The baseline answers first."
    numeric = (Column("Responses", numeric=True), Column("Share", numeric=True))
    titles = ("Harmful refused", "Harmless refused", "Both as in the fixed design")
    return Table(caption, (Column("Arm"), Column("Coupling"), *numeric, *(Column(t) for t in titles)), tuple(rows))


def responses(result: AuditResult) -> int:
    """Responses of the candidate."""
    return sum(own.count for own in result.outcomes if own.arm is Side.CANDIDATE)


def secondary(found: Results) -> Table:
    """Compliance with harmful requests and refusal of XSTest's unsafe prompts, with intervals and no verdict."""
    rows = []
    for arm, result in found.audits["safety"].items():
        cells = [c for name in (COMPLIANCE, UNSAFE) for c in _metric_cells(metric(result, name))[:2]]
        rows.append(((arm,), *cells))
    titles = ("Harmful compliance", "Change", "XSTest unsafe refused", "Change")
    caption = "Secondary metrics. The content of this model is too weak to harm, so compliance stays below non-refusal."
    return Table(caption, (Column("Arm"), *(Column(t) for t in titles)), tuple(rows))


def outcomes(found: Results) -> Table:
    """What happened to the responses, by arm."""
    rows = []
    for arm, result in found.audits["safety"].items():
        count: Counter[Outcome] = Counter()
        for own in result.outcomes:
            if own.arm is Side.CANDIDATE:
                count[own.outcome] += own.count
        total = sum(count.values())
        rows.append(((arm,), *((fmt.fixed(100 * share / total),) for share in _shares(count))))
    titles = ("Answered", "Refused", "Evaded", "Cut off in the thought", "Cut off in the answer", "Other")
    caption = "Responses of the candidate to both safety benchmarks, percent."
    return Table(caption, (Column("Arm"), *(Column(t, numeric=True) for t in titles)), tuple(rows))


def _shares(count: Counter[Outcome]) -> Iterator[int]:
    """Counts of the outcomes that have a column, and of all others together."""
    named = (
        Outcome.ANSWERED,
        Outcome.REFUSED,
        Outcome.EVADED,
        Outcome.TRUNCATED_IN_THOUGHT,
        Outcome.TRUNCATED_IN_ANSWER,
    )
    yield from (count[outcome] for outcome in named)
    yield sum(n for outcome, n in count.items() if outcome not in named)


def breadth(found: Results, benchmarks: Benchmarks) -> Table:
    """All six dimensions of the arms that are audited on them."""
    rows = []
    for arm, result in found.audits.get("breadth", {}).items():
        for name in benchmarks.primary:
            verdict = metric(result, name)
            rows.append(
                ((arm,), (verdict.metric.dimension.value,), (fmt.title(verdict.metric),), *_metric_cells(verdict))
            )
    titles = ("Arm", "Dimension", "Metric", "Rates", "Change", "Verdict")
    caption = "One audit of six dimensions; its samples are others than those of the audits of safety alone."
    return Table(caption, tuple(Column(t) for t in titles), tuple(rows))


def drift(found: Results) -> Table:
    """Divergence from the aligned model on the candidate's own text, by part."""
    rows = tuple(
        ((arm,), *((_nats(result, part),) for part in KINDS.values())) for arm, result in found.audits["safety"].items()
    )
    caption = "KL(candidate ‖ baseline) in nats per token, exact, on the candidate's responses."
    return Table(caption, (Column("Arm"), *(Column(k.capitalize(), numeric=True) for k in KINDS)), rows)


def _nats(result: AuditResult, part: str) -> str:
    own = [d for d in result.drift if d.text_of is Side.CANDIDATE and d.part == part and not d.benchmark]
    return fmt.nats(own[0].nats_per_token) if own else NONE


def drawn(found: Results) -> Table:
    """How often drawn audits say what."""
    rows = []
    for kind, title in (("candidate", "the conversion without refusals"), ("itself", "the aligned model, itself")):
        count = Counter(found.drawn[kind])
        total = sum(count.values())
        rows.append(((title,), (fmt.count(total),), *((fmt.count(count[v]),) for v in VERDICTS)))
    columns = (Column("Candidate"), *(Column(t, numeric=True) for t in ("Audits", *VERDICTS)))
    caption = (
        "Each drawn audit takes a random 60 % of the stored audit's prompts in each stratum and decides anew. The "
        "aligned model against itself: two responses to each prompt, one at random taken for the candidate's."
    )
    return Table(caption, columns, tuple(rows))


def read(found: Results) -> Table:
    """The judges beside a reader, by model."""
    by_model: dict[str, list[Reading]] = defaultdict(list)
    for reading in found.readings:
        by_model[reading.model].append(reading)
    rows = tuple(_reading_row(model, own) for model, own in by_model.items())
    columns = (Column("Model"), *(Column(t, numeric=True) for t in ("Read", "Agreed", "Missed", "Invented")))
    caption = (
        "Responses to the same prompts, half of them StrongREJECT's and half XSTest's safe ones, labelled by one "
        "reader: a draft by phrases was corrected, and disagreements with the judge were read again. "
        "Missed: a refusal or evasion that the judge took for an answer. Invented: the reverse."
    )
    return Table(caption, columns, rows)


def _reading_row(model: str, own: Sequence[Reading]) -> tuple[Inlines, ...]:
    missed = sum(r.refuses and not r.judged for r in own)
    invented = sum(r.judged and not r.refuses for r in own)
    counts = (len(own), len(own) - missed - invented, missed, invented)
    return ((model,), *((fmt.count(n),) for n in counts))


def kinds(found: Results) -> Bullets:
    """Disagreements of judge and reader by kind."""
    wrong = Counter(r.kind or "no kind noted" for r in found.readings if r.judged != r.refuses)
    return Bullets(tuple((f"{kind}: {fmt.count(count)}",) for kind, count in wrong.most_common()))


VERDICTS = ("regressed", "preserved", "improved", "inconclusive", "not_measurable")


def cost(found: Results) -> Table:
    """Wall and CPU seconds by stage."""
    rows = [(name, s["wall"], s["cpu"]) for name, s in found.stages.items()]
    rows.append(("all", sum(r[1] for r in rows), sum(r[2] for r in rows)))
    columns = (Column("Stage"), Column("Wall, s", numeric=True), Column("CPU, s", numeric=True))
    return Table(
        "Seconds of all calls that made this page, added up over processes side by side.",
        columns,
        tuple(((name,), (fmt.fixed(wall, 0),), (fmt.fixed(cpu, 0),)) for name, wall, cpu in rows),
    )
