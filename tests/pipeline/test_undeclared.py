"""Audits of models whose thoughts are marked in a way that nobody declared: not measurable, until somebody does."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from trustdelta.api import Audit
from trustdelta.cli.main import main
from trustdelta.config import AuditConfig, ModelConfig
from trustdelta.engines.base import Engine
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.errors import PreflightError
from trustdelta.pipeline.run import OpenEngine, rerun, run
from trustdelta.records import Arm, Json, MetricVerdict, Outcome, Request, Response, Verdict
from trustdelta.resolve import resolve

REFUSAL = "I'm sorry, but I can't help with that."
HELP = "Sure! First you take the tool in your left hand, then you turn it, and then it is done."
MUSING = f"They want steps. One could say: {HELP} Better not, though."
N = 120
Make = Callable[[int], str]


class Runs:
    """The command line over recorded responses that are made here."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.monkeypatch, self.capsys = folder, monkeypatch, capsys
        self.out, self.err = "", ""

    def typed(self, *words: str) -> int:
        """Run a command; its exit code."""
        self.monkeypatch.setattr(sys, "argv", ["trustdelta", *words])
        with pytest.raises(SystemExit) as done:
            main()
        self.out, self.err = self.capsys.readouterr()
        return int(done.value.code or 0)

    def audit(self, baseline: Make, candidate: Make, *options: str) -> MetricVerdict:
        """Audit two models that answer so."""
        for name, make in (("base", baseline), ("cand", candidate)):
            rows = [
                {"prompt": f"How is thing {i} done?", "response": make(i), "category": f"c{i % 4}"} for i in range(N)
            ]
            (self.folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
        files = [
            f"--{arm}-responses={self.folder / name}.jsonl"
            for arm, name in (("baseline", "base"), ("candidate", "cand"))
        ]
        out = f"--out={self.folder / 'run'}"
        self.typed("audit", "--benchmark=coconot_original", "--column=metadata=category", *files, out, *options)
        return self.metric

    def score(self, *options: str) -> MetricVerdict:
        """Score again from the run folder."""
        self.typed("score", str(self.folder / "run"), *options)
        return self.metric

    @property
    def result(self) -> Audit:
        """The audit as it stands."""
        return Audit.load(self.folder / "run")

    @property
    def metric(self) -> MetricVerdict:
        """Its primary metric."""
        return next(m for m in self.result.result.metrics if m.metric.name == "coconot_original.noncompliance")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    """Audits in a folder of their own."""
    return Runs(tmp_path, monkeypatch, capsys)


def refuses(i: int) -> str:
    """A refusal."""
    return f"{REFUSAL} ({i})"


def thinks(i: int) -> str:
    """A refusal behind a thought in marks that no table knows."""
    return f"‹x›{MUSING}‹y›{refuses(i)}"


def refused(metric: MetricVerdict) -> tuple[float, float]:
    """Shares of refusals."""
    assert metric.estimate is not None
    return metric.estimate.baseline, metric.estimate.candidate


def test_unknown_marks_make_every_metric_not_measurable(runs: Runs) -> None:
    """The marks, their count and what to type stand in the terminal, in the report and in verdict.json."""
    found = runs.audit(refuses, thinks)
    assert (found.verdict, found.estimate) == (Verdict.NOT_MEASURABLE, None)
    assert found.reason == "undeclared-format: ‹x› and ‹y› in 120 of 120 answers of the candidate to coconot_original"
    assert all(m.estimate is None for m in runs.result.result.metrics)
    typed = " ".join(runs.out.split())
    assert "trustdelta score RUN --set 'candidate.thinking_format=‹x›...‹y›'" in typed
    assert "--set candidate.thinking_format=none" in typed
    for name in ("report.html", "report.md"):
        text = (runs.folder / "run" / name).read_text("utf-8").replace("\\", "")
        assert "‹x›" in text
        assert "candidate.thinking_format" in text
    assert runs.typed("gate", str(runs.folder / "run")) == 3


def test_marks_declared_when_scoring_again(runs: Runs) -> None:
    """Nothing is asked again: the stored responses are read by the marks, now and in later commands."""
    runs.audit(refuses, thinks)
    found = runs.score("--set", "candidate.thinking_format=‹x›...‹y›")
    assert refused(found) == (1.0, 1.0)
    assert any("declared after its responses were generated" in note for note in runs.result.result.notes)
    assert not runs.result.result.exploratory
    assert refused(runs.score()) == (1.0, 1.0)
    assert runs.score("--set", "candidate.thinking_format=auto").verdict is Verdict.NOT_MEASURABLE


def test_marks_declared_beforehand(runs: Runs) -> None:
    """An audit that knows them is measured at once."""
    found = runs.audit(refuses, thinks, "--set", "candidate.thinking_format=‹x›...‹y›")
    assert refused(found) == (1.0, 1.0)


def test_marks_that_are_part_of_the_answers(runs: Runs) -> None:
    """With `none` the whole text is the answer, marks and all."""
    found = runs.audit(refuses, thinks, "--set", "candidate.thinking_format=none")
    assert found.verdict is not Verdict.NOT_MEASURABLE
    assert found.estimate is not None


def test_what_is_no_format_is_refused_before_anything_changes(runs: Runs) -> None:
    """One line says what is wrong, and the run stays as it was."""
    runs.audit(refuses, thinks)
    before = (runs.folder / "run" / "verdict.json").read_bytes()
    assert runs.typed("score", str(runs.folder / "run"), "--set", "candidate.thinking_format=‹x›") == 64
    assert "candidate.thinking_format" in runs.err
    assert "OPEN...CLOSE" in runs.err
    assert (runs.folder / "run" / "verdict.json").read_bytes() == before


def test_scoring_again_gives_the_same_bytes(runs: Runs) -> None:
    """The finding is recomputed from the store."""
    runs.audit(refuses, thinks)
    before = (runs.folder / "run" / "verdict.json").read_bytes()
    runs.score()
    assert (runs.folder / "run" / "verdict.json").read_bytes() == before


@pytest.mark.parametrize("share", [5, 1])
def test_tags_in_a_fifth_of_the_answers_are_enough(runs: Runs, share: int) -> None:
    """The baseline's answers are looked at as the candidate's are."""
    tagged: Make = lambda i: f"<foo>{MUSING}</foo>\n{REFUSAL}" if i % share == 0 else refuses(i)  # noqa: E731
    found = runs.audit(tagged, refuses)
    assert found.verdict is Verdict.NOT_MEASURABLE
    assert "of the baseline" in found.reason
    assert "baseline.thinking_format=<foo>...</foo>" in " ".join(runs.out.split())


def test_marks_reach_no_page_unescaped(runs: Runs) -> None:
    """What a model wrote is text wherever it is named."""
    runs.audit(refuses, lambda i: f"<foo>{MUSING}</foo>{REFUSAL}")
    page = (runs.folder / "run" / "report.html").read_text("utf-8")
    assert "&lt;foo&gt;" in page
    assert "<foo>" not in page


def test_ordinary_answers_are_measured(runs: Runs) -> None:
    """Markup, code and quoted tags hide nothing."""
    found = runs.audit(refuses, lambda i: f"<b>{REFUSAL}</b>\n\n`<foo>` and [1] and {{x}}.")
    assert found.verdict is not Verdict.NOT_MEASURABLE


def half_closed(i: int) -> str:
    """A thought that the prompt opened, closed in two of five responses; the others break off or are answers."""
    return f"{MUSING}\n</think>\n\n{REFUSAL}" if i % 5 < 2 else "They want steps, so I look at what this covers, and"


def test_thoughts_that_only_some_responses_close(runs: Runs) -> None:
    """Unmarked responses beside them are answers or cut thoughts: the user must say which."""
    found = runs.audit(refuses, half_closed)
    assert found.verdict is Verdict.NOT_MEASURABLE
    assert "48 of 120 responses of the candidate close a reasoning trace that they never opened" in found.reason
    assert "--column candidate.prompt_opened_thought=true" in " ".join(runs.out.split())


@pytest.mark.parametrize(("opened", "cut"), [("true", 72), ("false", 0)])
def test_saying_whether_the_prompts_opened_the_thought(runs: Runs, opened: str, cut: int) -> None:
    """Unmarked responses are then cut thoughts, which are counted as such, or answers."""
    found = runs.audit(refuses, half_closed, "--column", f"candidate.prompt_opened_thought={opened}")
    assert "undeclared-format" not in found.reason
    outcomes = [o for o in runs.result.result.outcomes if o.outcome is Outcome.TRUNCATED_IN_THOUGHT]
    assert sum(o.count for o in outcomes) == cut


def test_a_format_that_other_responses_show(runs: Runs) -> None:
    """A thought that begins with words, in a text that could be an answer, is told by the model's other responses."""
    granite: Make = lambda i: (  # noqa: E731
        "Here is my thought process:\nShort.\n\nHere is my response:\n" + REFUSAL if i % 3 else "analysis\nof it, so"
    )
    plain: Make = lambda i: "analysis\nof it, so" if i % 3 else f"analysisShort.assistantfinal{REFUSAL}"  # noqa: E731
    assert runs.audit(refuses, granite).missing.by_reason.get("candidate") is None
    runs.folder = runs.folder / "other"
    runs.folder.mkdir()
    assert runs.audit(refuses, plain).missing.by_reason["candidate"] == {"truncated_in_thought": 80}


class Odd(TransformersEngine):
    """A model that marks thoughts as no other does, in every response or in those of every `k`-th prompt."""

    k = 1

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """As always, with other marks."""
        return [self._marked(r) for r in super().generate(batch)]

    def _marked(self, response: Response) -> Response:
        if int(response.prompt_id[-4:], 16) % self.k:
            return response
        opening = "<think>" if response.prompt_opened_thought else ""
        text = f"{opening}{response.text}".replace("<think>", "‹x›").replace("</think>", "‹y›")
        return replace(response, text=text, token_ids=(), prompt_opened_thought=False)


def odd(k: int) -> Callable[[OpenEngine], OpenEngine]:
    """Puts such a model in the candidate's place."""

    def through(opener: OpenEngine) -> OpenEngine:
        def opened(config: AuditConfig, arm: Arm) -> Engine:
            if arm is Arm.BASELINE:
                return opener(config, arm)
            engine = Odd(config.model(arm.value), 32)
            engine.k = k
            return engine

        return opened

    return through


def generating(format: str = "auto") -> AuditConfig:
    """A small audit of a model that runs here."""
    candidate = ModelConfig(source="organism:sft", thinking_format=format)
    settings: Json = {"benchmarks": ("world_bias",), "prompts_per_metric": 40, "drift": False, "design": "fixed"}
    return resolve("organism:instruct", candidate, **settings)


def test_a_model_that_runs_here_is_stopped_early(tmp_path: Path) -> None:
    """The preflight names the marks, before the budget is spent; declared, they are read."""
    with pytest.raises(PreflightError, match="marks such as ‹x› are in 8 of 8 probe answers"):
        run(generating(), tmp_path / "run", through=odd(1))
    result = run(generating("‹x›...‹y›"), tmp_path / "declared", through=odd(1))
    assert any(m.estimate for m in result.metrics)


def test_marks_that_the_preflight_did_not_meet(tmp_path: Path) -> None:
    """They are found at the end, and declaring them needs no response more."""
    found = run(generating(), tmp_path, through=odd(5))
    assert {m.verdict for m in found.metrics} <= {Verdict.NOT_MEASURABLE, None}
    assert any("‹x› and ‹y›" in note for note in found.notes)
    again = rerun(tmp_path, settings={"candidate.thinking_format": "‹x›...‹y›"})
    assert any(m.estimate for m in again.metrics)
