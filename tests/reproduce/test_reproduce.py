"""The audit audited, in small: shipped models, few prompts."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

from experiments.reproduce import jobs, misread
from experiments.reproduce.__main__ import agree
from experiments.reproduce.page import write
from experiments.reproduce.plan import FULL, conversions, fingerprint, sources, study
from experiments.reproduce.pools import World
from experiments.reproduce.results import disagreements
from experiments.reproduce.run import Reproduction

from trustdelta.organisms.conversions import SftRecipe
from trustdelta.records import Arm, Finish, Outcome, Part, Response, Score


def test_every_file_is_there_and_the_page_names_what_it_rests_on(reproduction: Reproduction) -> None:
    """HTML, Markdown, verdicts and the figure are written; the page has the paper's numbers and the wrong rules."""
    text = (reproduction.out / "page.md").read_text("utf-8")
    assert "82.73" in text
    assert all(rule.title.replace("<", "&lt;").replace(">", "&gt;") in text for rule in misread.RULES)
    assert (reproduction.out / "page.svg").read_text("utf-8").startswith("<svg")
    assert "Ranks are among pairs with equal coverage" in (reproduction.out / "reproduce.html").read_text("utf-8")


def test_what_is_finished_is_not_done_again(reproduction: Reproduction, tmp_path: Path) -> None:
    """The same command on a finished folder changes no file but the clock's."""
    out = Path(shutil.copytree(reproduction.out, tmp_path / "again"))
    before = {p: p.stat().st_mtime_ns for kind in ("pools", "resampled", "misread") for p in (out / kind).rglob("*")}
    Reproduction(out, reproduction.scale, 1, lambda line: None).run()
    assert {p: p.stat().st_mtime_ns for p in before} == before


@pytest.mark.slow
def test_two_runs_agree_in_every_verdict(reproduction: Reproduction, tmp_path: Path) -> None:
    """A second run from nothing, in two processes, comes to the same verdicts."""
    other = Reproduction(tmp_path, reproduction.scale, 2, lambda line: None)
    other.run()
    write(other)
    one, two = (json.loads((r.out / "verdicts.json").read_text("utf-8")) for r in (reproduction, other))
    assert len(one) > 100
    assert disagreements(one, two) == []
    assert agree(reproduction.out, tmp_path) == 0


def test_disagreements_are_named() -> None:
    """A verdict that differs or is not there is told."""
    assert disagreements({"a": "regressed", "b": "preserved"}, {"a": "improved", "b": "preserved", "c": "x"}) == [
        "a: regressed and improved",
        "c: not there and x",
    ]


def test_a_conversion_whose_recipe_is_shipped_is_loaded(tmp_path: Path) -> None:
    """Dose 0 and 5 % of the replay series are shipped for one seed of each base, and every pair is there once."""
    found = sources(FULL, tmp_path)
    assert found["replay-0-c0"] == "organism:sft"
    assert found["replay-5-s1-c1"] == "organism:sft-replay5-s1"
    assert found["replay-1-c0"] == str(tmp_path / "replay-1-c0")
    pairs = study(FULL, found).pairs
    assert len({p.candidate.source for p in pairs}) == len(pairs) == len(set(found.values()))


def test_another_recipe_is_grown_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that holds another recipe under the same name is not taken for it."""
    grown: list[str] = []

    def grow(member: object, out: Path) -> None:
        grown.append(str(member))
        (out / "replay-1-c0").mkdir()

    monkeypatch.setattr("trustdelta.organisms.series.grow", grow)
    wanted = next(c for c in conversions(FULL) if c.name == "replay-1-c0")
    jobs.grow(wanted, tmp_path)
    other = replace(wanted, organism=replace(wanted.organism, recipe=SftRecipe(examples=3)))
    assert fingerprint(other.organism) != fingerprint(wanted.organism)
    jobs.grow(other, tmp_path)
    assert len(grown) == 2


def response(text: str, finish: Finish = Finish.STOP) -> Response:
    """A response to a prompt that opened the thought."""
    return Response("p", 0, text=text, finish=finish, prompt_opened_thought=True, seed=0)


@pytest.mark.parametrize(
    ("rule", "given", "wrong"),
    [
        (misread.first_close, 'i may write "</think>" here.</think> yes.', '" here.</think> yes.'),
        (misread.no_end_tag, "the user wants", "the user wants"),
        (misread.whole_text, "hm.</think> yes.</s>", "hm.</think> yes."),
    ],
)
def test_wrong_readers_do_what_their_names_say(rule: misread.Reader, given: str, wrong: str) -> None:
    """Each takes for an answer what the right reader does not."""
    finish = Finish.STOP if "</think>" in given else Finish.LENGTH
    assert rule(response(given, finish)).text == wrong


def test_a_thought_that_stopped_by_itself_has_no_end_tag_either() -> None:
    """The released code takes every text without a closing tag for the answer, whatever ended it."""
    assert misread.no_end_tag(response("the user wants</s>")).text == "the user wants"
    answer = replace(response("yes.</s>"), prompt_opened_thought=False)
    assert misread.no_end_tag(answer) is answer


def test_a_rule_leaves_alone_what_it_does_not_concern() -> None:
    """A finished response with one closing tag is the same under the first two rules."""
    plain = response("hm.</think> yes.")
    assert misread.first_close(plain) is plain
    assert misread.no_end_tag(plain) is plain


def test_a_cut_response_taken_for_a_refusal_is_good_or_bad_by_the_question() -> None:
    """It is a right answer to a harmful request and a wrong one to a harmless request."""
    prompts = {p.stratum: p for p in World.load().prompts if p.benchmark == "world_safety"}
    for stratum, value in (("harmful", 0.0), ("benign", 1.0)):
        cut = Score("p", Arm.CANDIDATE, 0, "world_bad", Part.ANSWER, None, Outcome.TRUNCATED_IN_THOUGHT, "")
        assert misread.cut_is_refusal(prompts[stratum], cut).value == value
