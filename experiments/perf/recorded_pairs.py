"""Verdicts on real recorded responses: human labels against judges, and two public pairs through the whole audit.

Run: python experiments/perf/recorded_pairs.py DATA [--subsets 200] [--labels 100] [--write docs/calibration.md]

DATA holds `cot_bias_harmfulq` (Shaikh et al. 2022, arXiv:2212.08061: one model answering directly and step by step,
five draws, human labels), `refusal_tokens_pair` and `decodingtrust/stereotype/generations`. Judgements are kept in
--cache.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from pages import rewrite

from trustdelta import config as configs
from trustdelta.pipeline.run import run
from trustdelta.records import Json, Message, Prompt
from trustdelta.scorers import registry as scorers
from trustdelta.scorers.base import judge_all
from trustdelta.stats.label_design import LabelSample
from trustdelta.stats.ppi import ppi_moments
from trustdelta.stats.score_interval import Moments, bounds, moments, p_worse

Floats = NDArray[np.float64]

SECTION = "recorded pairs"
MODELS = ("davinci-001", "davinci-002")
FORMS = ("norm_out", "cot_out")
JUDGES = {"harm": "`harm`, the built-in judge", "refusal": "`not refused`, as phrase matching has it"}
REFUSALS = {"prompt": "prompt", "response": "response", "id": "id", "metadata": ["category"]}
STEREOTYPES = {
    "system": "system_prompt",
    "prompt": "user_prompt",
    "response": "generations[].text",
    "metadata": ["topic", "system_prompt_type"],
}
ARMS = ("llama-instruct-baseline", "deepseek-llama-distill-baseline")


def harmfulq(data: Path, model: str) -> Iterator[tuple[str, str, str, str]]:
    """(question, form, answer, label) of every answer that people labelled y (harmful) or n."""
    folder = data / "cot_bias_harmfulq"
    questions = json.loads((folder / "data/dangerous-q/toxic_outs.json").read_text(encoding="utf-8"))
    outputs, labels = (
        json.loads((folder / f"output/qa/{model}{end}.json").read_text(encoding="utf-8")) for end in ("", "-labs")
    )
    for key, forms in labels.items():
        for form in FORMS:
            for text, label in zip(outputs[key][form], forms[form], strict=True):
                if label in ("y", "n"):
                    yield questions[int(key)], form, text, label


def judged(data: Path, cache: Path | None) -> list[Json]:
    """One row per labelled answer: model, question, form, the label and every judge's score."""
    if cache and cache.exists():
        rows: list[Json] = json.loads(cache.read_text(encoding="utf-8"))
        return rows
    rows, asked = [], []
    for model in MODELS:
        for question, form, text, label in harmfulq(data, model):
            rows.append({"model": model, "question": question, "form": form, "human": float(label == "y")})
            asked.append((Prompt("harmfulq", (Message("user", question),)), text))
    for name in JUDGES:
        for row, found in zip(rows, judge_all(scorers.load(name), asked), strict=True):
            row[name] = found.value if found.value is None or name != "refusal" else 1 - found.value
    if cache:
        cache.write_text(json.dumps(rows), encoding="utf-8")
    return rows


def differences(rows: list[Json], source: str) -> tuple[Floats, NDArray[np.int64]]:
    """Step by step minus direct of each (model, question), in points of harm over 1, with the question's number."""
    cells: dict[tuple[str, str], dict[str, list[float]]] = {}
    for r in rows:
        if r[source] is not None:
            cells.setdefault((r["question"], r["model"]), {f: [] for f in FORMS})[r["form"]].append(r[source])
    cells = {key: cells[key] for key in sorted(cells)}
    d = np.array([np.mean(c["cot_out"]) - np.mean(c["norm_out"]) for c in cells.values()])
    return d, np.unique([q for q, _ in cells], return_inverse=True)[1].astype(np.int64)


def line(title: str, m: Moments, shown: str = "") -> str:
    """One row: estimate, unadjusted 95 % interval, one-sided p."""
    low, high = bounds(m, 0.025)
    return (
        f"| {title} | {100 * m.mean:+.1f} | {100 * low:+.1f} to {100 * high:+.1f} | {float(p_worse(m)):.4f} | {shown} |"
    )


def subsets(judge: Floats, human: Floats, cluster: NDArray[np.int64], labels: int, count: int) -> list[str]:
    """Means over random labelled subsets: people alone, and the judge corrected by them."""
    whole, rng = float(human.mean()), np.random.default_rng([0, labels])
    found: dict[str, list[tuple[float, float, float, float]]] = {"people alone": [], "PPI": []}
    for _ in range(count):
        at = np.sort(rng.choice(human.size, labels, replace=False))
        for name, m in (
            ("people alone", moments(human[at], cluster[at])),
            ("PPI", ppi_moments(judge, human[at], LabelSample.of(at, None, judge.size), cluster)),
        ):
            low, high = (float(b) for b in bounds(m, 0.025))
            found[name].append((float(m.mean), low, high, float(p_worse(m))))
    rows = []
    for name, values in found.items():
        mean, low, high, p = np.array(values).T
        held = 100 * np.mean((low <= whole) & (whole <= high))
        rows.append(
            f"| {name}, {labels} labelled pairs | {100 * mean.mean():+.1f} | {100 * low.mean():+.1f} to "
            f"{100 * high.mean():+.1f} | {np.median(p):.4f} | holds the all-label estimate in {held:.0f} % of {count} |"
        )
    return rows


def human_table(rows: list[Json], labels: int, count: int) -> list[str]:
    """Naive judges, corrected ones and people, for each model and for both with questions as clusters."""
    lines = []
    for title, own in (
        *((m, [r for r in rows if r["model"] == m]) for m in MODELS),
        ("both models", rows),
    ):
        human, cluster = differences(own, "human")
        lines += [
            f"**{title}**: {human.size} pairs of answers, {np.unique(cluster).size} questions.",
            "",
            "| scored by | step by step minus direct, points of harm | 95 % | p, one-sided | |",
            "|---|---|---|---|---|",
            line("people, all labels", moments(human, cluster)),
        ]
        for judge, name in JUDGES.items():
            naive, same = differences(own, judge)
            lines.append(line(f"{name}: naive", moments(naive, same)))
            if naive.size == human.size:
                alone, corrected = subsets(naive, human, cluster, labels, count)
                lines += [corrected.replace("PPI", f"{name}: PPI")] + ([alone] if judge == "harm" else [])
        lines.append("")
    return lines


def pairs(data: Path) -> dict[str, Mapping[str, Json]]:
    """Configurations of the two recorded audits."""
    stems = {
        "coconot_original": "coconot_orig_test",
        "coconot_contrast": "coconot_contrast_test",
        "wildjailbreak_benign": "wildjailbreak_adversarial_benign_eval",
    }
    folder = data / "refusal_tokens_pair"
    refusals = [
        [
            {"benchmark": b, "file": next((folder / arm).glob(f"{s}_*.jsonl")), "columns": REFUSALS}
            for b, s in stems.items()
        ]
        for arm in ARMS
    ]
    generations = data / "decodingtrust/stereotype/generations"
    said = [
        [{"benchmark": "decodingtrust_stereotype", "file": generations / f"{m}.jsonl.gz", "columns": STEREOTYPES}]
        for m in ("llama-2-7b-chat", "vicuna-7b-v1.3")
    ]
    names = {
        "Llama-3-8B-Instruct to DeepSeek-R1-Distill-Llama-8B": (tuple(stems), refusals),
        "Llama-2-7b-chat to Vicuna-7b-v1.3 (not a conversion)": (("decodingtrust_stereotype",), said),
    }
    return {
        title: {
            "baseline": {"source": title.split(" to ")[0], "recorded": files[0]},
            "candidate": {"source": title.split(" to ")[1], "recorded": files[1]},
            "benchmarks": benchmarks,
            "drift": False,
        }
        for title, (benchmarks, files) in names.items()
    }


def audit_table(data: Path) -> list[str]:
    """Every primary metric of both audits with its verdict."""
    lines = [
        "| pair | metric | baseline, % | candidate, % | worsening, points | simultaneous interval | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, values in pairs(data).items():
        with tempfile.TemporaryDirectory() as folder:
            result = run(configs.check(values), Path(folder) / "run")
        for v in result.metrics:
            if v.verdict is not None and v.estimate is not None:
                e = v.estimate
                cells = [title, f"`{v.metric.name}`", f"{100 * e.baseline:.1f}", f"{100 * e.candidate:.1f}"]
                cells += [f"{100 * e.worsening:+.1f}", f"{100 * e.low:+.1f} to {100 * e.high:+.1f}"]
                word = " ".join(w for w in (v.verdict.value, v.severity, v.reason) if w)
                lines.append(f"| {' | '.join([*cells, word])} |")
    return lines


def main() -> None:
    """Print (or write) both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--labels", type=int, default=100)
    parser.add_argument("--subsets", type=int, default=200)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--write", type=Path, metavar="PAGE")
    given = parser.parse_args()
    rows = judged(given.data, given.cache)
    text = "\n".join([*human_table(rows, given.labels, given.subsets), *audit_table(given.data)])
    sys.stdout.write(text + "\n")
    if given.write:
        rewrite(given.write, SECTION, text)


if __name__ == "__main__":
    main()
