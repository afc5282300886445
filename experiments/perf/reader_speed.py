"""CPU time of each reader of answers against that of another version of the project, in one run.

Run: python experiments/perf/reader_speed.py REFERENCE [--rounds N] (REFERENCE: the `src` folder of another checkout).
Two processes, one for each version, read the same texts by turns; a ratio is the median over the rounds of this
version's time over the reference's. Each round has texts of its own, so that nothing is read from a cache. Plain
answers are such as recorded runs hold ("#### 18"), sentences say it in words; long ones and prose go through steps
first and end in the one or the other.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

OWN = Path(__file__).parents[2] / "src"
TEXTS = 400
OPTIONS = ("The grandfather", "The grandson", "Not enough info")
PLAIN = {
    "number": ("The answer is {}.", "First {}, then step by step.\n\nSo it is **{}**.", "#### {}", "I think {}."),
    "math": ("$\\boxed{{{}}}$", "So the answer is $\\boxed{{\\frac{{{}}}{{{}}}}}$.", "The answer is ${}$."),
    "choice": ("{letter}", "The answer is {letter}.", "**{letter}**", "Answer: {letter}", "({letter})"),
    "label": ("{label}", "{label}.", "**{label}**", "The answer is {label}.", "Answer: {label}"),
}
SENTENCES = {
    "number": ("She sold {} eggs in all.", "That makes {} x {} = {} dollars.", "The total comes to ${} a day."),
    "math": (
        "The answer is {}.",
        "Hence the answer is $x = {}$, as was to be shown.",
        "We get $\\boxed{{{}}}$ apples.",
    ),
    "choice": (
        "I choose {letter} ({}).",
        "({letter}) {option}",
        "It was {option}, I think.",
        "The answer is not {letter}.",
    ),
    "label": ("This is {label}.", "Verdict {}: {label}", "I think that it is {label}, since he took {} coins."),
}
STEP = (
    "Step {}: we take {} of the {} apples, which leaves {} x {} = {} for the others, so that everyone in the room has "
    "some, and nobody is treated otherwise than the rest.\n"
)
LONG = {name: (STEP * 8 + "\n" + forms[1],) for name, forms in PLAIN.items()}
PROSE = {name: (STEP * 8 + "\n" + forms[0],) for name, forms in SENTENCES.items()}
KINDS = {"plain": PLAIN, "sentence": SENTENCES, "long": LONG, "prose": PROSE}


def texts(name: str, kind: str, seed: int) -> list[str]:
    """The texts of one kind that one reader reads in a round."""
    rng = random.Random(f"{name} {kind} {seed}")
    forms = KINDS[kind][name]
    return [_filled(forms[i % len(forms)], rng) for i in range(TEXTS)]


def _filled(form: str, rng: random.Random) -> str:
    index = rng.randrange(3)
    label = rng.choice(("wrong", "not wrong", "Wrong", "Not wrong"))
    numbers = [rng.randrange(10**6) for _ in range(form.count("{}") + 2)]
    return form.format(*numbers, letter="ABC"[index], option=OPTIONS[index], label=label)


def readers() -> dict[str, Callable[[str], object]]:
    """The readers of the version that this process imports."""
    from trustdelta.scorers.choice import read_choice
    from trustdelta.scorers.label_answer import read_label
    from trustdelta.scorers.math_answer import read_math
    from trustdelta.scorers.number import read_number

    return {
        "number": read_number,
        "math": read_math,
        "choice": lambda text: read_choice(text, list("ABC"), OPTIONS),
        "label": lambda text: read_label(text, ["wrong", "not wrong"]),
    }


def serve() -> None:
    """Read lists of texts from the input, one a line with its reader's name; print CPU seconds a text."""
    known = readers()
    for line in sys.stdin:
        name, batch = json.loads(line)
        read = known[name]
        start = time.process_time()
        for text in batch:
            read(text)
        sys.stdout.write(f"{(time.process_time() - start) / len(batch)}\n")
        sys.stdout.flush()


class Version:
    """A process that reads texts by the version in a `src` folder."""

    def __init__(self, source: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(source.resolve()), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, __file__, "--serve"]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def seconds(self, name: str, batch: list[str]) -> float:
        """CPU seconds a text."""
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the process has no pipes")
        self.process.stdin.write(json.dumps([name, batch]) + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def compared(own: Version, reference: Version, rounds: int) -> Iterator[tuple[str, str, float, float, float]]:
    """Reader, kind, median ratio, and microseconds a text in both versions."""
    for kind in KINDS:
        for name in PLAIN:
            batches = [texts(name, kind, seed) for seed in range(rounds + 1)]
            times = [(own.seconds(name, batch), reference.seconds(name, batch)) for batch in batches][1:]
            ratio = statistics.median(ours / theirs for ours, theirs in times)
            ours, theirs = (1e6 * statistics.median(column) for column in zip(*times, strict=True))
            yield name, kind, ratio, ours, theirs


def main() -> None:
    """Print a line for each reader and kind of text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    if options.reference is None or not (options.reference / "trustdelta").is_dir():
        parser.error("REFERENCE is the src folder of another checkout")
    own, reference = Version(OWN), Version(options.reference)
    for name, kind, ratio, ours, theirs in compared(own, reference, options.rounds):
        sys.stdout.write(f"{name:7} {kind:8} {ratio:5.2f}  ({ours:6.1f} / {theirs:6.1f} microseconds a text)\n")
        sys.stdout.flush()
    own.close()
    reference.close()


if __name__ == "__main__":
    main()
