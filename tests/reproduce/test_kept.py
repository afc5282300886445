"""What a folder of a reproduction rests on, and what is said of two folders."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from experiments.reproduce import __main__ as command
from experiments.reproduce.kept import held
from experiments.reproduce.page import write
from experiments.reproduce.plan import SMALL, Scale
from experiments.reproduce.pools import load
from experiments.reproduce.results import WORDS
from experiments.reproduce.run import Reproduction
from experiments.reproduce.work import Clock, spread

from trustdelta.errors import BusyError, StoreError

TINY = replace(SMALL, every=200)


def quiet(line: str) -> None:
    """Say nothing."""


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"resampled_prompts": 5}, "scale"), ({"every": 100}, "questions"), ({"kinds": ("sft",)}, "conversions")],
)
def test_another_plan_is_refused_before_anything_is_done(tmp_path: Path, changed: dict[str, Any], named: str) -> None:
    """Pools and drawn audits of another plan are never taken for this one's; what changed is named."""
    with held(tmp_path, TINY):
        pass
    (tmp_path / "pools").mkdir()
    with pytest.raises(StoreError, match=rf"another plan \(.*{named}.*changed\)"):
        Reproduction(tmp_path, replace(TINY, **changed), 1, quiet).run()
    assert not (tmp_path / "stages.json").exists()


def test_other_wrong_rules_are_another_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored verdicts of a wrong parser are not those of another set of rules."""
    with held(tmp_path, TINY):
        pass
    monkeypatch.setattr("experiments.reproduce.kept.RULES", ())
    with pytest.raises(StoreError, match="rules changed"), held(tmp_path, TINY):
        pass


def test_one_process_has_the_folder(tmp_path: Path) -> None:
    """A second call on the same folder is told so; after the first it goes on."""
    with held(tmp_path, TINY), pytest.raises(BusyError):
        Reproduction(tmp_path, TINY, 1, quiet).run()
    with held(tmp_path, TINY):
        pass


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    """A file that another program cut off is no result, and no traceback either."""
    done = Reproduction(tmp_path, TINY, 1, quiet)
    (tmp_path / "resampled").mkdir()
    (tmp_path / "resampled" / "sft.json").write_text('{"truth": {')
    with pytest.raises(StoreError, match=r"sft\.json: damaged"):
        done.loaded("resampled")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9])
def test_a_damaged_pool_is_named(reproduction: Reproduction, tmp_path: Path, share: float) -> None:
    """A pool that was cut off is refused, whatever is left of it."""
    whole = (reproduction.pools / "sft-draw0.npz").read_bytes()
    (tmp_path / "sft-draw0.npz").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(StoreError, match=r"sft-draw0\.npz: damaged"):
        load(tmp_path, "organism:sft", 1)


def test_what_was_stopped_goes_on_to_the_same_verdicts(reproduction: Reproduction, tmp_path: Path) -> None:
    """Stopped in any stage, with half-written files left behind, the same command comes to the same verdicts."""
    out = tmp_path / "out"
    shutil.copytree(reproduction.out, out)
    (out / "study/runs/rl/verdict.json").unlink()
    (out / "pools/sft-draw0.npz").rename(out / "pools/.sft-draw0.npz")
    with (out / "pools/.sft-draw0.npz").open("r+b") as part:
        part.truncate(100)
    for gone in ("resampled/sft.json", "misread/study/rl.json", "misread/cut/rl.json"):
        (out / gone).write_text('{"truth"')
        (out / gone).rename(out / f"{gone}.part")
    again = Reproduction(out, reproduction.scale, 1, quiet)
    again.run()
    write(again)
    assert (out / WORDS).read_bytes() == (reproduction.out / WORDS).read_bytes()


def test_after_a_failure_no_other_job_is_begun(tmp_path: Path) -> None:
    """What failed is told when it failed, not after all the rest was done."""
    jobs = [(["false"],), *((["sh", "-c", f"sleep 0.1; touch {tmp_path}/{i}"],) for i in range(60))]
    with pytest.raises(subprocess.CalledProcessError):
        spread(subprocess.check_output, jobs, 2, quiet)
    assert len(list(tmp_path.iterdir())) < 60


def test_a_killed_call_is_counted(tmp_path: Path) -> None:
    """A stage that was begun and never ended is known, so that the page does not pass its cost for the whole."""
    clock = Clock(tmp_path / "stages.json", quiet)
    stage = clock.stage("grow")
    stage.__enter__()
    assert clock.stages["grow"]["begun"] - clock.stages["grow"]["ended"] == 1
    with pytest.raises(ValueError, match="no"), clock.stage("grow"):
        raise ValueError("no")
    assert (clock.stages["grow"]["begun"], clock.stages["grow"]["ended"]) == (2, 1)


def finished(folder: Path, words: dict[str, str], scale: Scale = TINY) -> Path:
    """A folder with a plan and verdicts."""
    with held(folder, scale):
        (folder / "verdicts.json").write_text(json.dumps(words))
    return folder


def agreed(monkeypatch: pytest.MonkeyPatch, one: Path, other: Path) -> int:
    """The exit code of the command."""
    monkeypatch.setattr(sys, "argv", ["reproduce", "--agree", str(one), str(other)])
    return command.main()


def test_agreement_has_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0: alike in all; 1: a verdict or the plan differs; 3: damaged or empty; 64: not there, or given twice."""
    one = finished(tmp_path / "one", {"a": "regressed"})
    same = finished(tmp_path / "same", {"a": "regressed"})
    more = finished(tmp_path / "more", {"a": "regressed", "b": "preserved"})
    other = finished(tmp_path / "other", {"a": "regressed"}, replace(TINY, prompts=31))
    empty = finished(tmp_path / "empty", {})
    assert agreed(monkeypatch, one, same) == 0
    assert agreed(monkeypatch, one, more) == 1
    assert agreed(monkeypatch, one, other) == 1
    assert "plan: scale differs" in capsys.readouterr().out
    assert agreed(monkeypatch, empty, empty.with_name("one")) == 3
    (same / "verdicts.json").write_text('{"a"')
    assert agreed(monkeypatch, one, same) == 3
    assert agreed(monkeypatch, one, tmp_path / "nowhere") == 64
    assert agreed(monkeypatch, one, one) == 64
    assert all(line.count("\n") == 0 for line in capsys.readouterr().err.splitlines())
