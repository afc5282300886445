"""All stages of `make real` in order; what is finished is not done again."""

from __future__ import annotations

import json
from functools import cache, cached_property
from pathlib import Path

from experiments.real.drawn import drawn
from experiments.real.recipe import Arm, Recipe
from experiments.real.stages import Workshop
from experiments.real.study import studies
from experiments.reproduce.work import Clock, Say, spread
from trustdelta.data.source import open_source
from trustdelta.errors import MeasurementError
from trustdelta.files import save_text
from trustdelta.study.page import write_page
from trustdelta.study.plan import Study
from trustdelta.study.run import run_study


class RealStudy:
    """One folder with all models and audits. Calls go on where an earlier one was stopped."""

    def __init__(self, out: Path, recipe: Recipe, processes: int, say: Say) -> None:
        self.out, self.recipe, self.processes, self.say = out, recipe, processes, say
        out.mkdir(parents=True, exist_ok=True)
        self.workshop = workshop(out, recipe)
        self.clock = Clock(out / "stages.json", say)

    def run(self) -> None:
        """Every stage but the page. Raises DataError where the model or the data cannot be fetched."""
        with self.clock.stage("base"):
            self.workshop.base()
        with self.clock.stage("alignment"):
            self.workshop.aligned()
        with self.clock.stage("conversions"):
            first = [arm for arm in self.recipe.arms if not arm.teacher and not arm.start]
            for arms in (first, [arm for arm in self.recipe.arms if arm not in first]):
                spread(convert, [(self.out, self.recipe, arm) for arm in arms], self.processes, self.say)
        with self.clock.stage("audits"):
            self.audit()
        with self.clock.stage("drawn audits"):
            self.draw()

    @cached_property
    def studies(self) -> dict[str, Study]:
        """The audits of all arms, by the name of their folder; needs their models."""
        return studies(self.recipe, self.workshop.place)

    def audit(self) -> None:
        """Audit every arm and write the studies' pages; raises MeasurementError where one failed."""
        for name, planned in self.studies.items():
            ran = run_study(planned, self.out / name, processes=self.processes)
            self.say(f"{name}: finished {len(ran.finished)}, before {len(ran.before)}, baseline shared {ran.taken}")
            if ran.failed:
                arm, why = next(iter(ran.failed.items()))
                raise MeasurementError(f"{name}: {len(ran.failed)} audits failed, first {arm}: {why}")
            write_page(planned, self.out / name)

    def draw(self) -> None:
        """Draw audits of the conversion with the lowest dose."""
        file, lowest = self.out / "drawn.json", min(self.recipe.arms, key=lambda arm: arm.refusals)
        card = {"arm": lowest.name, "audits": self.recipe.audits}
        if not file.is_file() or json.loads(file.read_text("utf-8"))["card"] != card:
            verdicts = drawn(self.out / "safety" / "runs" / lowest.name, self.recipe.audits)
            save_text(file, json.dumps({"card": card, **verdicts}) + "\n")


@cache
def workshop(out: Path, recipe: Recipe) -> Workshop:
    """The models of one folder, on the public data; one for all arms, since prompts are compared once."""
    return Workshop(out, recipe, open_source(allow_download=True))


def convert(out: Path, recipe: Recipe, arm: Arm) -> str:
    """Train one conversion, in a process of its own."""
    return f"{workshop(out, recipe).arm(arm).name} trained"
