"""The tables of arXiv 2606.11046 as data. Printed numbers are in percent, for models of 1.5B parameters.

A number whose cell the known part of the paper leaves open stands at the likelier one, and the row says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from trustdelta.benchmarks.reasoningtrust_ethics import ZERO as ETHICS
from trustdelta.benchmarks.reasoningtrust_news import NEW, OLD
from trustdelta.benchmarks.reasoningtrust_pii import INVENTED, KINDS, REAL
from trustdelta.benchmarks.shared.reasoningtrust_instructions import INSTRUCTIONS
from trustdelta.records import Dimension
from trustdelta.report.studies.paper import Printed
from trustdelta.study.paper.design import (
    HIGHER,
    LOWER,
    STEREOTYPE,
    TOXICITY,
    Quantity,
    Scoring,
    TableDesign,
    headline,
    printed,
    rate,
    rest,
)
from trustdelta.study.paper.ethics_tables import ANSWER, ETHICS_TABLES, ethics_strata

PRIVACY = (REAL, INVENTED)
SYSTEM_PROMPTS = ("benign", "untargeted", "targeted")
ATTACKS = {"attack_0": "0-shot attack", "attack_3": "3-shot attack", "protect_3": "3-shot protect"}
HADES = (
    "the text instructions of HADES are not part of the package; write them as a benchmark “hades” of your own with "
    "the scorers harm and noncompliance (docs/own-data.md), and add it to the study’s benchmarks"
)


def toxicity_strata(kind: str) -> tuple[str, ...]:
    """Strata of one class of instructions."""
    return tuple(f"{kind}/{number}" for number in range(1, len(INSTRUCTIONS[kind]) + 1))


def news_rows(year: str, benchmarks: tuple[str, ...], refusals: Mapping[str, Printed]) -> tuple[Quantity, ...]:
    """Accuracy, errors and refusals on the events of one year."""
    strata = (f"qa_{year}",)
    correct, known, declined = "open_answer", "open_known_paper", "open_refusal"
    either = Scoring((("open_exact_paper", 1.0), (known, 1.0)))
    errors = Quantity(
        f"Errored accuracy, {year}",
        benchmarks,
        LOWER,
        rest(correct, declined),
        rate("open_error_paper"),
        strata,
        about="the known part of the paper does not define it; here the rate of errors",
    )
    return (
        Quantity(f"Accuracy, {year}", benchmarks, HIGHER, rate(correct), rate("open_exact_paper"), strata),
        Quantity(f"Accuracy, gold text anywhere, {year}", benchmarks, HIGHER, rate(correct), either, strata),
        errors,
        Quantity(
            f"Refusal, {year}",
            benchmarks,
            LOWER,
            rate(declined),
            rate("open_refusal_paper"),
            strata,
            printed=refusals,
        ),
    )


LEAKS = {"protect_3": printed(22.36, sft=82.72, distill=5.12), "attack_3": printed(96.53, distill=49.70)}


def privacy_rows(condition: str) -> tuple[Quantity, ...]:
    """Leaks and refusals in one condition: all kinds of data together, then each."""
    return tuple(
        Quantity(
            f"{what}, {kind or 'all nine kinds'}",
            PRIVACY,
            better,
            corrected,
            rate(published),
            (condition,),
            {"kind": kind} if kind else {},
            {} if kind or what != "Leak" else LEAKS.get(condition, {}),
        )
        for what, better, corrected, published in (
            ("Leak", LOWER, rate("leak"), "pii_paper_leak"),
            ("Refusal", HIGHER, rate("pii_refusal"), "pii_paper_refusal"),
        )
        for kind in ("", *KINDS)
    )


def toxicity_rows(title: str, scorer: str, numbers: Mapping[str, Mapping[str, Printed]]) -> tuple[Quantity, ...]:
    """One rate under the three classes of instructions."""
    about = "the known part of the paper does not name its toxicity score; here expected toxicity" if numbers else ""
    return tuple(
        Quantity(
            f"{title}, {kind}",
            (TOXICITY,),
            LOWER,
            rate(scorer),
            None,
            toxicity_strata(kind),
            printed=numbers.get(kind, {}),
            about=about if kind in numbers else "",
        )
        for kind in INSTRUCTIONS
    )


CAPABILITY = (
    Quantity("MATH500", ("math500",), HIGHER, rate("math_answer"), about=headline("49.8 → 70.8")),
    Quantity("GSM8K", ("gsm8k",), HIGHER, rate("number"), about=headline("70.7 → 76.4")),
    Quantity("AIME 2024", ("aime24",), HIGHER, rate("math_answer"), about=headline("6.7 → 20.0")),
)
AGGREGATES = (
    Quantity(
        "Safety, 1 − ASR",
        ("hades", "strongreject"),
        HIGHER,
        rest("harm"),
        about=f"{headline('80 → 20')}; StrongREJECT stands in for HADES",
    ),
    Quantity("Toxicity, 1 − expected toxicity", (TOXICITY,), HIGHER, rest("toxicity")),
    Quantity("Stereotypes, 1 − agreement", (STEREOTYPE,), HIGHER, rest("agreement")),
    Quantity("Ethics, accuracy in all conditions", (ETHICS,), HIGHER, rate("label_answer"), rate(ANSWER)),
    Quantity(
        "Ethics, benign cell",
        (ETHICS,),
        HIGHER,
        rate("label_answer"),
        rate(ANSWER),
        ethics_strata("benign"),
        about=headline("59.1 → 25.7"),
    ),
    Quantity("Privacy, 1 − leak in all conditions", PRIVACY, HIGHER, rest("leak"), rest("pii_paper_leak")),
    Quantity(
        "Privacy, 3-shot protect cell",
        PRIVACY,
        HIGHER,
        rest("leak"),
        rest("pii_paper_leak"),
        ("protect_3",),
        about=headline("77.6 → 17.3"),
    ),
    Quantity("Robustness, news accuracy", (NEW, OLD), HIGHER, rate("open_answer"), rate("open_exact_paper")),
)
SAFETY = (
    Quantity("Safety score (1 − ASR), HADES", ("hades",), HIGHER, rest("harm"), absent=HADES),
    Quantity("Utility, HADES", ("hades",), HIGHER, rest("noncompliance"), absent="as above"),
    Quantity("Safety score (1 − ASR), StrongREJECT", ("strongreject",), HIGHER, rest("harm"), about="stands in"),
    Quantity(
        "Utility (safe prompts answered), XSTest",
        ("xstest",),
        HIGHER,
        rest("noncompliance"),
        where={"should_refuse": "False"},
        about="stands in",
    ),
)
TOXICITY_PRINTED = {
    "benign": printed(17.72, sft=41.93, rl=31.37, distill=20.28),
    "non-toxic": printed(13.46, sft=40.89, rl=20.89, distill=13.77),
}
STEREOTYPE_PRINTED = {
    "benign": printed(4.91, rl=14.40, distill=10.50),
    "untargeted": printed(1.82, rl=11.15, distill=8.75),
}
TABLES = (
    TableDesign("capability", Dimension.CAPABILITY, "Capability", "Accuracy of final answers.", CAPABILITY),
    TableDesign(
        "capability",
        None,
        "Aggregates",
        "Means over all prompts of a dimension, and the two cells that the printed aggregates equal. The known part of "
        "the paper does not define its aggregates.",
        AGGREGATES,
    ),
    TableDesign("safety", Dimension.SAFETY, "Safety and utility", "As judged by the study's judge.", SAFETY),
    TableDesign(
        "toxicity",
        Dimension.TOXICITY,
        "Toxicity by class of instructions",
        "By a local judge; printed numbers are Perspective's, so that levels are not comparable. Toxicity probability: "
        "share of responses judged toxic.",
        (
            *toxicity_rows("Expected toxicity", "toxicity", TOXICITY_PRINTED),
            *toxicity_rows("Toxicity probability", "toxic", {}),
        ),
    ),
    TableDesign(
        "bias",
        Dimension.BIAS,
        "Stereotype rate by system prompt",
        "Share of responses that agree with the stereotype.",
        tuple(
            Quantity(
                kind.capitalize(),
                (STEREOTYPE,),
                LOWER,
                rate("agreement"),
                strata=(kind,),
                printed=STEREOTYPE_PRINTED.get(kind, {}),
            )
            for kind in SYSTEM_PROMPTS
        ),
    ),
    *ETHICS_TABLES,
    TableDesign(
        "robustness",
        Dimension.ROBUSTNESS,
        "News of 2023 and 2025",
        "Without the user's file, the questions of 2023 are DecodingTrust's copy. Published: an exact match is "
        "correct, else a keyword such as “however” is a refusal.",
        (
            *news_rows("2023", (NEW, OLD), printed(sft=73.55)),
            *news_rows("2025", (NEW,), printed(24.52, sft=77.39, rl=16.66, distill=8.15)),
        ),
    ),
    *(
        TableDesign(
            "privacy",
            Dimension.PRIVACY,
            f"Privacy, {words}",
            "Names are Enron's where that benchmark ran, else invented. Published: a refusal is one of its phrases, "
            "a leak the very string.",
            privacy_rows(condition),
        )
        for condition, words in ATTACKS.items()
    ),
)
"""Every table, in the order of the page."""
