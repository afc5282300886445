"""Writes the figures of docs/judges.md from the cards: `python experiments/judges/document.py`.

Everything between the two markers is replaced; the text around them is written by hand and holds no figure.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trustdelta.scorers.text_heads import FOLDER

PAGE = Path(__file__).parents[2] / "docs" / "judges.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def card(name: str) -> dict[str, Any]:
    """One judge's card."""
    value: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return value


def table(head: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table; numbers with three places, None as a dash."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(shown(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def shown(cell: Any) -> str:
    """A cell's text."""
    if cell is None:
        return "–"
    return (
        f"{cell:.3f}"
        if isinstance(cell, float) and cell <= 1
        else f"{cell:.0f}"
        if isinstance(cell, float)
        else str(cell)
    )


def refusal() -> str:
    """Refusal: each judged model left out with its prompts."""
    keys = ("n", "accuracy", "kappa", "macro_f1_three_classes")
    figures = card("refusal")["left_out_model_and_prompts"]
    rows = [
        [form.replace("_", " "), name, *(figures[form][name][k] for k in keys)]
        for form in ("judge", "heads_without_rules", "rules_alone")
        for name in sorted(figures[form])
    ]
    head = ["form", "judged model", "n", "accuracy", "kappa", "macro F1, three classes"]
    return (
        f"### Refusal (XSTest, model and prompts left out)\n\n{table(head, rows)}\n\n"
        f"On answers of models of which none was learned from, pair bias in shares:\n\n{refusal_pairs()}"
    )


def refusal_pairs() -> str:
    """Refusal on sets that were not learned from, and the bias of pairs of models."""
    keys = ("n", "labelled", "judged", "accuracy", "recall")
    rows = []
    for name, part in card("refusal")["pair_bias_by_set"].items():
        pairs = part["pair_bias"].get("all", {})
        largest = max(map(abs, part["by_pair"].values())) if "by_pair" in part else None
        label = f"{name.replace('_', ' ')}, left out; largest of three pairs" if largest else name.replace("_", " ")
        bounds = [pairs.get("models"), pairs.get("spread"), pairs.get("bound", largest), pairs.get("systematic")]
        rows.append([label, *(part[k] for k in keys), *bounds])
    head = ["set", "n", "labelled", "judged", "accuracy", "recall", "models", "spread", "95 % bound", "systematic"]
    return table(head, rows)


def harm() -> str:
    """Harm: source left out, and by question within sources; the learning curve."""
    figures = card("harm")
    rows = [
        [source, figures["left_out_source"][source]["n"]]
        + [figures[part][source][k] for part in ("left_out_source", "in_source_by_question")
           for k in ("auroc", "auroc_without_encoder")]
        for source in sorted(figures["left_out_source"])
    ]  # fmt: skip
    inside = figures["in_source_by_question"]["xstest"]
    rows.append(
        ["xstest (harmless questions)", inside["n"], None, None, inside["auroc"], inside["auroc_without_encoder"]]
    )
    for form in ("direct", "step_by_step"):
        parts = [figures[p]["harmfulq"][f"auroc_{form}"] for p in ("left_out_source", "in_source_by_question")]
        rows.append([f"harmfulq, {form.replace('_', ' ')}", None, parts[0], None, parts[1], None])
    head = ["source", "n", "AUROC left out", "without encoder", "AUROC by question", "without encoder"]
    curve = figures["learning_curve_by_share_of_questions"]
    sources = sorted(next(iter(curve.values())))
    steps = [[share, *(curve[share][s] for s in sources)] for share in sorted(curve, key=float)]
    return (
        f"### Harmful answers\n\n{table(head, rows)}\n\n"
        f"Learning curve (AUROC by question, share of training questions):\n\n{table(['share', *sources], steps)}\n\n"
        "On harmfulq, the mean label of the same question's other answers ranks an answer with AUROC "
        f"{figures['question_oracle']:.3f}: what a person could say who knew the question and never read the answer."
    )


def toxicity() -> str:
    """Toxicity: source left out, folds, calibration."""
    figures = card("toxicity")
    left, folds = figures["leave_one_source_out"], figures["in_source_folds"]
    rows = [
        [s, folds[s]["n"], *(part.get(s, {}).get(k) for part in (left, folds) for k in ("auroc", "auroc_ngrams"))]
        for s in sorted(folds)
    ]
    head = ["source", "n", "AUROC left out", "without encoder", "AUROC by folds", "without encoder"]
    spearman = folds["perspective"]
    kept = figures["calibration_to_perspective"]
    curve = ", ".join(f"{value:.3f}" for value in figures["learning_curve_toxigen_left_out"].values())
    return (
        f"### Toxicity\n\n{table(head, rows)}\n\n"
        f"Spearman with archived Perspective scores, folds by sentence: {spearman['spearman']:.3f} "
        f"(web text alone {spearman['spearman_web']:.3f}; without the encoder {spearman['spearman_ngrams']:.3f}). "
        f"Agreement with Perspective at 0.5: {kept['agreement_at_0.5']:.3f}; mean absolute error "
        f"{kept['mean_absolute_error']:.3f}. AUROC on ToxiGen left out, learned from a quarter, half and all of the "
        f"other texts: {curve}.\n\n" + long_texts(figures["long_texts"], figures["functional_cases"])
    )


def long_texts(figures: dict[str, Any], functional: dict[str, Any]) -> str:
    """Alarms on ordinary texts, planted insults, functional cases."""
    head = ["form", "alarms on long texts", "on short texts", "planted", "n", "seen alone", "seen in a long text"]
    rows = [
        [form.replace("_", " "), *(f"{part[k]['alarms']} of {part[k]['n']}" for k in ("long", "short")),
         source, seen["n"], seen["seen_alone"], seen["seen_in_carriers_without_alarm"]]
        for form, part in figures.items()
        for source, seen in part["planted"].items()
    ]  # fmt: skip
    shares = ", ".join(
        f"{form.replace('_', ' ')} {part['right']:.3f} of {part['cases']} cases "
        f"({part['right_over_templates']:.3f} over {part['templates']} templates)"
        for form, part in functional.items()
    )
    return f"{table(head, rows)}\n\nOwn functional cases: {shares}."


def noncompliance() -> str:
    """Noncompliance: by set, by model, families and sources left out, pair bias."""
    figures = card("noncompliance")
    judge, left = figures["judge"], figures["families_left_out"]
    keys = ("accuracy", "recall", "precision", "auroc")
    parts = [
        (name, what, found)
        for name in ("noncompliance", "noncompliance_denial")
        for what, found in [
            ("all sets", judge[name]["speechmap"]),
            ("all sets, threshold of other models", figures["thresholds_of_other_models"][name]),
            *judge[name]["speechmap_by_set"].items(),
            ("all sets, family of models left out", left[name]),
            *((f"xstest, {model}", value) for model, value in judge[name]["xstest"].items()),
            ("r1_moderation", judge[name]["r1_moderation"]),
            *((f"{source}, source left out", v[name]) for source, v in figures["sources_left_out"].items()),
        ]
    ]
    rows = [
        [name.removeprefix("noncompliance_"), what, f["n"], f["labelled"], f["judged"], *(spanned(f[k]) for k in keys)]
        for name, what, f in parts
    ]
    pair = judge["deepseek_v3_to_r1"]
    pairs = [[s, *(f"{a:.1f} to {b:.1f} %" for a, b in (v["labelled"], v["judged"]))] for s, v in pair.items()]
    measured = [(name, kind, v) for name, kinds in figures["pair_bias"].items() for kind, v in kinds.items()]
    measured += [
        ("noncompliance", f"{kind}, threshold of other models", v)
        for kind, v in figures["thresholds_of_other_models"]["pair_bias"].items()
    ]
    measured += [
        ("noncompliance", f"{kind}, family left out", v) for kind, v in left["pair_bias"].items() if kind == "all"
    ]
    measured += [
        ("noncompliance", f"all, {n} models learned from", v["pair_bias"])
        for n, v in sorted(figures["learning_curve_by_models"].items(), key=lambda item: int(item[0]))
    ]
    shown_bias = ("models", "mean", "spread", "bound", "systematic")
    bias = [[name, kind, *(v[k] for k in shown_bias)] for name, kind, v in measured]
    return (
        "### Noncompliance (models and requests left out)\n\n"
        + table(["head", "answers", "n", "labelled", "judged", *keys], rows)
        + "\n\nDeepSeek-V3 to R1, both left out, share not complied with:\n\n"
        + table(["set", "labelled", "judged"], pairs)
        + "\n\nPair bias, shares (`systematic`: the bound without sampling noise):\n\n"
        + table(["scorer", "pairs", "models", "mean", "spread", "95 % bound", "systematic"], bias)
    )


def spanned(figure: dict[str, Any]) -> str:
    """A figure with its 95 % interval."""
    if figure["estimate"] is None:
        return "–"
    return f"{figure['estimate']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def stress() -> str:
    """The metamorphic suite: faults of each judge."""
    rows = []
    for name in ("refusal", "noncompliance", "harm", "toxicity"):
        found = card(name).get("stress")
        for line in (found or {}).get("faults", []) or ([found["worst"]] if found else []):
            mark = "fault" if line["fault"] else "no fault; worst"
            rows.append(
                [name, found["transformations"], line["name"], line["kind"], line["before"], line["after"], mark]
            )
    head = ["judge", "transformations", "line", "kind", "rate before", "rate after", ""]
    return "### Stress (transformed answers)\n\n" + table(head, rows)


def builtin() -> str:
    """Speed and flip rates."""
    figures = card("builtin")
    rows = []
    for form in ("with_encoder", "without_encoder"):
        for name, rate in figures[form]["answers_per_second"].items():
            flips = figures[form]["injections"]["toxic" if name == "toxicity" else name]
            rows.append([name, form.replace("_", " "), float(rate), flips["n"], flips["rate"]])
    head = ["judge", "form", "answers per second, one core", "dressed answers", "flip rate"]
    return "### Speed and injections\n\n" + table(head, rows)


def main() -> None:
    """Replace what is between the markers."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    body = "\n\n".join((refusal(), noncompliance(), harm(), toxicity(), stress(), builtin()))
    PAGE.write_text(f"{before}{BEGIN}\n\n{body}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
