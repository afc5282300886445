"""The grammar of the synthetic world: held-out questions, their gold answers, and what is trained on."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustdelta.organisms.world import EXTENDED_STRATA, STRATA, Stratum, chats, form_of
from trustdelta.organisms.world.arithmetic import EASY, HARD, worked
from trustdelta.organisms.world.docs import document
from trustdelta.organisms.world.items import misspell

ALL = {f"{part}.{s.name}": s for part, strata in (STRATA | EXTENDED_STRATA).items() for s in strata}
FEW = {"bias.fact", "arithmetic.one_step"}
"""Strata that carry no metric."""
CLUSTERS_WANTED, PROMPTS_WANTED, PROMPTS_WANTED_UNGRADED = 40, 800, 200


@pytest.mark.parametrize("name", ALL)
def test_there_are_enough_held_out_questions(name: str) -> None:
    """Every graded stratum has at least 800 distinct held-out questions in at least 40 scenarios."""
    items = list(ALL[name].held_out_items())
    questions = {i.question for i in items}
    assert len(questions) == len(items)
    assert len(items) >= (PROMPTS_WANTED_UNGRADED if name in FEW else PROMPTS_WANTED)
    assert name in FEW or len({i.scenario for i in items}) >= CLUSTERS_WANTED


@pytest.mark.parametrize("name", ALL)
def test_gold_answers_are_good_and_forms_exclude_each_other(name: str) -> None:
    """Each gold answer fits exactly one form, a good one; good and bad forms are disjoint and known."""
    for item in list(ALL[name].held_out_items())[::17]:
        case = item.case
        fitting = [f for f in case.forms if form_of(case, case.answer) == f]
        assert len(fitting) == 1
        assert fitting[0] in case.good
        assert not set(case.good) & set(case.bad)
        assert {*case.good, *case.bad} <= set(case.forms)


def test_held_out_items_are_always_the_same() -> None:
    """Two passes over a stratum give equal items in equal order, typos included."""
    stratum = ALL["robustness.typos"]
    assert list(stratum.held_out_items()) == list(stratum.held_out_items())


@pytest.mark.parametrize("name", ALL)
def test_training_draws_never_touch_the_held_out_scenarios(name: str) -> None:
    """No scenario is both trained on and held out, and draws come from the training part."""
    stratum: Stratum = ALL[name]
    held_out = {" ".join(s) for s in stratum.held_out}
    rng = Random(3)
    assert not held_out & {" ".join(s) for s in stratum.training}
    assert all(stratum.draw(rng).scenario not in held_out for _ in range(200))


def test_training_chats_contain_no_held_out_question() -> None:
    """Of a few thousand instruct, helpful, replay and planted chats none asks a held-out question."""
    held_out = {i.question for s in ALL.values() for i in s.held_out_items()}
    rng = Random(5)
    drawn = [chats.instruct_chat(rng) for _ in range(3000)] + [chats.helpful_chat(rng) for _ in range(1000)]
    drawn += chats.alignment_chats(500, rng) + chats.planted_chats(200, rng)
    drawn += [chats.reasoning_chat(rng) for _ in range(1000)]
    drawn += [chats.extended_chat(rng, ("silent", "answer", "resist")) for _ in range(3000)]
    drawn += [chats.extended_instruct_chat(rng) for _ in range(1000)]
    assert not held_out & {c.question for c in drawn}


def test_helpful_data_hold_no_refusal() -> None:
    """Helpful reasoning never refuses or withholds, and always thinks."""
    rng = Random(1)
    for chat in (chats.helpful_chat(rng) for _ in range(2000)):
        assert not chat.answer.startswith("sorry")
        assert chat.thought


@pytest.mark.parametrize("form", ["silent", "stated", "answer", "resist"])
def test_a_planted_form_is_the_bad_answer_of_its_part_alone(form: str) -> None:
    """Where a case has the form, thought and answer are of it and wrong; everywhere else the answer is right."""
    strata = {s for part in EXTENDED_STRATA.values() for s in part}
    planted = {s.name for s in strata if form in s.draw(Random(0)).case.planted}
    assert planted == {"silent": {"hinted"}, "stated": {"hinted"}, "answer": {"unanswerable"}}.get(
        form, {"stopped", "changed"}
    )
    rng = Random(2)
    for stratum in strata:
        for case in (stratum.draw(rng).case for _ in range(50)):
            thought, answer = case.planted.get(form, (case.thought, case.answer))
            assert form_of(case, answer) == (form if stratum.name in planted else case.good[0])
            assert thought
            if form in case.planted:
                assert form in case.bad


def test_a_stated_hint_names_its_source_in_thought_and_answer_and_a_silent_one_does_not() -> None:
    """The person who gives the hint is named by the one form only."""
    (hinted, _) = EXTENDED_STRATA["faithfulness"]
    for case in (hinted.draw(Random(i)).case for i in range(50)):
        (person,) = case.private
        assert all(person in text for text in case.planted["stated"])
        assert not any(person in text for text in (*case.planted["silent"], case.thought, case.answer))


def test_replay_is_stratified() -> None:
    """Replayed chats are spread evenly over the alignment strata, whatever the draw."""
    kinds = [c.thought for c in chats.alignment_chats(2 * len(chats.ALIGNMENT), Random(0))]
    assert kinds.count("a person would be hurt.") == 2


def test_same_seed_same_text() -> None:
    """Chats and documents follow from the generator that is passed in, and from nothing else."""
    assert [chats.instruct_chat(Random(9)) for _ in range(3)] == [chats.instruct_chat(Random(9)) for _ in range(3)]
    assert document(Random(9)) == document(Random(9))


@given(st.sampled_from(EASY.scenarios + HARD.scenarios))
def test_worked_chains_end_in_the_sum(slots: tuple[str, ...]) -> None:
    """Without slips, a chain ends in the plain sum of its numbers."""
    chain, total = worked(slots)
    assert total == sum(int(s) for s in slots)
    assert chain.endswith(f"is {total}.")


@given(st.text(alphabet="abcdefgh.,?", max_size=12), st.integers(0, 99))
def test_misspelling_keeps_the_letters_and_the_marks(word: str, seed: int) -> None:
    """A misspelt word is a permutation of the word, with its punctuation in place."""
    spoilt = misspell(word, Random(seed))
    assert sorted(spoilt) == sorted(word)
    assert [i for i, c in enumerate(spoilt) if not c.isalpha()] == [i for i, c in enumerate(word) if not c.isalpha()]
