"""A model folder is data: nothing in it is ever run."""

from __future__ import annotations

import ast
import io
import json
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import trustdelta
from trustdelta import organisms
from trustdelta.cli.main import main
from trustdelta.config import ModelConfig
from trustdelta.engines.remote_code import code_hash
from trustdelta.engines.transformers import TransformersEngine, located
from trustdelta.errors import ConfigError, EngineError
from trustdelta.report.terminal import render

SOURCE = Path(trustdelta.__file__).parent
FORBIDDEN = {"torch.load", "pickle.load", "pickle.loads", "numpy.load", "joblib.load", "eval", "exec", "os.system"}


class Canary:
    """An object that makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """The file that is there if code from a model folder was run."""
    return tmp_path / "canary"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of a miniature model."""
    return Path(shutil.copytree(organisms.folder("instruct"), tmp_path / "model"))


def opened(folder: Path) -> None:
    """Open the engine on a folder and close it."""
    TransformersEngine(ModelConfig(source=str(folder))).close()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth", "last.ckpt"])
@pytest.mark.parametrize("kind", ["torch", "plain"])
def test_pickled_weights_are_refused_unread(name: str, kind: str, model: Path, canary: Path) -> None:
    """A folder with pickled weights alone is one line with a remedy, and the pickle is never read."""
    (model / "model.safetensors").unlink()
    buffer = io.BytesIO()
    if kind == "torch":
        torch.save({"w": Canary(canary)}, buffer)
    (model / name).write_bytes(buffer.getvalue() or pickle.dumps({"w": Canary(canary)}))
    with pytest.raises(EngineError, match=rf"{name}.*safetensors") as refused:
        opened(model)
    assert "\n" not in str(refused.value)
    assert not canary.exists()


def test_the_canary_would_have_run(canary: Path) -> None:
    """The pickle of the tests above does make its file when it is read: the tests can fail."""
    pickle.loads(pickle.dumps({"w": Canary(canary)}))
    assert canary.exists()


def test_pickles_beside_safetensors_are_ignored(model: Path, canary: Path) -> None:
    """Where both are there, the safe one is loaded and the other left alone."""
    (model / "pytorch_model.bin").write_bytes(pickle.dumps({"w": Canary(canary)}))
    opened(model)
    assert not canary.exists()


@pytest.mark.parametrize("known", [True, False])
def test_code_in_a_model_folder_never_runs(
    known: bool, model: Path, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that asks for its own code is loaded without it, or refused; nobody is asked to allow it."""

    def never(prompt: object = "") -> str:
        raise AssertionError("the user was asked to run a model's code")

    monkeypatch.setattr("builtins.input", never)
    config = json.loads((model / "config.json").read_text("utf-8"))
    config["auto_map"] = {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}
    config["model_type"] = config["model_type"] if known else "its_own"
    (model / "config.json").write_text(json.dumps(config), "utf-8")
    (model / "own.py").write_text(f"open({str(canary)!r}, 'w').close()\n", "utf-8")
    if known:
        opened(model)
    else:
        with pytest.raises(EngineError, match="runs only with trust_remote_code"):
            opened(model)
    assert not canary.exists()


OWN = """
from transformers import LlamaConfig, LlamaForCausalLM
open({canary!r}, "w").close()
class Config(LlamaConfig):
    model_type = "its_own"
class Model(LlamaForCausalLM):
    config_class = Config
"""
"""Code as model folders bring it: an architecture under another name, and a trace of its having run."""


@pytest.fixture
def own(model: Path, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model folder that only runs with code of its own."""
    cache = str(tmp_path / "modules")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", cache)
    monkeypatch.setattr("sys.path", [*sys.path])
    config = json.loads((model / "config.json").read_text("utf-8"))
    assert config["model_type"] == "llama"
    config |= {"model_type": "its_own", "auto_map": {"AutoConfig": "own.Config", "AutoModelForCausalLM": "own.Model"}}
    (model / "config.json").write_text(json.dumps(config), "utf-8")
    (model / "own.py").write_text(OWN.format(canary=str(canary)), "utf-8")
    return model


def test_own_code_runs_by_flag_and_pinned_revision_and_is_said(own: Path, canary: Path, tmp_path: Path) -> None:
    """With both, the model is audited; fingerprint, report and terminal say that its code ran, and which."""
    pin = code_hash(own)
    candidate = ModelConfig(source=f"{own}@{pin}", trust_remote_code=True)
    assert (candidate.source, candidate.revision) == (str(own), pin)
    done = trustdelta.audit(
        "organism:instruct", candidate, benchmarks=("world_safety",), out=tmp_path / "run", prompts_per_metric=20
    )
    assert canary.exists()
    assert done.result.candidate.details["trust_remote_code"] is True
    assert "trust_remote_code" not in done.result.baseline.details
    for shown in ((tmp_path / "run" / "report.md").read_text("utf-8"), render(done.result, width=400)):
        assert f"code of the model's own ran, revision {pin}" in shown.replace("\\", "").replace("’", "'")


def test_own_code_that_changed_since_it_was_pinned_does_not_run(own: Path, canary: Path) -> None:
    """One more character in a local folder's code is another revision: one line with both hashes, nothing runs."""
    pin = code_hash(own)
    (own / "own.py").write_text((own / "own.py").read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(ConfigError, match=rf"{code_hash(own)}, wanted {pin}"):
        TransformersEngine(ModelConfig(source=str(own), revision=pin, trust_remote_code=True))
    assert not canary.exists()


@pytest.mark.parametrize("revision", ["", "@main", "@v1.0", "@0123abc", f"@{'g' * 40}", f"@{'a' * 41}"])
@pytest.mark.parametrize("source", ["org/model", "vllm:org/model"])
def test_the_flag_alone_is_refused(
    source: str, revision: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a commit of 40 hex digits the flag is one line and exit code 64; so it is for a server's model."""
    for candidate in (f"{source}{revision}", f"http://127.0.0.1:1/v1#m@{'a' * 40}"):
        words = ["trustdelta", "audit", "organism:instruct", candidate, "--trust-remote-code", "candidate"]
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr().err
        assert (left.value.code, said.count("\n")) == (64, 1)
        assert "SOURCE@COMMIT" in said


def test_a_pinned_commit_reaches_every_load() -> None:
    """The hub's commit is the revision of the files and of code that lies in another repository."""
    commit = "0123456789abcdef" * 2 + "01234567"
    model = ModelConfig(source=f"vllm:org/model@{commit}", trust_remote_code=True)
    assert located(model) == (
        "org/model",
        {"trust_remote_code": True, "revision": commit, "code_revision": commit},
    )
    assert located(ModelConfig(source=f"org/model@{commit}"))[1] == {"trust_remote_code": False, "revision": commit}


@pytest.mark.parametrize("damage", ["cut", "empty", "garbage"])
def test_damaged_weights_are_one_line(damage: str, model: Path) -> None:
    """Weights that cannot be read are named, without a traceback of the library."""
    file = model / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes({"cut": whole[: len(whole) // 2], "empty": b"", "garbage": b"\xff" * 4096}[damage])
    with pytest.raises(EngineError, match="model") as refused:
        opened(model)
    assert "\n" not in str(refused.value)


def called(node: ast.AST) -> str:
    """Dotted name of what a call calls, where it is one."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def items(node: ast.AST) -> list[tuple[str, str]]:
    """Keys and values of a dictionary that is written out."""
    pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
    return [(ast.unparse(key).strip("'"), ast.unparse(value)) for key, value in pairs if key is not None]


DECIDED = {
    ("remote_code.py", "place.trusted"),
    ("remote_code.py", "True"),
    ("loading.py", "options['trust_remote_code']"),
    ("audit.py", "True"),
}
"""Where a model's own code may be allowed: what the configuration says, what a fingerprint says, and the flag."""


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_source_file_can_run_foreign_code(path: Path) -> None:
    """No call unpickles, evaluates text or opens a shell, and remote code is nowhere allowed."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        name = called(node).replace("np.", "numpy.")
        safe = any(k.arg == "allow_pickle" and ast.unparse(k.value) == "False" for k in getattr(node, "keywords", ()))
        assert name not in FORBIDDEN or safe, f"{name} in line {getattr(node, 'lineno', 0)}"
        for named, value in [(k.arg, ast.unparse(k.value)) for k in getattr(node, "keywords", ())] + items(node):
            if named in ("trust_remote_code", "shell"):
                assert (path.name, value) in DECIDED or value == "False"
