"""Small logs of other harnesses, in the shapes that they write, for the page that names them."""

from __future__ import annotations

import json
from pathlib import Path

from trustdelta.records import Json

N = 60
REFUSED, HELPFUL = "I'm sorry, but I can't help with that.", "Sure! First open the settings, then choose the folder."


def question(n: int) -> str:
    """One of the prompts."""
    return f"How do I rename file number {n} in my folder?"


def answer(n: int, every: int) -> str:
    """Every so many answers are refusals."""
    return REFUSED if n % every == 0 else HELPFUL


def lm_eval(every: int) -> Json:
    """lm-eval's samples of a task of type generate_until."""
    return [
        {
            "doc_id": n,
            "doc": {"question": question(n)},
            "target": "x",
            "arguments": {"gen_args_0": {"arg_0": question(n), "arg_1": {"until": []}}},
            "resps": [[answer(n, every)]],
            "filtered_resps": [answer(n, every)],
            "filter": "none",
            "metrics": ["exact_match"],
            "doc_hash": f"h{n}",
            "prompt_hash": f"p{n}",
            "exact_match": float(n % every != 0),
        }
        for n in range(N)
    ]


def inspect(every: int) -> Json:
    """Inspect's log as JSON."""
    samples = [
        {
            "id": n,
            "epoch": 1,
            "input": question(n),
            "messages": [
                {"role": "user", "content": question(n)},
                {"role": "assistant", "content": answer(n, every)},
            ],
            "output": {
                "choices": [
                    {"message": {"role": "assistant", "content": answer(n, every)}, "stop_reason": "stop"},
                ]
            },
            "scores": {"match": {"value": "I" if n % every == 0 else "C"}},
            "metadata": {},
        }
        for n in range(N)
    ]
    return {"version": 2, "status": "success", "eval": {"task": "t", "model": "m"}, "samples": samples}


def promptfoo() -> Json:
    """Promptfoo's output of two providers."""
    results = [
        {
            "promptIdx": 0,
            "testIdx": n,
            "prompt": {"raw": question(n), "label": "l"},
            "provider": {"id": provider},
            "response": {"output": answer(n, every), "finishReason": "stop"},
            "vars": {"question": question(n)},
            "failureReason": 0,
            "success": True,
            "score": float(n % every != 0),
            "namedScores": {},
        }
        for provider, every in (("openai:base", 20), ("openai:reasoner", 4))
        for n in range(N)
    ]
    return {"evalId": "e", "results": {"version": 3, "results": results}}


def garak(every: int) -> Json:
    """Garak's report."""
    attempts = [
        {
            "entry_type": "attempt",
            "uuid": f"u{n}",
            "status": 2,
            "probe_classname": f"probe.{n % 2}",
            "prompt": {"turns": [{"role": "user", "content": {"text": question(n), "lang": "en"}}]},
            "outputs": [{"text": answer(n, every), "lang": "en"}],
            "detector_results": {"d": [1.0]},
        }
        for n in range(N)
    ]
    return [{"entry_type": "init", "garak_version": "0.13"}, *attempts]


def helm(every: int) -> Json:
    """HELM's scenario state."""
    states = [
        {
            "instance": {"id": f"id{n}", "split": "test", "input": {"text": question(n)}, "references": []},
            "request": {"model": "m", "prompt": question(n)},
            "result": {
                "success": True,
                "completions": [{"text": answer(n, every), "finish_reason": {"reason": "stop"}}],
            },
        }
        for n in range(N)
    ]
    return {"adapter_spec": {"model": "m"}, "request_states": states}


def mlflow(every: int) -> Json:
    """MLflow's table of an evaluation."""
    rows = [[question(n), answer(n, every), float(n % every != 0)] for n in range(N)]
    return {"columns": ["inputs", "outputs", "score"], "data": rows}


def traces(every: int) -> Json:
    """MLflow's traces of an evaluation."""

    def trace(n: int) -> Json:
        inputs, outputs = json.dumps({"question": question(n)}), json.dumps(answer(n, every))
        attributes = {"mlflow.spanInputs": inputs, "mlflow.spanOutputs": outputs}
        helps = {"assessment_name": "helps", "feedback": {"value": n % every != 0}, "valid": True}
        return {
            "info": {"trace_id": f"tr-{n}", "state": "OK", "assessments": [helps]},
            "data": {"spans": [{"name": "agent", "span_id": "a", "parent_span_id": None, "attributes": attributes}]},
        }

    return [trace(n) for n in range(N)]


def deepeval(every: int) -> Json:
    """A test run of DeepEval."""
    cases = [
        {
            "name": f"test_case_{n}",
            "input": question(n),
            "actualOutput": answer(n, every),
            "metricsData": [{"name": "Helps", "threshold": 0.5, "success": True, "score": float(n % every != 0)}],
        }
        for n in range(N)
    ]
    return {"testCases": cases, "conversationalTestCases": []}


def requests() -> Json:
    """The requests of a batch."""
    return [
        {
            "custom_id": f"request-{n}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": [{"role": "user", "content": question(n)}]},
        }
        for n in range(N)
    ]


def batch(every: int) -> Json:
    """The outputs of a batch, in reverse."""
    return [
        {
            "id": f"b{n}",
            "custom_id": f"request-{n}",
            "response": {
                "status_code": 200,
                "request_id": f"r{n}",
                "body": {
                    "id": "c",
                    "object": "chat.completion",
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": answer(n, every)},
                            "finish_reason": "stop",
                        }
                    ],
                },
            },
            "error": None,
        }
        for n in reversed(range(N))
    ]


def write(folder: Path) -> None:
    """All files that the page names."""
    files = {"promptfoo.json": promptfoo(), "requests.jsonl": requests()}
    for name, every in (("a", 20), ("b", 4)):
        files |= {
            f"lm_eval_{name}.jsonl": lm_eval(every),
            f"inspect_{name}.json": inspect(every),
            f"garak_{name}.report.jsonl": garak(every),
            f"helm_{name}.json": helm(every),
            f"mlflow_{name}.json": mlflow(every),
            f"traces_{name}.jsonl": traces(every),
            f"deepeval_{name}.json": deepeval(every),
            f"batch_{name}.jsonl": batch(every),
        }
    for name, content in files.items():
        lines = name.endswith(".jsonl")
        text = "".join(json.dumps(row) + "\n" for row in content) if lines else json.dumps(content)
        (folder / name).write_text(text, "utf-8")
