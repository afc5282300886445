"""Wrong inputs of newcomers: each is one line with what is wrong and what to do, and the documented code."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from trustdelta import organisms
from trustdelta.cli.main import main

PAIR = "audit organism:instruct organism:sft"
FILES = "audit --baseline-responses good.jsonl --candidate-responses"
OURS = f"{FILES} good2.jsonl --dimension safety --scorer refusal --better lower"
BAD = "--dimension safety --scorer refusal --better lower"

METRICS = "metrics: [{name: refused, scorer: refusal, better: lower}]\n"
RUBRIC = "name: r\nreplaces: refusal\nquestion: Does it refuse?\nparser: word\n"
ALLOW = "allow: [{metric: world_bias.stereotype_rate, reason: because, expires: 2099-01-31}]\n"

TEXTS = {
    # benchmarks
    "broken.yaml": "name: [oops\n",
    "list.yaml": "- name\n- metrics\n",
    "three.yaml": "name: ours\ndimension: safety\nprompts: recorded\nmetrics: 3\n",
    "no_prompts.yaml": f"name: ours\ndimension: safety\nprompts: absent.jsonl\n{METRICS}",
    "no_column.yaml": f"name: ours\ndimension: safety\nprompts: good.jsonl\ncolumns: {{prompt: questoin}}\n{METRICS}",
    "nothing.py": "X = 1\n",
    "syntax.py": "def f(:\n",
    "raises.py": "raise RuntimeError('no licence')\n",
    # recorded responses
    "half.jsonl": '{"prompt": "a", "response": "b"}\n{"prompt": "c", "respo\n',
    "empty.jsonl": "",
    "strange.jsonl": '{"q": "a", "a": "b"}\n',
    "others.jsonl": '{"prompt": "other", "response": "b"}\n',
    "numbers.jsonl": "1\n2\n",
    "text.parquet": "no parquet\n",
    "notes.docx": "no table\n",
    "columns.yaml": "promt: question\n",
    # policies
    "unknown_key.yaml": "requires: [safety]\n",
    "no_date.yaml": ALLOW.replace("2099-01-31", "next week"),
    "no_reason.yaml": ALLOW.replace("reason: because, ", ""),
    "saftey.yaml": "require: [saftey]\n",
    "expired.yaml": ALLOW.replace("2099", "2020"),
    "number.yaml": "margins: {world_bias.stereotype_rate: wide}\n",
    # studies
    "no_candidate.yaml": "title: s\npairs: [{baseline: organism:instruct, method: sft}]\n",
    "no_pairs.yaml": "title: s\npairs: []\n",
    "bad_setting.yaml": "settings: {alfa: 0.1}\npairs: [{baseline: organism:instruct, candidate: organism:sft}]\n",
    "bad_method.yaml": "pairs: [{baseline: organism:instruct, candidate: organism:sft, method: magic}]\n",
    # configurations
    "config.yaml": "baseline: {source: organism:instruct}\ncandidate: {source: organism:sft}\nalfa: 0.1\n",
    "config_type.yaml": "baseline: {source: a}\ncandidate: {source: b}\nbenchmarks: [world_safety]\nseed: many\n",
    "config_half.yaml": "baseline: {source: organism:instruct}\n",
    # rubrics and labels
    "one_class.yaml": RUBRIC + "classes: [{name: YES, value: 1, meaning: it does}]\n",
    "large_value.yaml": RUBRIC
    + "classes: [{name: REFUSES, value: 3, meaning: it does}, {name: COMPLIES, value: 0, meaning: not}]\n",
    "two.yaml": RUBRIC + "classes: [{name: REFUSES, value: 1}, {name: COMPLIES, value: 0}]\n",
    "no_question.yaml": "name: r\nreplaces: refusal\nclasses: []\n",
    "labels.csv": "a,b\n1,2\n",
}
"""Texts of wrong files, by name."""

CASES: list[tuple[str, int, str]] = [
    # flags
    (f"{PAIR} --offlin", 64, "--offline"),
    (f"{PAIR} --limit 0", 64, "--limit"),
    (f"{PAIR} --limit ten", 64, "ten"),
    (f"{PAIR} --max-tokens 1", 64, "--max-tokens"),
    (f"{PAIR} --tasks ''", 64, "--tasks"),
    (f"{PAIR} --tasks 'zzz_*'", 64, "zzz_*"),
    (f"{PAIR} --dimension saftey", 64, "safety"),
    (f"{PAIR} --sampling greedy", 64, "greedy"),
    (f"{PAIR} --profile fulll", 64, "full"),
    (f"{PAIR} --seed -1", 64, "--seed"),
    (f"{PAIR} organism:rl", 64, "organism:rl"),
    (f"{PAIR} --set alpha=high", 64, "high"),
    (f"{PAIR} --set statistics=3", 64, "statistics"),
    (f"{PAIR} --set 'alpha=['", 64, "alpha"),
    (f"{PAIR} --limit 20 --set prompts_per_metric=30", 64, "--limit"),
    (f"{PAIR} --trust-remote-code both", 64, "both"),
    (f"{PAIR} --benchmark world_safty", 64, "world_safety"),
    # models
    ("audit ./models/absent organism:sft", 64, "./models/absent"),
    ("audit hollow organism:sft", 64, "config.json"),
    ("audit unreadable organism:sft", 3, "config.json"),
    ("audit unheard organism:sft", 3, "marvel9"),
    ("audit damaged organism:sft", 3, "damaged"),
    ("audit nosuch/model organism:sft", 3, "nosuch/model"),
    ("audit http://127.0.0.1:9/v1#x organism:sft", 3, "127.0.0.1:9"),
    ("audit http://127.0.0.1:9/v1 organism:sft", 64, "#"),
    ("audit text.gguf organism:sft", 3, "text.gguf"),
    ("audit organism: organism:sft", 64, "organism ''"),
    ("audit instruct+absent organism:sft", 3, "absent"),
    ("audit instruct+hollow organism:sft", 3, "adapter_config.json"),
    ("audit instruct+ organism:sft", 3, "instruct+"),
    ("audit organism:instruct", 64, "candidate"),
    ("audit good.jsonl good2.jsonl", 64, "--baseline-responses good.jsonl"),
    ("plan organism:instruct good2.jsonl", 64, "--candidate-responses good2.jsonl"),
    # benchmarks
    (f"{PAIR} --benchmark absent.yaml", 64, "absent.yaml"),
    (f"{PAIR} --benchmark broken.yaml", 64, "broken.yaml"),
    (f"{PAIR} --benchmark list.yaml", 64, "list.yaml"),
    (f"{PAIR} --benchmark three.yaml", 64, "metrics"),
    (f"{PAIR} --benchmark no_prompts.yaml", 3, "absent.jsonl"),
    (f"{PAIR} --benchmark no_column.yaml", 3, "questoin"),
    (f"{PAIR} --benchmark nothing.py", 64, "BENCHMARK"),
    (f"{PAIR} --benchmark syntax.py", 64, "syntax.py"),
    (f"{PAIR} --benchmark raises.py", 64, "no licence"),
    ("benchmarks show xtest", 64, "xstest"),
    ("benchmarks check absent.yaml", 64, "absent.yaml"),
    ("benchmarks init three.yaml", 64, "three.yaml"),
    # recorded responses
    (f"{FILES} absent.jsonl {BAD}", 3, "absent.jsonl"),
    (f"{FILES} half.jsonl {BAD}", 3, "line 2"),
    (f"{FILES} empty.jsonl {BAD}", 3, "empty.jsonl"),
    (f"{FILES} strange.jsonl {BAD}", 3, "q, a"),
    (f"{FILES} numbers.jsonl {BAD}", 3, "numbers.jsonl"),
    (f"{FILES} others.jsonl {BAD}", 3, "prompt"),
    (f"{FILES} text.parquet {BAD}", 3, "text.parquet"),
    (f"{FILES} notes.docx {BAD}", 3, "notes.docx"),
    (f"{FILES} hollow {BAD}", 3, "hollow"),
    (f"audit --baseline-responses good.jsonl {BAD}", 64, "--candidate-responses"),
    (f"{FILES} good2.jsonl", 64, "--scorer"),
    (f"{OURS} --column prompt=questoin", 3, "questoin"),
    (f"{OURS} --column nonsense", 64, "nonsense"),
    (f"{OURS} --column promt=prompt", 64, "promt"),
    (f"{OURS} --columns absent.yaml", 64, "absent.yaml"),
    (f"{OURS} --columns columns.yaml", 64, "promt"),
    (f"{OURS} --margin wide", 64, "wide"),
    (f"{OURS} --margin -0.1", 64, "-0.1"),
    (f"{OURS.replace('lower', 'up')}", 64, "higher or lower"),
    (f"{OURS.replace('refusal', 'refusl')}", 64, "'refusal'"),
    (f"{OURS.replace('refusal', 'number')}", 64, "answer"),
    (f"{FILES} good2.jsonl --scorer refusal --better lower", 64, "--dimension"),
    # policies and run folders
    ("gate run --policy absent.yaml", 64, "absent.yaml"),
    ("gate run --policy unknown_key.yaml", 64, "requires"),
    ("gate run --policy no_date.yaml", 64, "next week"),
    ("gate run --policy no_reason.yaml", 64, "reason"),
    ("policy saftey.yaml", 64, "safety"),
    ("policy expired.yaml", 64, "2020-01-31"),
    ("policy number.yaml", 64, "wide"),
    ("gate hollow", 64, "hollow"),
    ("gate spoilt", 3, "verdict.json"),
    ("gate", 64, "RUN"),
    ("score hollow", 64, "hollow"),
    ("report run --table metrics.xlsx", 64, "metrics.xlsx"),
    ("compare run absent --out c", 64, "absent"),
    ("export run", 64, "--model-card"),
    # studies, configurations, judges, labels, other commands
    ("study run absent.yaml --out s", 64, "absent.yaml"),
    ("study run no_candidate.yaml --out s", 64, "candidate"),
    ("study run no_pairs.yaml --out s", 64, "pairs"),
    ("study run bad_setting.yaml --out s", 64, "alpha"),
    ("study run bad_method.yaml --out s", 64, "magic"),
    ("audit --config config.yaml", 64, "alpha"),
    ("audit --config config_type.yaml", 64, "many"),
    ("audit --config config_half.yaml", 64, "candidate"),
    ("audit --config list.yaml", 64, "list.yaml"),
    (f"{OURS} --judge nosuch", 64, "nosuch"),
    (f"{OURS} --judge absent.yaml=out.csv", 64, "absent.yaml"),
    (f"{OURS} --judge one_class.yaml=out.csv", 64, "classes"),
    (f"{OURS} --judge large_value.yaml=out.csv", 64, "classes.0.value: found 3"),
    (f"{OURS} --judge no_question.yaml=out.csv", 64, "question"),
    ("judges calibrate refusal --data absent.csv --label-column label", 3, "absent.csv"),
    ("judges calibrate refusal --data labels.csv --label-column label", 3, "a, b"),
    ("judges calibrate refusl --data labels.csv --label-column a", 64, "refusal"),
    ("score run --labels absent.csv", 64, "absent.csv"),
    ("settings alfa", 64, "alpha"),
    ("schema confg", 64, "config"),
    ("organisms show stf", 64, "sft"),
    ("pairs show s1.1-1.5", 64, "s1.1-1.5B"),
    ("plan organism:instruct organism:sft --price cheap", 64, "cheap"),
    ("drift organism:instruct", 64, "drift"),
    # pages, blessed verdicts, rubrics of one metric, places to write to
    ("view absent", 64, "absent"),
    ("view run --port 9", 64, "--port"),
    ("bless absent", 64, "--reason"),
    ("bless run --reason ''", 64, "--reason"),
    ("gate run --blessed absent.json", 64, "absent.json"),
    ("gate run --blessed labels.csv", 64, "it is no JSON"),
    ("gate run --junit absent/j.xml", 64, "absent/j.xml"),
    ("drift organism:instruct organism:sft --dtype int4", 64, "wanted one of auto, float32, bfloat16, float16"),
    ("drift organism:instruct organism:sft --mode one_pas", 64, "(did you mean 'one_pass'?)"),
    ("compare run", 64, "two"),
    ("export run --model-card absent/card.md", 64, "absent/card.md"),
    ("report absent", 64, "absent"),
    ("score run --set seed=3", 64, "seed"),
    (f"{PAIR} --data-dir absent", 3, "absent"),
    (f"{OURS} --judge refusal=", 64, "refusal"),
    (f"{OURS.replace('refusal', 'rubric/tone')} --out j", 64, "`name: tone`"),
    (f"{OURS.replace('refusal', 'rubric/')} --out j", 64, "rubric"),
    (f"{OURS} --judge two.yaml=labels.csv --out k", 3, "prompt, answer and output"),
    ("judges label run --pairs 3", 64, "--pairs"),
    ("judges label run --from labels.csv", 3, "labels.csv"),
    ("judges stress refusl --data labels.csv", 64, "refusal"),
    ("judges stress refusal --data absent.csv", 3, "absent.csv"),
    ("study status absent", 64, "absent"),
    ("drift organism:instruct organism:sft --text absent.txt", 3, "No such file"),
    ("organisms train absent.yaml", 64, "train"),
    ("benchmarks show list.yaml", 64, "list.yaml"),
    (f"{PAIR} --set coupling=maximum", 64, "maximal"),
    ("plan organism:instruct organism:sft --price -1", 64, "--price"),
]
"""Command line, exit code, and what the line must contain."""

RAW = re.compile(
    r"Traceback|Input should|Value error|validation error|pydantic|type=|Errno|object has no attribute|"
    r"unexpected \w+Error|Extra inputs|Field required|NoneType|<class|\bin \"<",
)
"""Texts of validators and of Python itself."""
NEXT = re.compile(
    r"wanted|did you mean|Known:|\b(try|pass|see|use|name|check|correct|edit|omit|remove|set|choose|save|install|add|"
    r"leave|keep|write|replace|rerun|run|download|start|give|copy|finish|renew|writes)\b",
    re.IGNORECASE,
)
"""What is wanted, or the next step."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wrong files of every kind, and the right ones that they stand beside."""
    place = tmp_path_factory.mktemp("wrong")
    for name, text in TEXTS.items():
        (place / name).write_text(text, "utf-8")
    for name, answer in (("good", "Mix and bake it."), ("good2", "I cannot help with that.")):
        rows = [{"prompt": f"How do I bake cake {n}?", "response": answer} for n in range(30)]
        (place / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    (place / "text.gguf").write_bytes(b"no model")
    for name in ("hollow", "spoilt"):
        (place / name).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(sys, "argv", ["trustdelta", *shlex.split(OURS), "--quiet", "--out", "run"])
        with pytest.raises(SystemExit):
            main()
    (place / "spoilt" / "verdict.json").write_text('{"schema": 1', "utf-8")
    for name in ("instruct", "unreadable", "unheard", "damaged"):
        shutil.copytree(organisms.folder("instruct"), place / name)
    (place / "unreadable" / "config.json").write_text('{"model_type": "lla', "utf-8")
    config = json.loads((place / "unheard" / "config.json").read_text("utf-8"))
    config |= {"model_type": "marvel9", "architectures": ["Marvel9ForCausalLM"]}
    (place / "unheard" / "config.json").write_text(json.dumps(config), "utf-8")
    (place / "damaged" / "model.safetensors").write_bytes(b"\x10" * 2000)
    return place


@pytest.mark.parametrize(("line", "code", "names"), CASES, ids=[line for line, _, _ in CASES])
def test_a_wrong_input_is_one_line_with_its_cure(
    line: str,
    code: int,
    names: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exit code is the documented one; the line names what is wrong and what to do, in no library's words."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["trustdelta", *shlex.split(line)])
    with pytest.raises(SystemExit) as left:
        main()
    printed = capsys.readouterr()
    errors = [text for text in printed.err.splitlines() if text.startswith("trustdelta: ")]
    assert (left.value.code, len(errors)) == (code, 1), printed.err
    assert errors == printed.err.splitlines()[-1:], printed.err
    assert printed.out == ""
    assert names in errors[0]
    assert NEXT.search(errors[0]), errors[0]
    assert not RAW.search(errors[0]), errors[0]


def test_there_are_sixty() -> None:
    """Sixty or more, all different."""
    assert len({line for line, _, _ in CASES}) == len(CASES) >= 60
