"""Both models draw with the same random numbers where that means anything; what holds is fixed before they answer."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from trustdelta import organisms
from trustdelta.config import AuditConfig, DataSettings, GenerationSettings, ModelConfig, RecordedFile, Sampling
from trustdelta.errors import ConfigError, StoreError
from trustdelta.pipeline.coupling import coupling_of, decoded_tokens
from trustdelta.pipeline.respond import Requests
from trustdelta.pipeline.run import run
from trustdelta.records import Arm, Json, Message, Prompt, Response
from trustdelta.records.state import COUPLING
from trustdelta.resolve import resolve
from trustdelta.store import Store

INSTRUCT, RL = ModelConfig(source="organism:instruct"), ModelConfig(source="organism:rl")
SERVED = ModelConfig(source="http://127.0.0.1:9/v1#mini")
RECORDED = ModelConfig(source="mini", recorded=(RecordedFile(benchmark="b", file=Path("a.jsonl")),))
IN_VLLM = ModelConfig(source="vllm:organism:instruct")
ABSENT = ModelConfig(source="vllm:no-such/model")


def configured(baseline: ModelConfig, candidate: ModelConfig, coupling: str = "auto") -> AuditConfig:
    """An audit of two models."""
    return AuditConfig(
        baseline=baseline,
        candidate=candidate,
        data=DataSettings(benchmarks=("world_ethics",)),
        generation=GenerationSettings(coupling=coupling),
    )


@pytest.fixture(scope="module")
def other_tokens(tmp_path_factory: pytest.TempPathFactory) -> ModelConfig:
    """A model whose tokenizer gives two words each other's ids."""
    folder = tmp_path_factory.mktemp("models") / "other"
    shutil.copytree(organisms.folder("instruct"), folder)
    table = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    vocabulary = table["model"]["vocab"]
    first, second = list(vocabulary)[-2:]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    (folder / "tokenizer.json").write_text(json.dumps(table), "utf-8")
    return ModelConfig(source=str(folder))


def test_models_with_one_vocabulary_and_engine_share_their_numbers() -> None:
    """Unless something else is declared, two models of this machine with the same tokens are coupled."""
    assert coupling_of(configured(INSTRUCT, RL)).mode == "shared"
    assert coupling_of(configured(INSTRUCT, RL, "independent")).mode == "independent"


@pytest.mark.parametrize(
    ("baseline", "candidate", "reason"),
    [
        (INSTRUCT, INSTRUCT, "against itself"),
        (INSTRUCT, SERVED, "run by a server"),
        (SERVED, RL, "run by a server"),
        (RECORDED, RL, "sampled before"),
        (IN_VLLM, RL, "engines differ (vllm, transformers)"),
        (IN_VLLM, ABSENT, "could not be compared"),
    ],
    ids=lambda given: given if isinstance(given, str) else given.source,
)
def test_others_draw_independently_and_say_why(baseline: ModelConfig, candidate: ModelConfig, reason: str) -> None:
    """Where shared numbers would mean nothing, the draws are independent, and the reason is recorded."""
    found = coupling_of(configured(baseline, candidate))
    assert found.mode == "independent"
    assert reason in found.reason


def test_a_token_that_means_something_else_uncouples(other_tokens: ModelConfig) -> None:
    """Vocabularies are compared id by id, not by their size."""
    found = coupling_of(configured(INSTRUCT, other_tokens))
    assert found.mode == "independent"
    assert "2 tokens stand for different ids" in found.reason


@pytest.mark.parametrize("mode", ["shared", "maximal"])
def test_what_cannot_be_had_is_refused_when_declared(mode: str, other_tokens: ModelConfig) -> None:
    """A coupling that was asked for and is not to be had stops the audit with one line."""
    for baseline, candidate in ((INSTRUCT, other_tokens), (RECORDED, RL), (IN_VLLM, RL), (INSTRUCT, SERVED)):
        with pytest.raises(ConfigError, match=f"coupling: found {mode}, but .*; --set coupling=auto"):
            coupling_of(configured(baseline, candidate, mode))


def test_servers_are_sent_equal_seeds_and_nothing_is_claimed() -> None:
    """Two servers can be sent equal seeds, which is said to be all that is known."""
    found = coupling_of(configured(SERVED, SERVED, "shared"))
    assert found.mode == "shared"
    assert "is unknown" in found.reason
    with pytest.raises(ConfigError):
        coupling_of(configured(SERVED, SERVED, "maximal"))


def test_seeds_are_equal_for_one_prompt_and_draw_alone() -> None:
    """Shared seeds are those of the same prompt and draw; all others, and independent ones, are different."""
    prompts = [Prompt("b", (Message("user", text),)) for text in ("one", "two")]
    config = configured(INSTRUCT, RL)
    for shared in (True, False):
        requests = Requests(config, prompts, {}, shared_seeds=shared)
        seeds = {(arm, p.id, d): requests.seed(arm, p, d) for arm in Arm for p in prompts for d in range(3)}
        equal = [seeds[Arm.BASELINE, p.id, d] == seeds[Arm.CANDIDATE, p.id, d] for p in prompts for d in range(3)]
        assert all(equal) if shared else not any(equal)
        assert len(set(seeds.values())) == len(prompts) * 3 * (1 if shared else 2)
    other = Requests(config.replace(seed=1), prompts, {}, shared_seeds=True)
    assert other.seed(Arm.BASELINE, prompts[0], 0) not in seeds.values()


def answers(folder: Path, arm: Arm) -> dict[tuple[str, int], Response]:
    """The stored responses of one model."""
    with Store(folder, write=False) as store:
        return {(r.prompt_id, r.draw): r for r in store.responses(arm)}


@pytest.fixture(scope="module")
def copy_of_instruct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The baseline under another name."""
    folder = tmp_path_factory.mktemp("models") / "copy"
    shutil.copytree(organisms.folder("instruct"), folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dtype": "float32"}))  # as the organism on every CPU
    return folder


def small(candidate: str, coupling: str = "auto") -> AuditConfig:
    """A small audit of questions whose answers vary."""
    settings: dict[str, Json] = {"prompts_per_metric": 40, "design": "fixed", "drift": False, "draws": 2}
    settings["coupling"] = coupling
    return resolve("organism:instruct", candidate, benchmarks=("world_arithmetic",), **settings)


def test_equal_models_answer_equally_when_coupled(copy_of_instruct: Path, tmp_path: Path) -> None:
    """Two equal models give the same response to each prompt and draw, and do not where they draw independently."""
    for coupling, share in (("shared", 1.0), ("independent", 0.8)):
        run(small(str(copy_of_instruct), coupling), tmp_path / coupling)
        both = [answers(tmp_path / coupling, arm) for arm in Arm]
        first = {key for key in both[1] if key[1] == 0}
        same = sum(both[0][key].text == both[1][key].text for key in first) / len(first)
        assert same == 1 if share == 1 else same < share
        second = {key for key in both[1] if key[1] == 1}
        assert any(both[1][key].text != both[1][key[0], 0].text for key in second)


def test_with_maximal_coupling_a_copy_decodes_nothing(copy_of_instruct: Path, tmp_path: Path) -> None:
    """Equal models: every token is taken over, from seeds of its own, and the report says so."""
    run(small(str(copy_of_instruct), "maximal"), tmp_path)
    both = [answers(tmp_path, arm) for arm in Arm]
    coupled = both[0].keys() & both[1].keys()
    assert coupled
    assert all(both[0][key].token_ids == both[1][key].token_ids for key in coupled)
    assert all(both[0][key].seed != both[1][key].seed for key in coupled)
    written = json.loads((tmp_path / "verdict.json").read_text("utf-8"))["plan"]["coupling"]
    uncoupled = sum(len(r.token_ids) for key, r in both[1].items() if key not in coupled)
    assert written["mode"] == "maximal"
    assert written["decoded"].startswith(f"{uncoupled:,} of ")


@pytest.mark.parametrize("design", ["fixed", "group_sequential"])
def test_maximal_coupling_decodes_a_part_and_goes_on_after_a_stop(design: str, tmp_path: Path) -> None:
    """Most tokens of an adjacent model are taken over; a run that is repeated gives the same responses."""
    config = small("organism:rl", "maximal").replace(design=design, draws=1)
    run(config, tmp_path / "first")
    with Store(tmp_path / "first", write=False) as store:
        decoded, tokens = decoded_tokens(store)
    assert 0 < decoded < tokens
    run(config, tmp_path / "again")
    both = [answers(tmp_path / name, Arm.CANDIDATE) for name in ("first", "again")]
    assert len({frozenset((key, r.token_ids) for key, r in responses.items()) for responses in both}) == 1


def test_maximal_coupling_needs_distributions_without_memory(tmp_path: Path) -> None:
    """A repetition penalty is refused before the candidate answers."""
    config = small("organism:rl", "maximal")
    penalised = config.candidate.model_copy(update={"sampling": Sampling(repetition_penalty=1.2)})
    with pytest.raises(ConfigError, match="repetition penalty; --set coupling=auto"):
        run(config.model_copy(update={"candidate": penalised}), tmp_path)


def test_the_coupling_is_recorded_and_a_change_is_refused(copy_of_instruct: Path, tmp_path: Path) -> None:
    """The report prints what held; a run that is continued with another coupling is refused, not mixed."""
    run(small("organism:rl"), tmp_path)
    written = json.loads((tmp_path / "verdict.json").read_text("utf-8"))
    assert written["plan"]["coupling"] == {"mode": "shared", "reason": "both models have the same tokens"}
    assert "coupling.mode" in (tmp_path / "report.html").read_text("utf-8")
    with pytest.raises(StoreError, match="coupling"):
        run(small("organism:rl", "independent"), tmp_path)


def test_the_noise_floor_draws_independently(tmp_path: Path) -> None:
    """The baseline is compared with other draws of itself: with shared numbers it would differ nowhere."""
    config = small("organism:rl").replace(noise_floor=True)
    run(config, tmp_path)
    with Store(tmp_path / "noise-floor", write=False) as itself:
        assert itself.get(COUPLING)["mode"] == "independent"
    first, second = (answers(tmp_path / "noise-floor", arm) for arm in Arm)
    assert all(first[key].seed != second[key].seed for key in first)
    assert any(first[key].text != second[key].text for key in first)
