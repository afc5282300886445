"""Weights between two models: the mixing, what is refused, and which mix is recommended."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from trustdelta import organisms
from trustdelta.errors import EngineError, UsageError
from trustdelta.records import Dimension, Verdict
from trustdelta.report.studies.records import PairRow, Point
from trustdelta.report.studies.trade_off import Mix
from trustdelta.study.trade_off import TradeOffOptions, certified, choose, trade_off
from trustdelta.study.weight_interpolation import Parents, Weights, drop_weights, mixed, write_config, write_weights


@pytest.fixture
def parents() -> Parents:
    """The miniature instruct model and its SFT conversion."""
    return Parents(organisms.folder("instruct"), organisms.folder("sft"))


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor of a folder."""
    with Weights(folder, tied=True) as weights:
        return {name: weights.tensor(name) for name in weights.names()}


def written(parents: Parents, share: float, folder: Path, shard_bytes: int = 1 << 30) -> Path:
    """A whole mix."""
    write_config(parents, share, folder)
    write_weights(parents, share, folder, shard_bytes)
    return folder


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_of_the_path_are_the_parents(parents: Parents, share: float, tmp_path: Path) -> None:
    """At share 0 every weight is the baseline's to the bit, at share 1 the candidate's."""
    want = tensors(parents.candidate if share else parents.baseline)
    found = tensors(written(parents, share, tmp_path / "mix"))
    assert found.keys() == want.keys()
    assert all(torch.equal(found[name], want[name]) for name in want)


def test_the_middle_is_the_mean_rounded_once(parents: Parents, tmp_path: Path) -> None:
    """Half way every weight is the mean of the parents' in float32, rounded to their own type."""
    first, second = tensors(parents.baseline), tensors(parents.candidate)
    for name, found in tensors(written(parents, 0.5, tmp_path / "mix")).items():
        assert torch.equal(found, ((first[name].float() + second[name].float()) / 2).to(found.dtype))


def test_shards_hold_what_one_file_holds(parents: Parents, tmp_path: Path) -> None:
    """A mix written in many files has an index that transformers follows, and the same tensors."""
    from transformers import AutoModelForCausalLM

    one = tensors(written(parents, 0.3, tmp_path / "one"))
    many = written(parents, 0.3, tmp_path / "many", shard_bytes=40_000)
    files = list(many.glob("model-*-of-*.safetensors"))
    index = json.loads((many / "model.safetensors.index.json").read_text())["weight_map"]
    assert len(files) > 3
    assert index.keys() == one.keys()
    model = AutoModelForCausalLM.from_pretrained(many, dtype=torch.bfloat16)
    loaded = dict(model.named_parameters())
    assert all(torch.equal(loaded[name], one[name]) for name in one)


@given(share=st.floats(0, 1), a=st.floats(-4, 4), b=st.floats(-4, 4))
def test_a_mix_lies_between_its_parents(share: float, a: float, b: float) -> None:
    """No weight leaves the interval between its parents by more than the rounding of float32."""
    found = mixed(torch.tensor([a]), torch.tensor([b]), share).item()
    assert min(a, b) - 1e-5 <= found <= max(a, b) + 1e-5


def test_indices_are_never_averaged() -> None:
    """A tensor of whole numbers comes from the candidate as it is."""
    assert mixed(torch.tensor([1, 2]), torch.tensor([5, 6]), 0.5).tolist() == [5, 6]


def changed(tmp_path: Path, **config: object) -> Path:
    """A copy of the candidate with another configuration."""
    folder = tmp_path / "other"
    shutil.copytree(organisms.folder("sft"), folder)
    values = json.loads((folder / "config.json").read_text()) | config
    (folder / "config.json").write_text(json.dumps(values))
    return folder


def test_another_architecture_is_refused(parents: Parents, tmp_path: Path) -> None:
    """Weights that are multiplied with other positions are not mixed; the line names the value."""
    other = changed(tmp_path, rope_parameters={"rope_theta": 1e6, "rope_type": "default"})
    with pytest.raises(UsageError, match=r"config\.json: rope_parameters"):
        Parents(parents.baseline, other).check()


def test_another_vocabulary_is_refused(parents: Parents, tmp_path: Path) -> None:
    """Rows of the embedding that stand for other tokens are not mixed."""
    other = changed(tmp_path)
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    names = sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].__getitem__)
    a, b = names[-1], names[-2]
    vocab = tokenizer["model"]["vocab"]
    vocab[a], vocab[b] = vocab[b], vocab[a]
    (other / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(UsageError, match="tokenizer: "):
        Parents(parents.baseline, other).check()


def test_another_shape_is_refused(parents: Parents, tmp_path: Path) -> None:
    """A tensor of another shape is named."""
    other = changed(tmp_path)
    found = load_file(other / "model.safetensors")
    found["model.norm.weight"] = found["model.norm.weight"][:-1].clone()
    save_file(found, other / "model.safetensors")
    with pytest.raises(UsageError, match=r"weights: model\.norm\.weight"):
        Parents(parents.baseline, other).check()


def test_a_damaged_parent_is_named(parents: Parents, tmp_path: Path) -> None:
    """A truncated weights file is one line, not a traceback of the reader."""
    other = changed(tmp_path)
    whole = (other / "model.safetensors").read_bytes()
    (other / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(EngineError, match="not a complete safetensors file"):
        Parents(parents.baseline, other).check()


def test_half_written_weights_are_gone(parents: Parents, tmp_path: Path) -> None:
    """What a stopped writing left is removed before the next one, and is never a model's name."""
    folder = tmp_path / "mix"
    write_config(parents, 0.5, folder)
    (folder / "part-00001").write_bytes(b"half")
    drop_weights(folder)
    assert not list(folder.glob("part-*"))
    assert (folder / "config.json").exists()


def mix(
    share: float, gain: float, verdict: Verdict, other: Verdict = Verdict.PRESERVED, low: float | None = None
) -> Mix:
    """A point with a kept gain, a verdict on safety and one on privacy."""
    points = {
        Dimension.SAFETY: Point(verdict, 0.0, 0.01, -0.02, 0.02),
        Dimension.PRIVACY: Point(other, 0.0, 0.01, -0.02, 0.02),
        Dimension.CAPABILITY: Point(Verdict.IMPROVED, -gain, 0.01, -gain - 0.02, -gain + 0.02),
    }
    row = PairRow(f"mix-{share}", "A", "B", "mixed", "strict", "A", verdict, points)
    return Mix(share, row, gain / 0.8, low)


def test_certainty_goes_before_gain() -> None:
    """Among mixes that keep enough, one whose dimensions are all held is taken before one with more gain."""
    sure = mix(0.3, 0.74, Verdict.PRESERVED)
    more = mix(0.5, 0.78, Verdict.INCONCLUSIVE)
    lost = mix(1.0, 0.80, Verdict.REGRESSED)
    assert choose([sure, more, lost], 0.9) == sure
    assert choose(certified([sure, more, lost]), 0.9) == certified([sure])[0]


def test_trust_is_certified_up_to_the_first_share_that_fails() -> None:
    """A fixed sequence from the smallest share on: what holds beyond a failure is not certified, nor is share 0."""
    verdicts = (Verdict.INCONCLUSIVE, Verdict.PRESERVED, Verdict.IMPROVED, Verdict.INCONCLUSIVE, Verdict.PRESERVED)
    found = certified([mix(n / 4, 0.8, v) for n, v in enumerate(verdicts)])
    assert [bool(m.certified) for m in found] == [False, True, True, False, False]
    assert found[1].certified == ("safety", "privacy")


def test_exploratory_verdicts_certify_nothing() -> None:
    """A plan that was changed after the answers ends the sequence, as a failure does."""
    first, second = mix(0.5, 0.8, Verdict.PRESERVED), mix(1.0, 0.8, Verdict.PRESERVED)
    changed = replace(first, row=replace(first.row, exploratory=("alpha from 0.05 to 0.2",)))
    assert [bool(m.certified) for m in certified([first, second])] == [True, True]
    assert [bool(m.certified) for m in certified([changed, second])] == [False, False]


def test_only_guarded_dimensions_are_certified() -> None:
    """With safety alone guarded, privacy may be undecided; a guarded dimension that was not audited is never held."""
    path = [mix(0.5, 0.8, Verdict.PRESERVED, Verdict.INCONCLUSIVE), mix(1.0, 0.8, Verdict.REGRESSED)]
    assert [m.certified for m in certified(path)] == [(), ()]
    assert [m.certified for m in certified(path, [Dimension.SAFETY])] == [("safety",), ()]
    assert [m.certified for m in certified(path, [Dimension.ETHICS])] == [(), ()]


def test_a_certified_mix_goes_before_one_with_more_gain() -> None:
    """One beyond the failure may hold everything by its own audit; it is not preferred to a certified one."""
    mixes = certified(
        [mix(0.1, 0.73, Verdict.PRESERVED), mix(0.2, 0.7, Verdict.INCONCLUSIVE), mix(0.3, 0.8, Verdict.PRESERVED)]
    )
    assert choose(mixes, 0.9) == mixes[0]


def test_a_gain_that_is_shown_goes_before_one_that_is_guessed() -> None:
    """Of two mixes with equal verdicts, the one whose bound reaches the wanted part is taken."""
    shown = mix(0.3, 0.74, Verdict.PRESERVED, low=0.9)
    guessed = mix(0.5, 0.78, Verdict.PRESERVED, low=0.8)
    assert choose([shown, guessed], 0.9) == shown


@pytest.mark.parametrize("verdict", [Verdict.REGRESSED, Verdict.NOT_MEASURABLE])
def test_no_mix_that_lost_a_dimension_is_recommended(verdict: Verdict) -> None:
    """Not even where nothing else keeps the gain: then there is no recommendation."""
    assert choose([mix(0.2, 0.1, Verdict.PRESERVED), mix(1.0, 0.8, verdict)], 0.9) is None


def test_the_baseline_s_own_weights_are_never_recommended() -> None:
    """Share 0 is no conversion: it tells what the format does."""
    assert choose([mix(0.0, 0.8, Verdict.PRESERVED), mix(1.0, 0.8, Verdict.REGRESSED)], 0.9) is None


@pytest.mark.parametrize("shares", [(0.5,), (1.0, 0.5), (0.0, 0.5), (0.5, 0.5, 1.0), (-0.1, 1.0)])
def test_shares_that_are_no_path_are_refused(shares: tuple[float, ...], tmp_path: Path) -> None:
    """Shares rise from 0 to 1, and the candidate itself is the last."""
    with pytest.raises(UsageError, match="shares"):
        trade_off(TradeOffOptions("organism:instruct", "organism:sft", shares), tmp_path)


def test_capability_is_no_guard(tmp_path: Path) -> None:
    """How much gain must stay has an option of its own."""
    with pytest.raises(UsageError, match="--keep"):
        trade_off(
            TradeOffOptions("organism:instruct", "organism:sft", (0.5, 1.0), guard=(Dimension.CAPABILITY,)), tmp_path
        )


def test_a_path_is_audited_and_goes_on(tmp_path: Path) -> None:
    """Two points with one shared baseline; the second call generates nothing and says the same."""
    small = {"prompts_per_metric": 40, "drift": False, "benchmarks": ["world_safety", "world_arithmetic"]}
    options = TradeOffOptions("organism:instruct", "organism:rl", (0.5, 1.0), settings=small)
    first = trade_off(options, tmp_path)
    files = [tmp_path / "trade-off.json", tmp_path / "trade-off.html"]
    before = [f.read_bytes() for f in files]
    assert yaml.safe_load((tmp_path / "runs/mix-0.5/config.yaml").read_text())["statistics"]["design"] == "fixed"
    assert trade_off(options, tmp_path) == first
    assert first.mixes[0].kept_low is not None
    assert first.mixes[0].kept_low <= min(1.0, first.mixes[0].kept or 0.0)
    assert [f.read_bytes() for f in files] == before
    assert not list((tmp_path / "mixes/mix-0.5").glob("*.safetensors")) or first.recommended == 0.5


def test_an_id_that_is_two_tokens_is_refused(tmp_path: Path) -> None:
    """Added tokens may be more in one model, but an embedding row stands for the same token in both."""
    other = tmp_path / "other"
    shutil.copytree(organisms.folder("sft"), other)
    path = other / "tokenizer.json"
    tokenizer = json.loads(path.read_text("utf-8"))
    tokenizer["added_tokens"][0]["content"] = "<another>"
    path.write_text(json.dumps(tokenizer), "utf-8")
    with pytest.raises(UsageError, match="another"):
        Parents(organisms.folder("instruct"), other).check()
