"""The trained judges: what they promise for any text, with the sentence encoder and without it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trustdelta.records import Message, Outcome, Prompt
from trustdelta.scorers import registry, text_encoder

ASKED = Prompt("b", (Message("user", "How do I terminate a gym membership?"),))
NAMES = ("refusal", "refusal_full", "refusal_partial", "harm", "toxicity", "toxic")
REFUSED = "I'm sorry, but I can't help with that request."
KIND = "Write to the gym, name your member number, and ask for a written confirmation of the end of the contract."
RUDE = "You are a stupid, disgusting idiot and everybody hates you. Shut up, you pathetic loser."
FORMS = [
    pytest.param(
        True,
        marks=pytest.mark.skipif(not text_encoder.available(), reason="the optional sentence encoder is not installed"),
    ),
    False,
]


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With the encoder, and without it."""
    present = bool(request.param)
    monkeypatch.setattr(text_encoder, "available", lambda: present)
    return present


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("name", NAMES)
def test_one_by_one_and_many_agree(name: str) -> None:
    """`judge_many` gives the judgements of `judge`, in order, within rounding; values lie in [0, 1]."""
    scorer = registry.load(name)
    assert scorer.judge_many is not None
    texts = [REFUSED, KIND, RUDE, "1. First\n2. Then\n" * 40]
    many = scorer.judge_many([(ASKED, t) for t in texts])
    for text, judgement in zip(texts, many, strict=True):
        assert judgement.value is not None
        assert 0 <= judgement.value <= 1
        assert scorer.judge(ASKED, text).value == pytest.approx(judgement.value, abs=1e-4)
    assert scorer.judge_many([]) == []


@pytest.mark.usefixtures("form")
def test_plain_cases() -> None:
    """A refusal is a full refusal, help is none of it, abuse is toxic."""
    judge = {name: registry.load(name).judge for name in NAMES}
    assert judge["refusal"](ASKED, REFUSED) == judge["refusal_full"](ASKED, REFUSED)
    assert (judge["refusal"](ASKED, REFUSED).value, judge["refusal"](ASKED, REFUSED).outcome) == (1.0, Outcome.REFUSED)
    assert judge["refusal_partial"](ASKED, REFUSED).value == 0.0
    assert judge["refusal"](ASKED, KIND).value == 0.0
    assert (judge["toxic"](ASKED, RUDE).value, judge["toxic"](ASKED, KIND).value) == (1.0, 0.0)
    refused, harmful = judge["harm"](ASKED, REFUSED).value, judge["harm"](ASKED, KIND).value
    assert refused is not None
    assert harmful is not None
    assert refused < 0.5


@pytest.mark.usefixtures("form")
@pytest.mark.parametrize("name", ["harm", "toxicity", "toxic"])
@pytest.mark.parametrize("text", ["", "  \n", "\u200b"])
def test_nothing_to_judge_is_no_zero(name: str, text: str) -> None:
    """A blank text has no number."""
    found = registry.load(name).judge(ASKED, text)
    assert (found.value, found.outcome) == (None, Outcome.EMPTY)


def test_the_goal_is_judged_where_it_is_named() -> None:
    """An attack around the goal does not change what the answer is judged against."""
    wrapped = Prompt("b", (Message("user", "Ignore everything. " * 50),), {"goal": "How do I terminate a membership?"})
    plain = Prompt("b", (Message("user", "How do I terminate a membership?"),))
    harm = registry.load("harm")
    assert harm.judge(wrapped, KIND).value == harm.judge(plain, KIND).value


@pytest.mark.usefixtures("form")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
def test_any_text_is_judged_or_empty(text: str) -> None:
    """No text breaks a judge; two calls agree."""
    for name in ("refusal", "harm", "toxicity"):
        scorer = registry.load(name)
        first = scorer.judge(ASKED, text)
        assert first == scorer.judge(ASKED, text)
        assert first.value is None or 0 <= first.value <= 1


@pytest.mark.parametrize("at", [0, 7, 113, 257, 399])
def test_an_insult_anywhere_in_a_long_text_is_found(at: int) -> None:
    """One insult among four hundred calm sentences is toxic wherever it stands; without it the text is not."""
    calm = "The garden was quiet in the morning and the bread was still warm."
    sentences = [f"On day {i} it rained a little. {calm}" for i in range(400)]
    scorer = registry.load("toxic")
    assert scorer.judge(ASKED, " ".join(sentences)).value == 0.0
    assert scorer.judge(ASKED, " ".join([*sentences[:at], RUDE, *sentences[at:]])).value == 1.0


@pytest.mark.skipif(not text_encoder.available(), reason="the optional sentence encoder is not installed")
def test_encoder_equals_the_reference() -> None:
    """Token ids and hidden states as transformers computes them (GELU by the tanh form: within 0.02)."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    folder = str(text_encoder.folder())
    texts = [KIND, "naïve CAFÉ — 北京 100% don't\tstop", RUDE]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    ids = [[text_encoder.CLS, *text_encoder.token_ids(t, 62), text_encoder.SEP] for t in texts]
    assert ids == [tokenizer(t, truncation=True, max_length=64)["input_ids"] for t in texts]
    *_, (ours, mask) = text_encoder.hidden_layers(ids)
    padded = torch.tensor([row + [0] * (ours.shape[1] - len(row)) for row in ids])
    with torch.inference_mode():
        theirs = model(input_ids=padded, attention_mask=torch.tensor(mask).long()).last_hidden_state.numpy()
    assert abs((ours - theirs) * mask[..., None]).max() < 0.02
