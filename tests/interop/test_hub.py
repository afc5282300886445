"""A finished audit for the hub: results of registered benchmarks, and the section of a model card."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from huggingface_hub import parse_eval_result_entries
from report_fixtures import HOSTILE, RESULT, poisoned

import trustdelta
from trustdelta.cli.main import main
from trustdelta.config import ModelConfig, RecordedFile
from trustdelta.errors import UsageError
from trustdelta.pipeline.exports import export_card, export_results, why_not
from trustdelta.report.model_card import BEGIN, END, placed, section

if TYPE_CHECKING:
    from trustdelta.api import Audit

AuditOf = Callable[[str], "Audit"]


def recorded(folder: Path, arm: str, data: Path, wrong: int) -> ModelConfig:
    """A model that solved all of GSM8K but the first `wrong` problems."""
    from trustdelta.benchmarks import gsm8k
    from trustdelta.data import open_source

    lines = []
    for i, prompt in enumerate(gsm8k.load(open_source(data))):
        said = f"The answer is {prompt.target['answer'] if i >= wrong else 'minus 7.5'}."
        lines.append(json.dumps({"prompt": prompt.messages[0].content, "response": said, "finish": "stop"}))
    file = folder / f"{arm}.jsonl"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return ModelConfig(source=f"org/{arm}", recorded=(RecordedFile(benchmark="gsm8k", file=file),))


def test_a_whole_benchmark_becomes_a_result_of_the_hub(shared_data: Path, tmp_path: Path) -> None:
    """GSM8K asked whole: the hub's own reader finds the candidate's score in percent under the registered ids."""
    pair = [recorded(tmp_path, arm, shared_data, wrong) for arm, wrong in (("baseline", 400), ("candidate", 330))]
    run = tmp_path / "run"
    trustdelta.audit(*pair, benchmarks=("gsm8k",), data_dir=shared_data, out=run)
    found = export_results(run, tmp_path / ".eval_results")
    assert found.left_out == {}
    (entry,) = parse_eval_result_entries(yaml.safe_load(found.paths[0].read_text("utf-8")))
    assert (entry.dataset_id, entry.task_id) == ("openai/gsm8k", "gsm8k")
    assert entry.value == round(100 * (1319 - 330) / 1319, 2)
    assert "1319 of 1319 problems scored" in (entry.notes or "")


def test_what_the_hub_does_not_register_is_named(audit_of: AuditOf, tmp_path: Path) -> None:
    """No file is written for it; the reason stands beside its name."""
    found = export_results(audit_of("sft").folder, tmp_path / "out")
    assert found.paths == ()
    assert set(found.left_out.values()) == {"not registered"}
    assert not (tmp_path / "out").exists()


def test_a_sample_of_a_benchmark_is_no_result() -> None:
    """An absolute score of some prompts is not the benchmark's score; nor is one that was not measured."""
    assert why_not("gsm8k", 240, None) == "240 of 1319 prompts used"
    assert why_not("gsm8k", 1319, None) == "not measurable"


def test_a_card_is_renewed_in_place(audit_of: AuditOf, tmp_path: Path) -> None:
    """The section is added once, renewed where it stands, and leaves the rest of the card as it is."""
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\n# My model\n", "utf-8")
    export_card(audit_of("rl").folder, card)
    card.write_text(card.read_text("utf-8") + "\n## After\n", "utf-8")
    export_card(audit_of("sft").folder, card)
    text = card.read_text("utf-8")
    assert text.startswith("---\nlicense: mit\n---\n# My model\n")
    assert text.endswith("\n## After\n")
    assert text.count(BEGIN) == text.count(END) == 1
    assert "`organism:sft`" in text
    assert "organism:rl" not in text
    assert "| safety | **▼ regressed** |" in text


def test_marks_that_do_not_match_are_refused() -> None:
    """Half a section is nothing that could be renewed."""
    with pytest.raises(UsageError, match="1 begin and 0 end markers"):
        placed(f"# Card\n{BEGIN}\n", "new")


@pytest.mark.parametrize("said", [*HOSTILE, END, BEGIN], ids=range(len(HOSTILE) + 2))
def test_a_hostile_name_cannot_leave_the_section(said: str) -> None:
    """Marks and markup in names are made inert, so that the section stays one section."""
    text = section(poisoned(RESULT, said), "0")
    assert text.count("<!-- trustdelta") == 2
    assert "<script" not in text
    assert placed(placed("# Card\n", text), text) == placed("# Card\n", text)


def test_export_wants_at_least_one_kind(
    audit_of: AuditOf, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing to write is a usage error of one line."""
    monkeypatch.setattr(sys, "argv", ["trustdelta", "export", str(audit_of("sft").folder)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 64
    assert "wanted --inspect, --model-card, --eval-results, --mlflow, --wandb or --bundle" in capsys.readouterr().err
