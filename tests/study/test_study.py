"""Studies: the file, shared baselines, resuming pair by pair."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

from trustdelta.errors import BusyError, ConfigError, FolderError, MeasurementError, StoreError, UsageError
from trustdelta.pipeline.run import run
from trustdelta.records import Json
from trustdelta.study import run as runs
from trustdelta.study.forecast import forecast_study
from trustdelta.study.plan import Budget, Study, dumps, load, run_folder
from trustdelta.study.run import divided, run_study, study_lock
from trustdelta.study.status import status

ROOT = Path(__file__).resolve().parents[2]
TEXT = """
settings: {prompts_per_metric: 8, drift: false, design: fixed}
benchmarks: [world_ethics]
pairs:
  - {name: a, baseline: organism:instruct, candidate: organism:sft, method: sft, lineage: strict}
  - {name: b, baseline: organism:instruct, candidate: organism:rl, method: rl, lineage: strict}
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Two small pairs with one baseline."""
    (tmp_path / "study.yaml").write_text(TEXT, "utf-8")
    return load(tmp_path / "study.yaml")


def test_a_study_reads_back_equal(study: Study, tmp_path: Path) -> None:
    """What is written into the study's folder is the same study."""
    (tmp_path / "again.yaml").write_text(dumps(study), "utf-8")
    assert load(tmp_path / "again.yaml") == study


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pairs: 3", "list under `pairs`"),
        ("pairs: []", "pairs"),
        ("pairs: [{name: ../a, baseline: x, candidate: y}]", "letters, digits"),
        ("pairs: [{name: a, baseline: x, candidate: y}, {name: a, baseline: x, candidate: z}]", "listed twice"),
        ("pairs: [{baseline: x}]", "pairs.0.name"),
        ("pairs: [3]", "pairs.0"),
        ("pairs: [{name: a, baseline: x, candidate: y}]\npairs: [s1.1-1.5B]", "'pairs' twice"),
        ('pairs: [{name: "a\\n", baseline: x, candidate: y}]', "letters, digits"),
        ("pairs: [{name: a, baseline: x, candidate: y}, {name: A, baseline: x, candidate: z}]", "listed twice"),
        ("pairs: [{name: a, baseline: {source: x, recorded: [r.jsonl]}, candidate: y}]", "baseline.recorded.0"),
        ("budget: {hours: 1, throughput: .inf}\npairs: [s1.1-1.5B]", "finite"),
        (
            "pairs: [{name: a, baseline: x, candidate: y, family: f}, {name: b, baseline: x, candidate: z, family: g}]",
            "'a' and 'b' share a baseline",
        ),
    ],
)
def test_a_bad_study_is_one_clear_line(text: str, said: str, tmp_path: Path) -> None:
    """A wrong file names its fault."""
    path = tmp_path / "study.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=said) as problem:
        load(path)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"judges": 3}, "judges: found 3, wanted NAME"),
        ({"judges": [{"judge": "rubric", "model": 3}]}, "judges: found .*, wanted NAME"),
        ({"benchmarks": 5}, "benchmarks: found 5, wanted a list"),
        ({"primary": "world_ethics.accuracy"}, "primary: found .*, wanted a list"),
        ({"profile": ["quick"]}, "unknown profile"),
        ({"draw": 3}, r"draw: there is no such key \(did you mean 'draws'"),
    ],
)
def test_a_wrong_setting_names_its_pair_and_freezes_nothing(
    study: Study, tmp_path: Path, settings: dict[str, Json], said: str
) -> None:
    """A mistake is mended in the file: nothing was written that a mended study would differ from."""
    wrong = study.model_copy(update={"settings": settings})
    with pytest.raises(UsageError, match=f"^pair a: {said}"):
        run_study(wrong, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_pair_whose_candidate_never_answered_may_be_mended_or_go(study: Study, tmp_path: Path) -> None:
    """A wrong path costs that pair alone: mended, the study goes on in its folder, and what was stored is set aside."""
    out, good = tmp_path / "out", study.pairs[0]
    nowhere = good.candidate.model_copy(update={"source": str(tmp_path / "nowhere")})
    wrong = good.model_copy(update={"name": "wrong", "candidate": nowhere})
    assert list(run_study(study.model_copy(update={"pairs": (study.pairs[1], wrong)}), out).failed) == ["wrong"]
    mended = wrong.model_copy(update={"candidate": good.candidate})
    ran = run_study(study.model_copy(update={"pairs": (study.pairs[1], mended)}), out)
    assert (ran.before, ran.finished) == (["b"], ["wrong"])
    assert (out / "aside" / "wrong~1" / "run.sqlite").is_file()
    with pytest.raises(StoreError, match="'wrong' changed or was removed"):
        run_study(study.model_copy(update={"pairs": (study.pairs[1],)}), out)


def test_a_pair_whose_records_are_gone_is_damaged(study: Study, tmp_path: Path) -> None:
    """A run folder without its store is told, with what to do; one that was never begun waits."""
    folder = run_folder(tmp_path, study.pairs[0])
    folder.mkdir(parents=True)
    assert [row.state for row in status(study, tmp_path)] == ["waiting", "waiting"]
    (folder / "config.yaml").write_text("", "utf-8")
    found = status(study, tmp_path)[0]
    assert (found.state, "restore it" in found.note) == ("damaged", True)


def test_a_second_driver_changes_nothing(study: Study, tmp_path: Path) -> None:
    """While one process runs a study, another is refused before it writes the study's copy anew."""
    out = tmp_path / "out"
    with study_lock(study, out):
        before = (out / "study.yaml").read_bytes()
        with pytest.raises(BusyError):
            run_study(study.model_copy(update={"title": "Other"}), out)
        assert (out / "study.yaml").read_bytes() == before


def test_a_file_is_no_folder_of_a_study(study: Study, tmp_path: Path) -> None:
    """An --out that cannot be a folder is a usage error."""
    (tmp_path / "out").write_text("mine", "utf-8")
    with pytest.raises(FolderError, match="pass another --out"):
        run_study(study, tmp_path / "out")


@pytest.mark.parametrize("which", range(4))
def test_the_documented_studies_load(which: int, tmp_path: Path) -> None:
    """What docs/studies.md shows is a study."""
    found = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "studies.md").read_text("utf-8"), re.DOTALL)
    path = tmp_path / "study.yaml"
    path.write_text(found[which], "utf-8")
    assert len(found) == 4
    assert len(load(path).pairs) > 1


def test_registered_pairs_are_named_alone(tmp_path: Path) -> None:
    """A registered pair brings its models, method and lineage."""
    path = tmp_path / "study.yaml"
    path.write_text("pairs: [s1.1-1.5B]", "utf-8")
    spec = load(path).pairs[0]
    assert (spec.method, spec.baseline.source) == ("sft", "Qwen/Qwen2.5-1.5B-Instruct")


def test_a_shared_baseline_is_generated_once_and_changes_nothing(study: Study, tmp_path: Path) -> None:
    """The second pair takes the first one's baseline responses, and its verdict is that of an audit alone."""
    out = tmp_path / "out"
    ran = run_study(study, out)
    assert (ran.finished, ran.failed) == (["a", "b"], {})
    assert ran.taken == forecast_study(study).pairs[1].baseline.responses > 0
    alone = tmp_path / "alone"
    run(study.config(study.pairs[1]), alone)
    shared = run_folder(out, study.pairs[1]) / "verdict.json"
    assert shared.read_bytes() == (alone / "verdict.json").read_bytes()
    again = run_study(study, out)
    assert (again.before, again.finished, again.taken) == (["a", "b"], [], 0)
    assert {s.state for s in status(study, out)} == {"finished"}


def test_a_changed_pair_is_refused(study: Study, tmp_path: Path) -> None:
    """A folder holds one study: a pair that changed is named, pairs that are added are welcome."""
    out = tmp_path / "out"
    first = study.model_copy(update={"pairs": study.pairs[:1]})
    run_study(first, out)
    changed = study.pairs[0].model_copy(update={"method": "rl"})
    with pytest.raises(StoreError, match="'a' changed"):
        run_study(study.model_copy(update={"pairs": (changed,)}), out)
    assert run_study(study, out).before == ["a"]


def test_a_baseline_that_a_later_pair_shares_is_not_generated_again(study: Study, tmp_path: Path) -> None:
    """The first pair's own responses are put on the shelf when a second pair asks for them."""
    out, alone = tmp_path / "out", tmp_path / "alone"
    assert run_study(study.model_copy(update={"pairs": study.pairs[:1]}), out).taken == 0
    ran = run_study(study, out)
    assert ran.finished == ["b"]
    assert ran.taken == forecast_study(study).pairs[1].baseline.responses > 0
    run(study.config(study.pairs[1]), alone)
    assert (run_folder(out, study.pairs[1]) / "verdict.json").read_bytes() == (alone / "verdict.json").read_bytes()


def test_a_pair_that_fails_is_told_and_the_others_go_on(study: Study, tmp_path: Path) -> None:
    """One pair's failure is no other pair's."""
    bad = study.pairs[0].model_copy(
        update={
            "name": "bad",
            "candidate": study.pairs[0].candidate.model_copy(update={"source": str(tmp_path / "nowhere")}),
        }
    )
    ran = run_study(study.model_copy(update={"pairs": (bad, study.pairs[1])}), tmp_path / "out")
    assert list(ran.failed) == ["bad"]
    assert ran.finished == ["b"]


def test_processes_give_the_same_verdicts(study: Study, tmp_path: Path) -> None:
    """Pairs of different baselines run side by side, those of one baseline in one process; verdicts do not change."""
    other = study.pairs[0].model_copy(
        update={"name": "c", "baseline": study.pairs[0].baseline.model_copy(update={"source": "organism:instruct-s1"})}
    )
    whole = study.model_copy(update={"pairs": (*study.pairs, other)})
    parts = [[spec.name for spec in part] for part in divided(whole, 4)]
    assert parts == [["a", "b"], ["c"]]
    beside, alone = tmp_path / "beside", tmp_path / "alone"
    assert sorted(run_study(whole, beside, processes=2).finished) == ["a", "b", "c"]
    run_study(whole, alone)
    for spec in whole.pairs:
        first, second = (run_folder(out, spec) / "verdict.json" for out in (beside, alone))
        assert first.read_bytes() == second.read_bytes()


def test_a_killed_driver_leaves_no_process_behind(tmp_path: Path) -> None:
    """Workers end with the driver, so that none goes on writing beside the next one; their output then ends too."""
    script = tmp_path / "driver.py"
    script.write_text(
        "import time\n"
        "from trustdelta.study.run import workers\n"
        "if __name__ == '__main__':\n"
        "    with workers(1) as pool:\n"
        "        pool.submit(print, 'begun', flush=True)\n"
        "        time.sleep(300)\n",
        "utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "begun\n"
        driver.kill()
        assert driver.communicate(timeout=60)[0] == ""


def killed(*_: object) -> None:
    """End as a process does that is killed."""
    os._exit(9)


def test_a_killed_worker_is_one_clear_line(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that the system killed is told, with what to do."""
    monkeypatch.setattr(runs, "audit_pairs", killed)
    with pytest.raises(MeasurementError, match="smaller --at-once"):
        runs.audit_in_processes(study, tmp_path, [study.pairs])


def test_a_plan_counts_a_shared_baseline_once(study: Study) -> None:
    """The whole is the candidates and one baseline; hours follow from the throughput, sizes from the files."""
    found = forecast_study(study, throughput=100)
    first, second = found.pairs
    assert (first.shares_with, second.shares_with) == ("", "a")
    assert found.responses == first.baseline.responses + first.candidate.responses + second.candidate.responses
    assert found.tokens == first.baseline.tokens_most + first.candidate.tokens_most + second.candidate.tokens_most
    assert found.hours == pytest.approx(found.tokens / 100 / 3600)
    assert 0 < (found.largest_gib or 0) < 0.01
    assert found.download_gib == 0


@pytest.mark.parametrize("bound", [{"responses": 10}, {"tokens": 10}, {"hours": 1e-6, "throughput": 100}])
def test_a_study_above_its_budget_generates_nothing(study: Study, tmp_path: Path, bound: dict[str, float]) -> None:
    """Whatever bound is broken is named, before the folder is written."""
    spent = study.model_copy(update={"budget": Budget.model_validate(bound)})
    with pytest.raises(UsageError, match=f"budget: .* {next(iter(bound))}"):
        run_study(spent, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_hours_without_a_speed_are_refused(tmp_path: Path) -> None:
    """A budget in hours says how fast the engine writes."""
    path = tmp_path / "study.yaml"
    path.write_text("budget: {hours: 3}\npairs: [s1.1-1.5B]", "utf-8")
    with pytest.raises(ConfigError, match="hours need a throughput"):
        load(path)
