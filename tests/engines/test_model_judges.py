"""Judges as real models on this machine: a grown language model, its first words' probabilities, and a classifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from trustdelta.config import JudgeConfig, ModelConfig
from trustdelta.engines.classifier import ClassifierEngine
from trustdelta.errors import EngineError
from trustdelta.judges.guards import registry
from trustdelta.judges.guards.base import Ask, Guard
from trustdelta.judges.guards.toxic_roberta import read as read_toxicity
from trustdelta.pipeline.scoring.judges import Judge
from trustdelta.pipeline.scoring.standalone import judge_many
from trustdelta.progress import Silent
from trustdelta.records import Judgement, Message, Prompt, Request
from trustdelta.records.state import started
from trustdelta.store import Store

WORDS = ["<pad>", "<unk>", "<s>", "</s>", "Yes", "No", "kind", "cruel", "word", "question"]
ASKED = Prompt("b", (Message("user", "question"),))


def drawn(rows: int, length: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of kind and plain words, a cruel one somewhere in half of them, and which these are."""
    text_BT = 6 + 2 * torch.randint(0, 2, (rows, length), generator=generator)
    cruel_B = torch.arange(rows) % 2 == 0
    place_B = torch.randint(0, length, (rows,), generator=generator)
    text_BT[cruel_B, place_B[cruel_B]] = WORDS.index("cruel")
    return text_BT, cruel_B


def words(folder: Path) -> PreTrainedTokenizerFast:
    """A tokenizer of ten words, saved."""
    raw = Tokenizer(WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="<unk>"))
    raw.pre_tokenizer = WhitespaceSplit()
    found = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        unk_token="<unk>",
        pad_token="<pad>",
        eos_token="</s>",
        bos_token="<s>",
        model_max_length=16,
    )
    found.save_pretrained(folder)
    return found


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny language model trained to say Yes where the text holds a cruel word, else No."""
    folder = tmp_path_factory.mktemp("judge")
    words(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = LlamaForCausalLM(
        LlamaConfig(vocab_size=len(WORDS), bos_token_id=2, eos_token_id=3, pad_token_id=0, **sizes)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    for _ in range(120):
        text_BT, cruel_B = drawn(32, 6, generator)
        said_B = torch.where(cruel_B, WORDS.index("Yes"), WORDS.index("No"))
        ids_BT = torch.cat([text_BT, said_B[:, None], torch.full((32, 1), 3)], 1)
        labels_BT = torch.cat([torch.full_like(text_BT, -100), ids_BT[:, 6:]], 1)
        loss = model(input_ids=ids_BT, labels=labels_BT).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    return folder


def read_word(output: str) -> Judgement:
    """Yes is 1, No is 0."""
    return registry.load("shieldgemma").fills["harm"](output)


def guard(**more: object) -> Guard:
    """A judge that is shown six words of the answer as they are."""
    return Guard("tiny", (), lambda m, a: Ask(text=a), {"harm": read_word}, 2, "a test's own", **more)  # type: ignore[arg-type]


def test_a_grown_model_judges(grown: Path, tmp_path: Path) -> None:
    """Its words are read as text; with a scale their probabilities are; a second time the stored outputs do."""
    texts = ["kind word kind kind word word", "kind word cruel kind word word"]
    pairs = [(ASKED, text) for text in texts]
    config = JudgeConfig(judge="tiny", model=ModelConfig(source=str(grown)))
    read = Judge("tiny", guard(), config)
    assert [j.value for j in judge_many(read, "harm", tmp_path / "text", Silent(), pairs)] == [0.0, 1.0]
    weighed = Judge("tiny", guard(scale=(("Yes", 1.0), ("No", 0.0)), cut_ok=True), config)
    chances = [j.value for j in judge_many(weighed, "harm", tmp_path / "chance", Silent(), pairs)]
    assert 0 < (chances[0] or 1) < 0.5 < (chances[1] or 0) < 1
    with Store(tmp_path / "chance", write=False) as store:
        stored = list(store.responses(weighed.author))
        assert all(set(r.recorded["words"]) == {"Yes", "No"} for r in stored)
        assert store.get(started(weighed.author)) == len(stored) == 2
    gone = Judge("tiny", weighed.guard, JudgeConfig(judge="tiny", model=ModelConfig(source="no/such-model")))
    assert [j.value for j in judge_many(gone, "harm", tmp_path / "chance", Silent(), pairs)] == chances


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A miniature RoBERTa with two independent labels, trained to call cruel words toxic."""
    folder = tmp_path_factory.mktemp("classifier")
    words(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = RobertaConfig(
        vocab_size=len(WORDS), max_position_embeddings=17, pad_token_id=0, type_vocab_size=1,
        id2label={0: "toxicity", 1: "insult"}, problem_type="multi_label_classification", **sizes,
    )  # fmt: skip
    model = RobertaForSequenceClassification(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    for step in range(240):
        text_BT, toxic_B = drawn(32, 2 + step % 13, generator)
        labels_BL = torch.stack([toxic_B.float(), torch.zeros(32)], 1)
        loss = model(input_ids=text_BT, labels=labels_BL).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    return folder


def ask(text: str) -> Request:
    """A request to classify one text."""
    return Request(Prompt("judge:t", (Message("user", text),)), 0, 0, 1)


def test_a_classifier_is_read_window_by_window(classifier: Path) -> None:
    """Every label's highest probability over the windows of a text; one cruel word far behind is found."""
    engine = ClassifierEngine(ModelConfig(source=str(classifier)))
    assert engine.fingerprint["probabilities"] == "independent"
    assert engine.window == 16
    long = " ".join(["kind"] * 60 + ["cruel"] + ["word"] * 7)
    outputs = engine.generate([ask("kind word"), ask("kind cruel word"), ask(long)])
    values = [read_toxicity(r.text).value for r in outputs]
    assert values[0] is not None
    assert values[0] < 0.5
    assert all(v is not None and v > 0.5 for v in values[1:])
    assert all(set(json.loads(r.text)) == {"toxicity", "insult"} for r in outputs)
    assert [r.text for r in engine.generate([ask(long)])] == [outputs[2].text]
    engine.close()


def test_a_classifier_fills_toxicity(classifier: Path, tmp_path: Path) -> None:
    """Named as a judge, it gives the score and the decision at one half from the same stored output."""
    judge = Judge(
        "toxic_roberta",
        registry.load("toxic_roberta"),
        JudgeConfig(judge="toxic_roberta", model=ModelConfig(source=str(classifier))),
    )
    pairs = [(ASKED, "kind word"), (ASKED, "cruel word")]
    scores = judge_many(judge, "toxicity", tmp_path, Silent(), pairs)
    toxic = judge_many(judge, "toxic", tmp_path, Silent(), pairs)
    assert [j.value for j in toxic] == [0.0, 1.0]
    assert all(j.value is not None and 0 < j.value < 1 for j in scores)


def test_a_classifier_of_pickles_is_refused(classifier: Path, tmp_path: Path) -> None:
    """Only safetensors are read."""
    for file in classifier.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(EngineError, match="wanted safetensors"):
        ClassifierEngine(ModelConfig(source=str(tmp_path)))
