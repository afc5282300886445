"""Adapters: the base with the adapter's weights, from BASE+ADAPTER or an adapter's folder; mistakes are one line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import peft
import pytest
import safetensors.torch
import torch
import transformers

from trustdelta import organisms
from trustdelta.api import audit
from trustdelta.config import ModelConfig
from trustdelta.engines import base_models
from trustdelta.engines.folder import folder_of
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.errors import EngineError
from trustdelta.pipeline.hardware import local_folder
from trustdelta.records import Json, Message, Prompt, Request

# PEFT itself asks transformers for a property that is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")

REQUESTS = [
    Request(Prompt("world_safety", (Message("user", f"how do i bake a cake{'!' * i}"),)), 0, i, 16) for i in range(4)
]


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A LoRA adapter on a miniature model with random weights that change what it writes."""
    folder = tmp_path_factory.mktemp("adapters") / "lora"
    base = organisms.folder("instruct")
    model = transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    settings = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    torch.manual_seed(0)
    adapted = peft.get_peft_model(model, settings)
    for name, tensor in adapted.named_parameters():
        if "lora_" in name:
            tensor.data.normal_(std=0.3)
    adapted.save_pretrained(str(folder))
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"base_model_name_or_path": str(base)}), "utf-8")
    return folder


def source(adapter: Path) -> str:
    """The adapter on its base."""
    return f"organism:instruct+{adapter}"


def texts(place: str) -> list[str]:
    """What a model writes."""
    return [r.text for r in TransformersEngine(ModelConfig(source=place)).generate(REQUESTS)]


def merged(adapter: Path, folder: Path) -> str:
    """A model folder with the adapter merged into its base, by PEFT itself."""
    shutil.copytree(organisms.folder("instruct"), folder)
    base = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    peft.PeftModel.from_pretrained(base, str(adapter)).merge_and_unload().save_pretrained(folder)
    return str(folder)


def test_an_adapter_gives_what_its_merged_model_gives(adapter: Path, tmp_path: Path) -> None:
    """Named behind its base or alone; the base itself writes something else."""
    adapted = texts(source(adapter))
    assert adapted == texts(str(adapter)) == texts(merged(adapter, tmp_path / "merged"))
    assert adapted != texts("organism:instruct")


def test_the_fingerprint_holds_the_adapter_and_its_weights(adapter: Path) -> None:
    """Another adapter is another model."""
    places = ("organism:instruct", source(adapter))
    base, adapted = (TransformersEngine(ModelConfig(source=place)).fingerprint for place in places)
    assert adapted["adapter"] == str(adapter)
    assert "adapter" not in base
    assert adapted["weights"] != base["weights"]


def test_a_base_is_audited_against_its_adapter(adapter: Path, tmp_path: Path) -> None:
    """The whole audit with drift: the vocabulary is the base's, and the drift is not zero."""
    settings: dict[str, Json] = {"prompts_per_metric": 8, "design": "fixed"}
    done = audit("organism:instruct", source(adapter), out=tmp_path, benchmarks=("world_ethics",), **settings)
    plan = json.loads((tmp_path / "verdict.json").read_text("utf-8"))["plan"]
    assert plan["coupling"]["mode"] == "shared"
    assert done.result.candidate.name == source(adapter)
    assert done.result.drift is not None


def test_base_and_adapters_have_one_copy_of_the_weights(adapter: Path) -> None:
    """In whichever order they are loaded; another number type is another copy, and a closed base is no longer held."""
    base, adapted, again = (
        TransformersEngine(ModelConfig(source=place, dtype="float32"))
        for place in ("organism:instruct", source(adapter), str(adapter))
    )
    own = {p.data_ptr() for p in base.model.parameters()}
    assert all(own <= {p.data_ptr() for p in engine.model.parameters()} for engine in (adapted, again))
    double = TransformersEngine(ModelConfig(source=source(adapter), dtype="bfloat16"))
    assert not own & {p.data_ptr() for p in double.model.parameters()}
    for engine in (base, adapted, again):
        engine.close()
    reloaded = TransformersEngine(ModelConfig(source="organism:instruct"))
    assert not any("lora" in name for name, _ in reloaded.model.named_parameters())


def test_an_audit_with_one_copy_has_the_bytes_of_one_with_two(
    adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Responses, drift and verdict do not depend on whether the base is shared."""
    settings: dict[str, Json] = {"prompts_per_metric": 8, "benchmarks": ("world_ethics",)}
    audit("organism:instruct", source(adapter), out=tmp_path / "one", **settings)
    monkeypatch.setattr(base_models, "_LOADED", Forgetful())
    audit("organism:instruct", source(adapter), out=tmp_path / "two", **settings)
    one, two = ((tmp_path / name / "verdict.json").read_bytes() for name in ("one", "two"))
    assert one == two


class Forgetful(dict[object, object]):
    """Holds nothing, so that every model is loaded."""

    def __setitem__(self, key: object, value: object) -> None:
        """Hold nothing."""


def test_which_models_have_a_base_in_common(adapter: Path) -> None:
    """However the base is named; not a model with itself, and not in two number types."""
    base = ModelConfig(source="organism:instruct")
    folder = ModelConfig(source=str(organisms.folder("instruct")))
    lora = ModelConfig(source=str(adapter))
    assert base_models.shares_base(base, lora)
    assert base_models.shares_base(lora, folder)
    assert not base_models.shares_base(base, base)
    assert not base_models.shares_base(base, lora.model_copy(update={"dtype": "bfloat16"}))
    assert not base_models.shares_base(ModelConfig(source="organism:sft"), lora)


def test_a_plan_knows_the_base(adapter: Path) -> None:
    """Memory is that of the base's files."""
    for place in (source(adapter), str(adapter)):
        assert local_folder(ModelConfig(source=place)) == organisms.folder("instruct")


def test_the_adapters_own_chat_template_counts(adapter: Path, tmp_path: Path) -> None:
    """Trainers save the tokenizer beside the adapter, whose template is that of the training."""
    own = tmp_path / "own"
    shutil.copytree(adapter, own)
    tokenizer = transformers.AutoTokenizer.from_pretrained(organisms.folder("instruct"))
    tokenizer.chat_template = "{% for m in messages %}changed {{ m.content }}{% endfor %}"
    tokenizer.save_pretrained(own)
    engine = TransformersEngine(ModelConfig(source=source(own)))
    assert engine.render(REQUESTS[0].prompt).startswith("changed how")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda f: (f / "adapter_config.json").unlink(), "found no adapter_config.json"),
        (lambda f: (f / "adapter_model.safetensors").unlink(), "found no adapter_model.safetensors"),
        (lambda f: (f / "adapter_config.json").write_text("[]"), "wanted a JSON object"),
        (lambda f: (f / "adapter_config.json").write_text('{"peft_type": "NONE"}'), "NONE"),
        (lambda f: renamed(f), "lacks weights of its layers|belong to no layer"),
        (lambda f: narrowed(f), "shape"),
    ],
    ids=["no settings", "no weights", "a list", "unknown kind", "other names", "other shapes"],
)
def test_a_damaged_adapter_is_one_line(adapter: Path, tmp_path: Path, spoil: object, reason: str) -> None:
    """Nothing is drawn at random in silence."""
    folder = tmp_path / "damaged"
    shutil.copytree(adapter, folder)
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(EngineError, match=reason) as caught:
        TransformersEngine(ModelConfig(source=source(folder)))
    assert "\n" not in str(caught.value)


def renamed(folder: Path) -> None:
    """Every tensor belongs to a layer that the model does not have."""
    tensors = safetensors.torch.load_file(folder / "adapter_model.safetensors")
    other = {name.replace("layers.0", "layers.77"): tensor for name, tensor in tensors.items()}
    safetensors.torch.save_file(other, folder / "adapter_model.safetensors")


def narrowed(folder: Path) -> None:
    """Every tensor is smaller than the model's."""
    tensors = safetensors.torch.load_file(folder / "adapter_model.safetensors")
    other = {name: tensor[:, :3].contiguous() for name, tensor in tensors.items()}
    safetensors.torch.save_file(other, folder / "adapter_model.safetensors")


def test_an_adapter_without_a_base_asks_for_it(adapter: Path, tmp_path: Path) -> None:
    """The line says how to name it."""
    folder = tmp_path / "alone"
    shutil.copytree(adapter, folder)
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"base_model_name_or_path": None}), "utf-8")
    with pytest.raises(EngineError, match=r"names no base model; pass BASE\+"):
        TransformersEngine(ModelConfig(source=str(folder)))


@pytest.mark.parametrize("place", ["/no/such/folder", "./none", "a/b/c"])
def test_a_folder_that_is_not_there_is_named(place: str) -> None:
    """What cannot be a hub id is not looked for on the hub."""
    with pytest.raises(EngineError, match=r"found no adapter_config\.json"):
        TransformersEngine(ModelConfig(source=f"organism:instruct+{place}"))


def test_vllm_is_not_asked_for_an_adapter(adapter: Path) -> None:
    """It would run the base and call it the candidate."""
    with pytest.raises(EngineError, match="adapters run in transformers"):
        folder_of(ModelConfig(source=f"vllm:{source(adapter)}"))


def test_a_folder_that_is_written_again_is_loaded_again(tmp_path: Path) -> None:
    """While an engine still holds a base, new weights in its folder are another model."""
    folder = tmp_path / "checkpoint"
    shutil.copytree(organisms.folder("instruct"), folder)
    first = TransformersEngine(ModelConfig(source=str(folder)), 4)
    shutil.rmtree(folder)
    shutil.copytree(organisms.folder("sft"), folder)
    second = TransformersEngine(ModelConfig(source=str(folder)), 4)
    assert first.model is not second.model
    assert first.fingerprint["weights"] != second.fingerprint["weights"]
