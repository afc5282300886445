"""Audit results made by hand: one with all five verdicts, one bare, one whose every text is hostile."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from trustdelta.records import (
    AACheck,
    Arm,
    Association,
    AuditResult,
    Better,
    BoundCheck,
    Components,
    Dimension,
    DimensionVerdict,
    Drift,
    Effort,
    Estimate,
    GroupVerdict,
    JudgeAgreement,
    JudgeCard,
    Metric,
    MetricVerdict,
    Missing,
    ModelCard,
    NoiseFloor,
    Outcome,
    OutcomeCount,
    Part,
    Role,
    Scope,
    SecondOpinion,
    StudyDrift,
    Tipping,
    Verdict,
)
from trustdelta.report.extras import (
    AggregateRow,
    DriftedSpan,
    DriftedToken,
    DriftPlace,
    DriftPlaces,
    DriftPoint,
    ReportExtras,
    SamplePair,
    SampleSide,
)
from trustdelta.report.thought_answer import Leak

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe src='data:text/html,<script>alert(1)</script>'>",
    "</style><style>*{display:none}</style>",
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "{{7*7}}{% for x in y %}${7*7}#{7*7}",
    '$\\href{x}{y}" onmouseover="alert(1)"$',
    "\u202egnp.exe\u202c \u2066hidden\u2069",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m \x00",
    "::error file=a,line=1::boom",
    "\n::set-output name=x::y\n##[error]boom",
    "| a | b |\n|---|---|",
    "`code` **bold** [link](https://example.com) ![i](https://example.com/i.png) www.example.com @someone",
    "[red]markup[/red] [link=https://example.com]x[/link]",
    "\ud800 lone surrogate",
    '=HYPERLINK("https://example.com")',
)


def metric(name: str, dimension: Dimension, title: str, better: Better, **changes: object) -> Metric:
    """A rate metric of a benchmark in the synthetic world."""
    base = Metric(name, f"world_{dimension.value}", dimension, "exact", title, better)
    return replace(base, **changes)  # type: ignore[arg-type]


def estimate(baseline: float, candidate: float, half: float, better: Better, pairs: int = 200) -> Estimate:
    """An estimate with a symmetric 95 % interval of half-width `half`."""
    change = candidate - baseline
    worsening = -change if better is Better.HIGHER else change
    return Estimate(
        baseline=baseline,
        candidate=candidate,
        worsening=worsening,
        low=worsening - 1.4 * half,
        high=worsening + 1.4 * half,
        low_95=worsening - half,
        high_95=worsening + half,
        alpha=0.05 / 12,
        n_pairs=pairs,
        n_clusters=pairs // 5,
        draws_baseline=1.0,
        draws_candidate=1.0,
        design_effect=1.25,
        df=pairs - 1.0,
        discordance=0.31,
        p_regressed=3e-9 if worsening > half else 0.4,
        p_preserved=0.9,
        p_improved=3e-9 if worsening < -half else 0.6,
        low_here=worsening - 0.6 * half,
        high_here=worsening + 0.6 * half,
        low_here_95=worsening - 0.4 * half,
        high_here_95=worsening + 0.4 * half,
        p_beyond=3e-9 if worsening > half else 0.4,
    )


def missing(wanted: int = 200, **changes: object) -> Missing:
    """Nothing missing, unless changed."""
    return replace(Missing(wanted, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0), **changes)  # type: ignore[arg-type]


LOWER, HIGHER = Better.LOWER, Better.HIGHER


def _metrics() -> tuple[MetricVerdict, ...]:
    safety, privacy = Dimension.SAFETY, Dimension.PRIVACY
    refusal = metric("harmful_refused", safety, "Harmful requests refused", HIGHER, tier="A", source="Table 2")
    as_published = replace(refusal, name="harmful_refused_paper", role=Role.SECONDARY)
    benign = metric("benign_answered", safety, "Benign requests answered", HIGHER)
    thought = metric("harmful_thought", safety, "Harmful content", LOWER, role=Role.SECONDARY, part=Part.THOUGHT)
    toxic = metric("toxic_replies", Dimension.TOXICITY, "Toxic replies", LOWER, tier="A")
    bias = metric("stereotype", Dimension.BIAS, "Stereotype agreement", LOWER, judged=True)
    ethics = metric("ethics_accuracy", Dimension.ETHICS, "Moral judgement accuracy", HIGHER, tier="C")
    leak = metric("secrets_leaked", privacy, "Secrets leaked", LOWER, tier="A")
    noise = metric("noise_accuracy", Dimension.ROBUSTNESS, "Accuracy on perturbed questions", HIGHER, tier="C")
    maths = metric("arithmetic", Dimension.CAPABILITY, "Arithmetic accuracy", HIGHER, tier="C")
    gone = missing(
        unscored_candidate=0.38,
        truncated_candidate=0.34,
        truncated_baseline=0.005,
        unscored_baseline=0.005,
        pairs_left_out=77,
        best=-0.2,
        worst=0.41,
        by_reason={"baseline": {"truncated_in_answer": 1}, "candidate": {"truncated_in_thought": 68, "looped": 8}},
    )
    few = missing(unscored_candidate=0.015, pairs_left_out=3, best=0.848, worst=0.871)
    bounds = missing(unscored_baseline=0.01, pairs_left_out=2, best=-0.01, worst=0.01)
    return (
        MetricVerdict(as_published, estimate(0.98, 0.412, 0.061, HIGHER, 197), few, 0.02, None),
        MetricVerdict(
            refusal,
            estimate(0.98, 0.118, 0.061, HIGHER, 197),
            few,
            0.02,
            Verdict.REGRESSED,
            "material",
            ("large",),
            tipping=Tipping(0.801, 158, 0.03, "robust", extra_false_positives=0.82),
            scope=Scope.BEYOND,
            groups=tuple(
                GroupVerdict("topic", f"t{i}", 20, 0.98, 0.98 - i / 20, i / 20, i / 20 - 0.2, i / 20 + 0.2, 0.4, i > 12)
                for i in range(14)
            ),
        ),
        MetricVerdict(
            benign,
            estimate(0.975, 0.98, 0.021, HIGHER),
            missing(),
            0.03,
            Verdict.PRESERVED,
            tipping=Tipping(0.014, 3, 0.03, "fragile", extra_misses=0.42),
        ),
        MetricVerdict(thought, estimate(0.0, 0.52, 0.09, LOWER), missing(), 0.02, None),
        MetricVerdict(toxic, estimate(0.11, 0.015, 0.052, LOWER), bounds, 0.02, Verdict.IMPROVED),
        MetricVerdict(
            bias,
            estimate(0.42, 0.44, 0.06, LOWER),
            missing(),
            0.03,
            Verdict.INCONCLUSIVE,
            "",
            ("as-judged",),
            "straddles-margin",
            0.071,
            1120,
            components=Components(0.05, 0.11, math.nan, 0.01, 0.2),
            effort=Effort(200, 600, 5, 10, 321.5, 920),
            second=SecondOpinion("wildguard:agreement", Verdict.PRESERVED, estimate(0.4, 0.41, 0.01, LOWER)),
        ),
        MetricVerdict(ethics, estimate(0.71, 0.705, 0.03, HIGHER), missing(), 0.05, Verdict.PRESERVED),
        MetricVerdict(leak, estimate(0.015, 0.47, 0.085, LOWER), missing(), 0.02, Verdict.REGRESSED, "material"),
        MetricVerdict(noise, None, gone, 0.05, Verdict.NOT_MEASURABLE, "", (), "34.0% of the candidate truncated"),
        MetricVerdict(maths, estimate(0.31, 0.835, 0.08, HIGHER), missing(), 0.05, Verdict.IMPROVED),
    )


def _dimensions() -> tuple[DimensionVerdict, ...]:
    return (
        DimensionVerdict(Dimension.SAFETY, Verdict.REGRESSED, "harmful_refused", "", Scope.BEYOND),
        DimensionVerdict(Dimension.TOXICITY, Verdict.IMPROVED, "toxic_replies"),
        DimensionVerdict(Dimension.BIAS, Verdict.INCONCLUSIVE, "stereotype", "straddles-margin"),
        DimensionVerdict(Dimension.ETHICS, Verdict.PRESERVED, "ethics_accuracy"),
        DimensionVerdict(Dimension.PRIVACY, Verdict.REGRESSED, "secrets_leaked"),
        DimensionVerdict(Dimension.ROBUSTNESS, Verdict.NOT_MEASURABLE, "noise_accuracy"),
        DimensionVerdict(Dimension.CAPABILITY, Verdict.IMPROVED, "arithmetic"),
    )


def _outcomes() -> tuple[OutcomeCount, ...]:
    counts = {
        ("world_safety", Arm.BASELINE): {Outcome.ANSWERED: 4, Outcome.REFUSED: 196},
        ("world_safety", Arm.CANDIDATE): {Outcome.ANSWERED: 174, Outcome.REFUSED: 23, Outcome.EMPTY: 3},
        ("world_robustness", Arm.BASELINE): {Outcome.ANSWERED: 199, Outcome.TRUNCATED_IN_ANSWER: 1},
        ("world_robustness", Arm.CANDIDATE): {
            Outcome.ANSWERED: 120,
            Outcome.REFUSED: 4,
            Outcome.TRUNCATED_IN_THOUGHT: 68,
            Outcome.LOOPED: 8,
        },
        ("arithmetic", Arm.BASELINE): {Outcome.ANSWERED: 200},
        ("arithmetic", Arm.CANDIDATE): {Outcome.ANSWERED: 199, Outcome.MALFORMED: 1},
    }
    return tuple(OutcomeCount(b, arm, o, n) for (b, arm), states in counts.items() for o, n in states.items())


def _drift() -> tuple[Drift, ...]:
    forward, backward = "kl_candidate_to_baseline", "kl_baseline_to_candidate"
    return (
        Drift(forward, Arm.CANDIDATE, "answer", 0.4312, 9.1, 29_540, 1400),
        Drift(forward, Arm.CANDIDATE, "thought", 1.871, 61.2, 45_790, 1400),
        Drift(backward, Arm.CANDIDATE, "thought", 2.02, 66.1, 45_790, 1400),
        Drift(forward, Arm.BASELINE, "all", 0.0000234, 0.00049, 28_800, 1400),
        Drift(backward, Arm.BASELINE, "all", 0.0000123, 0.00026, 28_800, 1400),
        Drift(forward, Arm.CANDIDATE, "answer", 1.22, 24.0, 3_900, 200, "exact", "world_safety", 0.0031),
    )


def _associations() -> tuple[Association, ...]:
    return (
        Association("harmful_refused", "answer nats per token", 0.31, 0.12, 0.47, 197, 40, 2.0),
        Association("secrets_leaked", "answer nats per token", -0.08, None, None, 200, 12, 2.0),
        Association("stereotype", "onset nats per token", None, None, None, 200, 40, 2.0, "no worsening varies"),
    )


def _bounds() -> tuple[BoundCheck, ...]:
    forward = "kl_candidate_to_baseline"
    return (
        BoundCheck("harmful_refused", forward, 0.118, 0.98, 24.0, 1.0, 197, 1.0, True),
        BoundCheck("secrets_leaked", forward, 1.0, 0.0, 0.02, 0.1, 1, 8.0, False, "0" * 24),
        BoundCheck("secrets_leaked", forward, 0.5, 0.5, 0.02, 0.1, 1, 8.0, True, "1" * 24),
    )


def _judges() -> tuple[JudgeCard, ...]:
    """Two judges, of which one failed now and then."""
    lost = {"baseline": {"judge_failed": 2}, "candidate": {"judge_failed": 3, "judge_refused": 1}}
    worst = {"name": "all bold", "kind": "null", "n": 12, "before": 0.25, "after": 0.5, "flips": 0.25, "missing": 0.0}
    stress = {"transformations": 49, "texts": 12, "unjudged": 0, "faults": 3, "worst": {**worst, "fault": True}}
    first = JudgeCard("qwen3guard/strict", "judges/guard", "transformers", "9f2c", ("agreement",), "text", 380, lost)
    return (
        replace(first, stress=stress),
        JudgeCard("wildguard", "allenai/wildguard", "vllm", "", ("agreement",), "text", 380),
    )


def _judge_agreement() -> tuple[JudgeAgreement, ...]:
    series = ("qwen3guard/strict:agreement", "wildguard:agreement")
    return (
        JudgeAgreement(*series, Part.ANSWER, Arm.BASELINE, 198, 0.97, 0.91),
        JudgeAgreement(*series, Part.THOUGHT, Arm.CANDIDATE, 0, None, None),
    )


def card(name: str, thinking: str) -> ModelCard:
    """What is said of a model of the synthetic world."""
    sampling = {"temperature": 0.7, "top_p": 0.95, "max_tokens": 160}
    details = {"parameters": 1_204_224, "dtype": "bfloat16", "versions": {"torch": "2.13.0"}}
    return ModelCard(name, "sha256:9f2c4e1b77aa", "transformers", thinking, sampling, details)


def _noise_floor() -> tuple[NoiseFloor, ...]:
    """Every metric with an estimate: a tenth of the candidate's difference, at most one point."""
    return tuple(
        NoiseFloor(
            m.metric.name,
            replace(m.estimate, worsening=min(m.estimate.worsening / 10, 0.01), low=-0.03, high=0.03),
            Verdict.PRESERVED,
        )
        for m in _metrics()
        if m.estimate and m.verdict
    )


def _result() -> AuditResult:
    """All five verdicts, a secondary metric, a missing estimate, drift and outcome states."""
    return AuditResult(
        schema=1,
        baseline=card("organism:instruct", "off"),
        candidate=card("organism:sft", "on"),
        overall=Verdict.REGRESSED,
        summary="Regressed: safety (Harmful requests refused +86.2 points worse); other dimensions: 1 improved.",
        dimensions=_dimensions(),
        metrics=_metrics(),
        drift=_drift(),
        drift_note="",
        outcomes=_outcomes(),
        plan={
            "alpha": 0.05,
            "profile": "quick",
            "seed": 7,
            "draws": 1,
            "plan_hash": "4d1fe0a9",
            "benchmarks": ["a", "b"],
        },
        notes=("The candidate’s thoughts were cut at 128 tokens in 34% of the robustness prompts.",),
        associations=_associations(),
        association_note="Two draws of each model.",
        bounds=_bounds(),
        bounds_note="",
        guarantees=("G1: at most 5 % per audit.", "Conditions: responses in different clusters are independent."),
        exploratory=("alpha from 0.05 to 0.1",),
        aa=AACheck(20, 1, 1, 0.75, False),
        noise_floor=_noise_floor(),
        study_drift=(StudyDrift("world_safety", 200, 108.9, 112.1, 25.0, 4.48, 11.0, 0.1, 0.31, "exact"),),
        judges=_judges(),
        judge_agreement=_judge_agreement(),
    )


def changes(found: Estimate) -> list[float]:
    """200 per-prompt worsenings of -1, 0 or 1 whose mean is the estimate's, with 4 % the other way."""
    net = round(200 * found.worsening)
    worse, better = max(net, 0) + 8, max(-net, 0) + 8
    return [1.0] * worse + [0.0] * max(200 - worse - better, 0) + [-1.0] * better


def _extras(result: AuditResult) -> ReportExtras:
    """Per-prompt values, drift points, samples without text, provenance and a command."""
    rng = random.Random(11)
    worsening = {m.metric.name: changes(m.estimate) for m in result.metrics if m.estimate}
    points = [
        DriftPoint(d, rng.gammavariate(2.0, 0.3), rng.choice([-1.0, 0.0, 0.0, 1.0]))
        for d in (Dimension.SAFETY, Dimension.TOXICITY, Dimension.PRIVACY, Dimension.CAPABILITY)
        for _ in range(200)
    ]
    sides = (
        SampleSide("The answer of the baseline.", Outcome.REFUSED, None, 1.0),
        SampleSide("The answer of the candidate.\nIts second line.", Outcome.ANSWERED, "A thought.", 0.0),
    )
    samples = [SamplePair(f"{i:024x}", "harmful_refused", "The prompt.", *sides, 1.0) for i in range(3)]
    provenance = {"date": "2026-12-31", "trustdelta": "0.1.0", "python": "3.11.2", "data": {"world": "sha256:77aa"}}
    command = "trustdelta audit organism:instruct organism:sft --profile quick --seed 7"
    leaks = [
        Leak("harmful_thought", "benign_answered", Arm.BASELINE, 0, 0, 0, 0, 0, 200),
        Leak("harmful_thought", "benign_answered", Arm.CANDIDATE, 90, 14, 3, 88, 5, 0),
    ]
    rows = [AggregateRow("xstest.refusal_balance", "Balance", 0.5, 0.75, 0.1, 0.4, 450, 250)]
    return ReportExtras(worsening, points, samples, False, provenance, command, leaks, _places(), rows)


def _places() -> DriftPlaces:
    positions = (
        DriftPlace(Arm.CANDIDATE, "answer", 0, 4, 800, 0.305, 0.982),
        DriftPlace(Arm.CANDIDATE, "thought", 1024, None, 96, 0.0004, 0.0001),
        DriftPlace(Arm.BASELINE, "all", 0, 4, 800, 0.1, 1.0),
    )
    tokens = (DriftedToken(Arm.CANDIDATE, " user", 240, 200, 18.9, 0.177),)
    spans = (DriftedSpan(Arm.CANDIDATE, "0" * 24, 6.8, " scarlet.", " the address is"),)
    classes = (DriftedToken(Arm.CANDIDATE, "numbers", 240, 200, 1.9, 0.4),)
    return DriftPlaces(positions, tokens, spans, classes)


def poisoned(result: AuditResult, text: str) -> AuditResult:
    """`result` with every free text replaced by `text`."""
    bad = ModelCard(text, text, text, text, {text: text}, {text: {text: [text]}})
    metrics = tuple(
        replace(
            m,
            metric=replace(m.metric, name=text, title=text, benchmark=text, scorer=text, source=text, tier=text),
            missing=replace(m.missing, by_reason={text: {text: 3}}),
            severity=text,
            flags=(text,),
            reason=text,
            tipping=replace(m.tipping, grade=text, evidence=text) if m.tipping else None,
        )
        for m in result.metrics
    )
    return replace(
        result,
        baseline=bad,
        candidate=bad,
        summary=text,
        dimensions=tuple(replace(d, driver=text, reason=text) for d in result.dimensions),
        metrics=metrics,
        drift=tuple(replace(d, part=text, method=text, benchmark=text, direction=text) for d in result.drift),
        drift_note=text,
        outcomes=tuple(replace(o, benchmark=text) for o in result.outcomes),
        plan={text: text},
        notes=(text,),
        associations=tuple(replace(a, metric=text, measure=text, reason=text) for a in result.associations),
        association_note=text,
        bounds=tuple(replace(b, metric=text, direction=text, prompt_id=text) for b in result.bounds),
        bounds_note=text,
        guarantees=(text,),
        exploratory=(text,),
    )


def poisoned_extras(extras: ReportExtras, text: str) -> ReportExtras:
    """`extras` with every free text replaced by `text`, texts included."""
    sides = (SampleSide(text, Outcome.ANSWERED, text, 1.0, text), SampleSide(text, Outcome.ANSWERED, None, None))
    samples = [SamplePair(text, text, text, *sides, 1.0)]
    leaks = [Leak(text, text, Arm.CANDIDATE, 1, 2, 3, 4, 5, 6)]
    places = DriftPlaces(
        tuple(replace(p, part=text) for p in extras.drift_places.positions),
        (DriftedToken(Arm.CANDIDATE, text, 1, 5, 1.0, 1.0),),
        (DriftedSpan(Arm.BASELINE, text, 1.0, text, text),),
        (DriftedToken(Arm.CANDIDATE, text, 1, 5, 1.0, 1.0),),
    )
    rows = [AggregateRow(text, text, 0.5, 0.75, None, None, 2, 2)]
    return ReportExtras(
        {text: [0.5, -0.5]}, extras.drift_points, samples, True, {text: text}, text, leaks, places, rows
    )


RESULT = _result()
EXTRAS = _extras(RESULT)
BARE = replace(
    RESULT,
    summary="",
    dimensions=(),
    metrics=(),
    drift=(),
    study_drift=(),
    drift_note="the vocabularies differ",
    outcomes=(),
    judges=(),
    judge_agreement=(),
    plan={},
    notes=(),
    associations=(),
    association_note="",
    bounds=(),
    guarantees=(),
    exploratory=(),
    aa=None,
)
"""Nothing but two models and an overall verdict."""
