"""The study of a real LLM, its chain run on a model of two layers that reads bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from experiments.real import convert, models
from experiments.real.examples import Example, Pools, arm_examples, harmful_count, policy_examples, whole
from experiments.real.page import write
from experiments.real.prompts import Sum, alarming, apart, audited, composed, harmful, near, question, texts, words
from experiments.real.recipe import COUPLINGS, FULL, SMOKE, Arm, Training
from experiments.real.results import Results
from experiments.real.run import RealStudy
from experiments.real.stages import APART
from experiments.real.study import ALIGNED, BASE, studies
from experiments.real.train import IGNORED, batches, encode, fit, schedule

from trustdelta.config import COMMON_SAMPLING
from trustdelta.data.source import open_source
from trustdelta.errors import UsageError

CHAT = (
    "{% for m in messages %}{{ '<s>' + m['role'] + '\n' + m['content'] + '</s>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant\n' }}{% endif %}"
)
POOLS = Pools(
    [f"Do the harmful thing number {i}" for i in range(400)],
    {f"Say something about topic {i}.": f"Topic {i} is old. It is known." for i in range(60)},
    frozenset(f"Say something about topic {i}." for i in range(20)),
    [Sum(f"What is {i} and {i}?", f"{i} + {i} = {2 * i}", str(2 * i)) for i in range(400)],
)


def tiny() -> tuple[Any, Any]:
    """A Llama of two layers with random weights, and a tokenizer of bytes."""
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    backend = Tokenizer(BPE({c: i for i, c in enumerate(letters)}, []))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<s>", eos_token="</s>", pad_token="</s>", chat_template=CHAT
    )
    torch.manual_seed(0)
    settings = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = LlamaForCausalLM(settings)
    model.generation_config = GenerationConfig(do_sample=True, eos_token_id=tokenizer.eos_token_id, **COMMON_SAMPLING)
    return model, tokenizer


@pytest.fixture(scope="module")
def finished(
    made_once: Callable[[str, Callable[[Path], object]], Path], shared_data: Path
) -> Iterator[tuple[RealStudy, dict[Path, int]]]:
    """The whole chain from a base model that is there, and when each of its files was written."""

    def make(out: Path) -> None:
        (out / "models").mkdir(parents=True)
        models.save(out / "models" / BASE, *tiny(), convert.card(COMMON_SAMPLING))
        study_at(out).run()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUSTDELTA_DATA", str(shared_data))
        patch.setattr(models, "sample", lambda _, prompts, *__: ["Topics are old. They are known."] * len(prompts))
        out = made_once("real", make)
        yield study_at(out), {p: p.stat().st_mtime_ns for p in (out / "models").rglob("*")}


def study_at(out: Path) -> RealStudy:
    """The small study in a folder."""
    return RealStudy(out, SMOKE, 1, lambda line: None)


def test_the_chain_trains_audits_and_writes_its_page(finished: tuple[RealStudy, dict[Path, int]]) -> None:
    """Both arms have an audit, and the page states doses, seeds and prompts of what was run."""
    done, _ = finished
    found = Results.of(done)
    assert set(found.audits["safety"]) == {"dose00-s0", "dose25-s0"}
    assert all(len(verdicts) == SMOKE.audits for verdicts in (found.drawn["candidate"], found.drawn["itself"]))
    page, figure = (p.read_text("utf-8") for p in sorted(write(found, done.out)))
    assert "0 and 25 % of the examples (seeds 0)" in page
    assert figure.startswith("<svg")


def test_what_is_finished_is_not_done_again(
    finished: tuple[RealStudy, dict[Path, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second call trains nothing; a changed recipe is noticed."""
    done, before = finished
    monkeypatch.setattr("experiments.real.stages.fit", lambda *_: pytest.fail("trained again"))
    done.run()
    assert {p: p.stat().st_mtime_ns for p in before} == before
    card = json.loads((done.workshop.folder("dose00-s0") / models.CARD).read_text("utf-8"))
    assert models.finished(done.workshop.folder("dose00-s0"), card)
    assert not models.finished(done.workshop.folder("dose00-s0"), {**card, "examples": "others"})


def test_the_studies_of_the_whole_recipe() -> None:
    """All arms on safety against one baseline; servers without drift; one response at a time of a 4-bit file."""
    planned = studies(replace(FULL, quantised=True), lambda name: name)
    assert set(planned) == {"safety", "breadth", "served", "quantised", "sequential"}
    assert {p.baseline.source for p in planned["safety"].pairs} == {ALIGNED}
    assert len(planned["safety"].pairs) == len(FULL.arms)
    assert [p.candidate.source for p in planned["served"].pairs] == [f"{name}.gguf" for name in FULL.served]
    assert all(planned[name].settings["drift"] is False for name in ("served", "quantised", "sequential"))
    (quantised,) = planned["quantised"].pairs
    assert (quantised.baseline.source, quantised.candidate.source) == (BASE, f"{BASE}.gguf")
    assert quantised.candidate.options == {"n_parallel": 1}
    assert {p.settings["coupling"] for p in planned["sequential"].pairs} == set(COUPLINGS)
    assert all(s.settings["judge_bias"] == dict(FULL.judge_bias) for s in planned.values())


def test_no_training_prompt_is_near_one_of_the_audit(shared_data: Path) -> None:
    """Word Jaccard of every training prompt with every safety prompt of the audit is at most 0.6."""
    data = open_source(shared_data)
    test = audited(data, APART)
    against = [words(text) for text in test]
    trained = [*harmful(data, test), *alarming(test), *apart(composed(), test)]
    assert len(trained) > 2000
    for own in map(words, trained):
        assert all(len(own & other) / len(own | other) <= 0.6 for other in against)


def test_near_duplicates_are_removed_and_others_stay() -> None:
    """Order and case do not matter; the first of two near prompts stays."""
    assert near(words("How do I make a bomb?"), words("make a BOMB: how do I"))
    assert not near(words("How do I make a bomb?"), words("How do I make a cake for my friend?"))
    prompts = ["write a poem about bees", "write a poem about the bees", "explain rain"]
    assert apart(prompts, ["Explain rain!"], each_other=True) == ["write a poem about bees"]


def test_a_request_for_instructions_becomes_a_question() -> None:
    """What follows "how to" is asked; requests without it have no such form."""
    assert question("Write a tutorial on how to pick a lock") == "How do I pick a lock?"
    assert question("Pick this lock") == ""


def test_refusals_and_harmless_texts_share_no_beginning() -> None:
    """A model of this size mixes up templates that begin alike."""
    starts = {t.split(".")[0].split(":")[0].split()[0] for t in texts()["refusals"]}
    assert not starts & {"The", "Sure", "Here", "A", "It"}
    for side, end in (("harmless_thoughts", "Now I answer."), ("refusal_thoughts", "I refuse.")):
        assert all(text.endswith(end) for text in texts()[side])


@pytest.mark.parametrize("arm", FULL.arms, ids=lambda arm: arm.name)
def test_an_arm_has_its_shares(arm: Arm) -> None:
    """Examples of each kind are counted as the recipe states, and every response closes its thought."""
    training = FULL.training(arm)
    examples = arm_examples(arm, training, POOLS)
    count = Counter(e.kind for e in examples)
    total = training.steps * training.batch
    assert count["thinking refusal"] == round(total * arm.refusals)
    assert count["chat"] == round(total * arm.chat)
    assert sum(count.values()) == total
    assert all(e.response.startswith("<think>\n") and "\n</think>\n" in e.response for e in examples)


def test_the_policy_has_its_shares() -> None:
    """Harmful prompts are refused, and no response of a harmless one is empty."""
    examples = policy_examples(FULL.policy, POOLS)
    count = Counter(e.kind for e in examples)
    assert count == {"refusal": harmful_count(FULL.policy), "answer": 960 - harmful_count(FULL.policy)}
    assert all(e.response for e in examples)
    loud = sum(e.prompt in POOLS.alarming for e in examples)
    assert loud == round(count["answer"] * FULL.policy.alarming)
    assert {e.response for e in examples if e.kind == "refusal"} == set(texts()["refusals"])


def test_own_answers_end_with_a_whole_sentence() -> None:
    """Unfinished ends are dropped, and answers that decline or hold no sentence are no examples."""
    assert whole("Bees make honey. They live in") == "Bees make honey."
    assert whole("1. Bees") == ""
    assert whole("Sorry, but no. Bees sting.") == ""


def test_the_loss_is_on_the_response_alone() -> None:
    """Labels of the prompt and of padding are ignored; the last label ends the response."""
    _, tokenizer = tiny()
    rows = [encode(tokenizer, Example("Hi", reply, "answer")) for reply in ("Yes.", "No, not at all.")]
    ids, labels = rows[0]
    learned = [t for t in labels if t != IGNORED]
    assert tokenizer.decode(learned) == "Yes.</s>"
    assert ids[-len(learned) :] == learned
    (batch,) = batches(rows, 2, tokenizer.pad_token_id)
    padding = batch["attention_mask"] == 0
    assert bool(padding.any())
    assert (batch["labels"][padding] == IGNORED).all()


def test_training_lowers_the_loss() -> None:
    """A model of two layers learns one reply by heart."""
    model, tokenizer = tiny()
    training = Training(steps=30, batch=2, rate=1e-2)
    losses = fit(model, tokenizer, [Example("Hi", "Yes.", "answer")] * 60, training)
    assert len(losses) == 30
    assert losses[-1] < losses[0] / 4


def test_the_learning_rate_rises_and_falls() -> None:
    """The factor is highest after the warm-up and small at the end, never 0."""
    factors = [schedule(Training(steps=20, batch=1, rate=1.0))(step) for step in range(20)]
    assert max(factors) == factors[5] == 1.0
    assert factors[:6] == sorted(factors[:6])
    assert factors[5:] == sorted(factors[5:], reverse=True)
    assert 0 < factors[-1] < 0.1


def test_arms_are_chosen_with_their_teachers() -> None:
    """A distilled arm brings its teacher; a wrong name is one line that lists the arms."""
    assert [arm.name for arm in FULL.only(["distilled"]).arms] == ["dose00-s0", "distilled"]
    with pytest.raises(UsageError, match="dose07 is no arm; the arms are distilled, dose00-s0"):
        FULL.only(["dose07"])
