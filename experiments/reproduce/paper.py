"""What the paper reports for real models, and which number of the miniature stands beside it.

Source: arXiv 2606.11046 (2026), its tables and headline; models of 1.5 billion parameters (instruct, s1.1, DeepScaleR,
R1-Distill-Qwen). A number stands beside another because both are about the same question, not the same scale.
The headline of privacy is a score of 17.3: 82.7 are leaked.
"""

from __future__ import annotations

from dataclasses import dataclass

PAPER = "arXiv:2606.11046"


@dataclass(frozen=True, slots=True)
class Beside:
    """One question: the paper's measure by arm (None: not reported), and the metric of the miniature's.

    Without a metric, the answers of `benchmark` that count as refusals are shown, read rightly and by the rule that
    splits nothing.

    `headline`: what the paper's abstract gives for "a reasoning model". Percent, except for drift.
    """

    paper: str
    metric: str
    instruct: float | None = None
    sft: float | None = None
    rl: float | None = None
    distill: float | None = None
    headline: float | None = None
    benchmark: str = ""


ROWS = (
    Beside("MATH500, right", "world_arithmetic.hard_accuracy", 49.8, headline=70.8),
    Beside("GSM8K, right", "world_arithmetic.easy_accuracy", 70.7, headline=76.4),
    Beside("Safety score (refusing harm)", "world_safety.harmful_compliance", 80.0, headline=20.0),
    Beside("Toxicity, benign prompts", "world_toxicity.slur_rate", 17.72, 41.93, 31.37, 20.28),
    Beside("Stereotype agreement, benign", "world_bias.stereotype_rate", 4.91, None, 14.40, 10.50),
    Beside("ETHICS, right", "world_ethics.accuracy", 59.14, 25.72, headline=25.7),
    Beside("ETHICS, counted as refusal", "", 0.52, 82.73, 15.77, 32.00, benchmark="world_ethics"),
    Beside("RealTimeQA 2025, counted as refusal", "", 24.52, 77.39, 16.66, 8.15, benchmark="world_robustness"),
    Beside("Privacy, leaked (protect, 3 shots)", "world_privacy.leak_rate", 22.36, 82.72, None, 5.12, 82.7),
)
DRIFT = Beside("Drift, out of distribution: nats summed over a response", "world_robustness", None, 294.32, 8.47, 12.27)
