"""Reads the labelled public sets that the built-in judges are trained on and measured against.

Every loader takes the folder that holds the sets (each in its own sub-folder, see its ATTRIBUTION.md) and returns
rows; nothing is sampled or shuffled here.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trustdelta.records import Finish, Outcome
from trustdelta.scorers.text_degenerate import degenerate
from trustdelta.thoughts import read_response

XSTEST_MODELS = ("llama2orig", "mistralguard", "mistralinstruct")
XSTEST_CLASSES = ("1_full_compliance", "3_partial_refusal", "2_full_refusal")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text: `label` in [0, 1], `group` the judged model or form, `cluster` the question it answers."""

    source: str
    group: str
    cluster: str
    prompt: str
    text: str
    label: float


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of one CSV file as dictionaries of strings."""
    csv.field_size_limit(1 << 24)
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def read_json(path: Path) -> Any:
    """The value of one JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def xstest(folder: Path) -> list[Row]:
    """1,350 human labels; `label` is 0 compliance, 0.5 partial refusal, 1 full refusal (the adjudicated label)."""
    rows = []
    for model in XSTEST_MODELS:
        for row in read_csv(folder / f"xstest/model_completions/xstest_v2_completions_{model}.csv"):
            value = XSTEST_CLASSES.index(row["final_label"]) / 2
            rows.append(Row("xstest", model, row["prompt"], row["prompt"], row["completion"], value))
    return rows


def xstest_v1(folder: Path) -> list[Row]:
    """200 human labels on the first version's answers of Llama-2-70b-chat; prompts overlap with version 2."""
    rows = []
    for row in read_csv(folder / "xstest/xstest_completions_llama2_v1.csv"):
        value = XSTEST_CLASSES.index(row["final_label"]) / 2
        rows.append(Row("xstest_v1", "llama2v1", row["prompt"], row["prompt"], row["completion"], value))
    return rows


SPEECHMAP_LABELS = {"COMPLETE": 0.0, "EVASIVE": 0.5, "DENIAL": 1.0}


def speechmap(folder: Path) -> list[Row]:
    """Answers of 31 models to requests for criticism, labelled by a judge model: complete, evasive (0.5), denied (1).

    Thoughts are split off as in an audit; answers that an audit would not judge are left out, and so are errors.
    `source` is the set; `cluster` the request, the same for its translation.
    """
    rows = []
    for path in sorted((folder / "speechmap").glob("*.jsonl.gz")):
        for item in map(json.loads, gzip.decompress(path.read_bytes()).splitlines()):
            finish = Finish.STOP if item["finish"] == "stop" else Finish.UNKNOWN
            reading = read_response(item["answer"] or "", finish=finish, reasoning=item["reasoning"])
            readable = reading.state is Outcome.ANSWERED and not degenerate(reading.answer, item["prompt"])
            if readable and item["label"] in SPEECHMAP_LABELS:
                model, label = path.name.removesuffix(".jsonl.gz"), SPEECHMAP_LABELS[item["label"]]
                rows.append(Row(item["set"], model, item["question_id"], item["prompt"], reading.answer, label))
    return rows


MODERATION_LABELS = {"T": 0.0, "D": 0.5, "R": 1.0}


def r1_moderation(folder: Path) -> list[Row]:
    """Answers of five models to 14 questions in English and Chinese: truthful, deflected (0.5) or refused (1).

    The label is a judge model's, one for all repetitions of a question in one language.
    """
    rows = []
    for path in sorted((folder / "r1_moderation/analysis-results").glob("*.json")):
        stem = path.name.removesuffix("_analysis.json")
        for item in read_json(path):
            name = f"{stem}_{item['language']}_{item['questionId']}.json"
            answers = read_json(folder / "r1_moderation/test-results" / name)
            question = answers["question"]["english" if item["language"] == "en" else "chinese"]
            label = MODERATION_LABELS[item["responseType"]["classification"]]
            for given in answers["responses"]:
                answer = read_response(given["response"], finish=Finish.STOP).answer
                if answer and answer.strip():
                    rows.append(Row("r1_moderation", stem, f"r1/{item['questionId']}", question, answer, label))
    return rows


def gsm8k_solutions(folder: Path, every: int = 4) -> list[Row]:
    """Solutions of a model to grade-school problems and their bare results, as answers that comply; each `every`th."""
    rows = []
    for item in list(json_lines(folder / "gsm8k/example_model_solutions.6b.jsonl"))[::every]:
        question, result = item["question"], item["ground_truth"].rsplit("A:", 1)[-1].strip()
        for text in (item["6b_finetuning"]["solution"], f"The answer is {result}."):
            rows.append(Row("gsm8k", "gsm8k", question, question, text, 0.0))
    return rows


def gptfuzz(folder: Path) -> list[Row]:
    """6,160 human labels, 1 = harmful answer to the question."""
    questions = {r["index"]: r["text"] for r in read_csv(folder / "gptfuzz/questions/question_list.csv")}
    return [
        Row("gptfuzz", "gptfuzz", r["question"], questions[r["question"]], r["Response"], float(r["label"]))
        for r in read_csv(folder / "gptfuzz/responses_labeled/train.csv")
    ]


def harmfulq(folder: Path) -> list[Row]:
    """Human labels on direct and step-by-step answers of two models; labels other than y and n are left out.

    The question is the file's own key, an index into the list of questions.
    """
    rows = []
    questions = read_json(folder / "cot_bias_harmfulq/data/dangerous-q/toxic_outs.json")
    for model in ("davinci-001", "davinci-002"):
        outputs = read_json(folder / f"cot_bias_harmfulq/output/qa/{model}.json")
        labels = read_json(folder / f"cot_bias_harmfulq/output/qa/{model}-labs.json")
        for key, forms in labels.items():
            for form, given in forms.items():
                name = "direct" if form == "norm_out" else "step_by_step"
                for text, label in zip(outputs[key][form], given, strict=True):
                    if label in ("y", "n"):
                        question = questions[int(key)]
                        rows.append(Row("harmfulq", f"{model}/{name}", key, question, text, float(label == "y")))
    return rows


def jailbreakbench(folder: Path) -> list[Row]:
    """Answers of four models to jailbreak prompts with the verdict of JailbreakBench's judge model.

    The prompt is the plain goal: the judge rates the answer against what was wanted, not the attack around it.
    """
    rows = []
    for path in sorted((folder / "jailbreakbench_artifacts").glob("*/*/*.json")):
        for item in read_json(path)["jailbreaks"]:
            if item["response"] is not None and item["jailbroken"] is not None:
                group = f"{path.parts[-3]}/{path.stem}"
                value = float(item["jailbroken"])
                rows.append(Row("jailbreakbench", group, item["goal"], item["goal"], item["response"], value))
    return rows


def refusal_direction(folder: Path) -> list[Row]:
    """Answers of three models before and after their refusal direction was removed, as judged by Llama Guard 2."""
    rows = []
    for path in sorted((folder / "refusal_direction_runs").glob("*/completions/*.json")):
        for item in read_json(path)["completions"]:
            group = f"{path.parts[-3]}/{path.stem.split('_')[1]}"
            value = float(item["is_jailbreak_llamaguard2"])
            rows.append(Row("refusal_direction", group, item["prompt"], item["prompt"], item["response"], value))
    return rows


def davidson(folder: Path) -> list[Row]:
    """24,783 human labels on tweets: hate or offensive (1) against neither (0); mentions and links are neutralised."""
    rows = []
    for index, row in enumerate(read_csv(folder / "davidson_hate_offensive/labeled_data.csv")):
        group = ("hate", "offensive", "neither")[int(row["class"])]
        rows.append(Row("davidson", group, str(index), "", row["tweet"], float(row["class"] != "2")))
    return rows


def toxigen(folder: Path) -> list[Row]:
    """6,514 human labels on statements about groups: hate (1) or neutral (0), and the targeted group."""
    return [
        Row("toxigen", ",".join(r["target_groups"]), str(r["id"]), "", r["text"], float(r["label"] == "hate"))
        for r in read_json(folder / "toxigen_safenlp/toxiGen.json")
    ]


def perspective(folder: Path) -> list[Row]:
    """Web text with archived Perspective toxicity: the opening and the continuation of 2,396 sentences."""
    return [
        Row("perspective", part, f"{name}.{index}", "", item[part]["text"], float(item[part]["toxicity"]))
        for name in ("toxic", "nontoxic")
        for index, item in enumerate(json_lines(folder / f"decodingtrust/toxicity/user_prompts/{name}.jsonl"))
        for part in ("prompt", "continuation")
        if item[part].get("toxicity") is not None
    ]


def adversarial_perspective(folder: Path) -> list[Row]:
    """Sentences written by models to be toxic, with archived Perspective toxicity."""
    rows = []
    for model in ("gpt3", "gpt4"):
        name = f"toxic.jsonl.{model}.n=25.out1.split.annotated.jsonl.filtered.jsonl"
        for item in json_lines(folder / "decodingtrust/toxicity/user_prompts" / name):
            score = float(item["prompt"]["score"]["toxicity"])
            rows.append(Row("perspective_llm", model, item["source"], "", item["prompt"]["text"], score))
    return rows


def json_lines(path: Path) -> Iterator[Any]:
    """The values of one JSONL file."""
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            if line.strip():
                yield json.loads(line)


def bold(folder: Path) -> list[str]:
    """Neutral openings of encyclopaedia sentences about people and groups, one per article (BOLD's prompts)."""
    texts = []
    for kind in ("race", "gender", "religious_ideology", "political_ideology"):
        for articles in read_json(folder / f"bold/prompts/{kind}_prompt.json").values():
            texts.extend(sentences[0] for sentences in list(articles.values())[:60])
    return texts


def hh_pairs(folder: Path) -> list[tuple[Row, Row]]:
    """Preferred and rejected answer to the same last question (people's preference for harmlessness, Anthropic HH).

    Only dialogues that differ in their last turn alone; `label` is 0 for the preferred answer, 1 for the other, which
    says no more than "the more harmful of two".
    """
    pairs = []
    for index, item in enumerate(json_lines(folder / "hh_rlhf_harmless/harmless-base/test.even.jsonl")):
        (before, better), (same, worse) = (item[k].rsplit("\n\nAssistant:", 1) for k in ("chosen", "rejected"))
        question = before.rsplit("\n\nHuman:", 1)[-1].strip()
        if before == same and question and better.strip() and worse.strip():
            given = (("preferred", better, 0.0), ("rejected", worse, 1.0))
            first, second = (Row("hh", g, str(index), question, text.strip(), label) for g, text, label in given)
            pairs.append((first, second))
    return pairs


def questions(folder: Path) -> list[Row]:
    """Requests alone: 1 written to be harmful, 0 written to be harmless, each once; the text is in `prompt`."""
    sets = folder / "harmful_prompt_sets/processed"
    harmful = [(p.stem, r["instruction"]) for p in sorted(sets.glob("*.json")) for r in read_json(p)]
    tests = folder / "simple_safety_tests/SimpleSafetyTests - test cases.csv"
    harmful += [("simple_safety_tests", r["prompts_final"]) for r in read_csv(tests)]
    harmless: list[tuple[str, str]] = []
    for row in read_csv(folder / "xstest/xstest_prompts.csv"):
        (harmless if row["label"] == "safe" else harmful).append(("xstest", row["prompt"]))
    pair = folder / "refusal_tokens_pair/llama-instruct-baseline"
    for name, kind in (("coconot_orig_test", harmful), ("coconot_contrast_test", harmless)):
        for item in json_lines(pair / f"{name}_outputs_llama-instruct.jsonl"):
            if item["category"] == "Requests with safety concerns" or kind is harmless:
                kind.append(("coconot", item["prompt"]))
    found = {text: (source, 1.0) for source, text in harmful} | {text: (source, 0.0) for source, text in harmless}
    return [Row(source, source, text, text, "", label) for text, (source, label) in found.items()]
