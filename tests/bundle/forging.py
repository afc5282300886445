"""Changes of a bundle: single ones that leave its hashes as they were, and consistent ones that renew them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from trustdelta.bundle import PARTS, Signer, dumps
from trustdelta.bundle.statement import canonical
from trustdelta.records import Json

WORDS = ("regressed", "preserved", "improved", "inconclusive", "not_measurable")
ENVELOPE = frozenset({"manifest", "signature"})


def rows(raw: bytes) -> dict[str, list[Json]]:
    """The rows of a bundle by part, read without trustdelta's reader."""
    parts: dict[str, list[Json]] = {}
    for line in raw.splitlines()[1:]:
        value = json.loads(line)
        if isinstance(value, dict) and value.keys() == {"part", "rows"}:
            parts[value["part"]] = []
        else:
            parts[list(parts)[-1]].append(value)
    return parts


def forged(raw: bytes, edit: Callable[[dict[str, list[Json]]], object], signer: Signer | None = None) -> bytes:
    """A bundle whose rows were edited and whose hashes were all renewed."""
    edited = rows(raw)
    edit(edited)
    return dumps(edited, signer)


@dataclass(frozen=True)
class Change:
    """One change of a bundle."""

    kind: str
    raw: bytes
    parts: frozenset[str]
    """Parts that may be named: the changed one, and at a boundary its neighbour."""


class Changes:
    """Random single changes of one bundle."""

    def __init__(self, raw: bytes, seed: int) -> None:
        self.raw, self.rng = raw, random.Random(seed)
        self.lines = raw.splitlines()
        self.place: dict[str, tuple[int, int]] = {}
        self.part_of = ["envelope"]
        for line in self.lines[1:]:
            value = json.loads(line)
            titled = isinstance(value, dict) and value.keys() == {"part", "rows"}
            self.part_of.append(value["part"] if titled else self.part_of[-1])
        for name in PARTS:
            members = [i for i, part in enumerate(self.part_of) if part == name]
            self.place[name] = members[1] if len(members) > 1 else members[0], members[-1]

    def __iter__(self) -> Iterator[Change]:
        """Changes without end, each kind in turn."""
        while True:
            for make in (
                self.byte, self.score, self.margin, self.label, self.plan, self.word, self.swapped, self.dropped,
                self.doubled, self.byte_of_head, self.cut, self.moved, self.response, self.observation,
            ):  # fmt: skip
                change = make()
                if change is not None and change.raw != self.raw:
                    yield change

    def _with(self, kind: str, lines: list[bytes], *parts: str) -> Change:
        return Change(kind, b"\n".join([*lines, b""]), frozenset(parts))

    def _row(self, part: str) -> int | None:
        first, last = self.place[part]
        return None if first == last and len(self.lines[first]) < 30 else self.rng.randint(first, last)

    def _edited(self, kind: str, part: str, edit: Callable[[Json], Json], at: int | None = None) -> Change | None:
        place = self._row(part) if at is None else at
        if place is None:
            return None
        line = canonical(edit(json.loads(self.lines[place])))
        return self._with(kind, [*self.lines[:place], line, *self.lines[place + 1 :]], part)

    def byte(self) -> Change:
        """One byte anywhere behind the first line gets another value."""
        return self._byte(self.rng.randrange(len(self.lines[0]) + 1, len(self.raw)))

    def byte_of_head(self) -> Change:
        """One byte of the first line gets another value."""
        return self._byte(self.rng.randrange(len(self.lines[0])))

    def _byte(self, place: int) -> Change:
        value = (self.raw[place] + self.rng.randrange(1, 256)) % 256
        line = self.raw.count(b"\n", 0, place)
        near = {self.part_of[line], self.part_of[min(line + (self.raw[place] == 10), len(self.part_of) - 1)]}
        parts = ENVELOPE if line == 0 else frozenset(near)
        return Change("byte", self.raw[:place] + bytes([value]) + self.raw[place + 1 :], parts)

    def score(self) -> Change | None:
        """A score is another one."""
        return self._edited("score", "scores", lambda row: [*row[:5], 0.0 if row[5] else 1.0, *row[6:]])

    def response(self) -> Change | None:
        """A response is said to have another length."""
        return self._edited("response", "responses", lambda row: [*row[:4], (row[4] or 0) + 1, *row[5:]])

    def observation(self) -> Change | None:
        """Something else is stated about the texts."""
        return self._edited("observation", "observations", lambda row: [row[0], {"codes": {}, "remarks": [], "x": 1}])

    def _named(self, name: str) -> int:
        first, last = self.place["plan"]
        return next(i for i in range(first, last + 1) if self.lines[i].startswith(canonical([name])[:-1] + b","))

    def margin(self) -> Change | None:
        """A metric has another margin."""

        def wider(row: Json) -> Json:
            metrics = [m for _, own in row[1] for m in own]
            self.rng.choice(metrics)["margin"] = 0.5
            return row

        return self._edited("margin", "plan", wider, self._named("metrics"))

    def plan(self) -> Change | None:
        """A setting of the statistical plan is another one."""

        def eased(row: Json) -> Json:
            row[1]["statistics"][self.rng.choice(["alpha", "youden"])] = self.rng.random()
            row[1]["statistics"]["judge_bias"] = {"refusal": 0.0}
            return row

        return self._edited("plan", "plan", eased, self._named("config"))

    def label(self) -> Change | None:
        """A person's label is another one; none in a run without labels."""
        first, last = self.place["labels"]
        line = next((i for i in range(first, last + 1) if self.lines[i].startswith(b'["labels",')), None)

        def other(row: Json) -> Json:
            entry = self.rng.choice(row[1]["rows"])
            entry[4] = 0.0 if entry[4] else 1.0
            return row

        return None if line is None else self._edited("label", "labels", other, line)

    def word(self) -> Change | None:
        """One word of the verdict is another one."""

        def other(text: str) -> str:
            places = [(i, w) for w in WORDS for i in range(len(text)) if text.startswith(f'"{w}"', i)]
            at, word = self.rng.choice(places)
            return text[: at + 1] + self.rng.choice([w for w in WORDS if w != word]) + text[at + 1 + len(word) :]

        return self._edited("word", "verdict", other)

    def _some(self) -> str:
        return self.rng.choice([n for n in ("prompts", "responses", "scores", "drift") if len(set(self.place[n])) > 1])

    def swapped(self) -> Change:
        """Two rows of a part change places."""
        part = self._some()
        first, second = self.rng.sample(range(self.place[part][0], self.place[part][1] + 1), 2)
        lines = list(self.lines)
        lines[first], lines[second] = lines[second], lines[first]
        return self._with("swapped", lines, part)

    def dropped(self) -> Change:
        """A row is missing."""
        part = self._some()
        place = self.rng.randint(*self.place[part])
        return self._with("dropped", [*self.lines[:place], *self.lines[place + 1 :]], part)

    def doubled(self) -> Change:
        """A row is there twice."""
        part = self._some()
        place = self.rng.randint(*self.place[part])
        return self._with("doubled", [*self.lines[:place], self.lines[place], *self.lines[place:]], part)

    def cut(self) -> Change:
        """The end of the file is missing."""
        return Change("cut", self.raw[: -self.rng.randrange(1, len(self.lines[-1]))], frozenset({"verdict"}))

    def moved(self) -> Change:
        """A row stands in another part."""
        place, goal = self.rng.randint(*self.place["prompts"]), self.rng.randint(*self.place["scores"])
        lines = list(self.lines)
        lines.insert(goal, lines.pop(place))
        return self._with("moved", lines, "prompts", "scores")
