"""Scores and outlines stored responses a page at a time, in this process or in workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from trustdelta.pipeline.scoring.outline import PageOutline, outlined
from trustdelta.pipeline.scoring.texts import ScorerParts, read_for, scored
from trustdelta.pipeline.workers import Job
from trustdelta.records import Arm, Json, Message, Part, Prompt
from trustdelta.scorers import registry as scorers
from trustdelta.store import score_row, unpacked, unpacked_text
from trustdelta.thoughts.models import format_counts

Stored = tuple[Prompt, int, bytes, bool]
"""A stored response: its prompt, draw and body, and whether it is to be scored."""
Page = Sequence[Stored]
Scored = tuple[list[tuple[Json, ...]], tuple[Json, ...]]
"""Rows of scores, and the fields of the page's outline."""


class PageScorer:
    """Outlines pages of one model's responses, and scores those that are to be scored."""

    def __init__(self, arm: Arm, format: str, parts_by_benchmark: Mapping[str, ScorerParts]) -> None:
        self.arm, self.format, self.parts_by_benchmark = arm, format, parts_by_benchmark

    def __call__(self, page: Page) -> Scored:
        """The scores and the outline of one page."""
        reads = []
        for prompt, _, body, _ in page:
            response = unpacked(body)
            reads.append((prompt, response, read_for(prompt, response, self.format, self.parts_by_benchmark)))
        unscored = [one for one, (_, _, _, missing) in zip(reads, page, strict=True) if missing]
        rows = [score_row(score) for score in scored(unscored, self.arm, self.parts_by_benchmark)]
        return rows, tuple(outlined(reads))

    def job(self, *, judges: bool) -> Job[Page, Scored]:
        """The same as a job; `judges`: some scorers read the stored outputs of judges, which workers do not have.

        Scorers that judge in batches use every processor themselves.
        """
        used = [scorer for parts in self.parts_by_benchmark.values() for scorer, _ in parts]
        alone = not judges and all(scorer.judge_many is None for scorer in used)
        return Job(self, _plain, f"{__name__}:page_scorer" if alone else "", self._setup)

    def _setup(self) -> Json:
        names = {
            name: [(scorer.name, part.value) for scorer, part in parts]
            for name, parts in self.parts_by_benchmark.items()
        }
        return self.arm.value, self.format, names


def page_scorer(setup: Json) -> Callable[[Json], Scored]:
    """The `PageScorer` of a worker."""
    arm, format, names = setup
    parts = {name: [(scorers.load(s), Part(part)) for s, part in pairs] for name, pairs in names.items()}
    score = PageScorer(Arm(arm), format, parts)

    def run(plain: Json) -> Scored:
        prompts, rows = plain
        made = [Prompt(benchmark, tuple(Message(*m) for m in chat), *rest) for benchmark, chat, *rest in prompts]
        return score([(made[place], draw, body, missing) for place, draw, body, missing in rows])

    return run


def _plain(page: Page) -> Json:
    """A page in plain values, each prompt once."""
    places: dict[str, int] = {}
    prompts: list[Json] = []
    rows = []
    for prompt, draw, body, missing in page:
        place = places.setdefault(prompt.id, len(prompts))
        if place == len(prompts):
            chat = [(m.role, m.content) for m in prompt.messages]
            rest = prompt.target, prompt.cluster, prompt.stratum, dict(prompt.metadata), dict(prompt.groups)
            prompts.append((prompt.benchmark, chat, *rest))
        rows.append((place, draw, body, missing))
    return prompts, rows


def outline_of(scored: Scored) -> PageOutline:
    """The outline of a page that was scored."""
    return PageOutline(*scored[1])


def formats_in(bodies: Sequence[bytes]) -> tuple[int, dict[str, int]]:
    """The `format_counts` of a page of stored responses."""
    texts, counts = format_counts(map(unpacked_text, bodies))
    return texts, dict(counts)


def _format_counter(setup: Json) -> Callable[[Json], tuple[int, dict[str, int]]]:
    del setup
    return formats_in


FORMATS_IN: Job[Sequence[bytes], tuple[int, dict[str, int]]] = Job(formats_in, list, f"{__name__}:_format_counter")
"""`formats_in` as a job."""
