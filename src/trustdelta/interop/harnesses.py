"""Files of further harnesses as flat rows.

HELM, promptfoo, DeepEval, MLflow's traces, garak, OpenAI's evals, lighteval, ZeroEval, and tables.

Formats are detected by their keys. Rows have the columns of `foreign.COLUMNS` that the harness writes; replies are
unchanged (`replies` reads them). Sources: the writers in the harnesses' repositories.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from trustdelta.records import Json

Rows = list[dict[str, Json]]
QUESTIONS = ("question", "problem", "query", "goal", "behavior", "original_question", "raw_question", "input_text")
"""Columns of the bare question, besides the text sent to the model."""
RATINGS = {"yes": 1.0, "no": 0.0}
"""Values of ratings in words, as MLflow reads them."""


def flat_harness(data: Json) -> Rows | None:
    """The rows of a harness's file; None for an unknown format."""
    return next((rows for read in HARNESSES if (rows := read(data)) is not None), None)


def row(prompt: Json, response: Json, **known: Json) -> dict[str, Json]:
    """One row with all columns of a log."""
    plain: dict[str, Json] = dict.fromkeys(("reasoning", "draw", "finish", "error", "id", "document", "model"))
    return {"prompt": prompt, "response": response, **plain, "questions": [], "scores": {}, "metadata": {}, **known}


def helm(data: Json) -> Rows | None:
    """HELM's `scenario_state.json`: one row per request; its completions are draws."""
    if not isinstance(data, Mapping) or not isinstance(data.get("request_states"), list):
        return None
    return [
        row(
            state["request"]["prompt"] or state["request"].get("messages"),
            state.get("result"),
            id=state["instance"].get("id"),
            questions=[state["instance"]["input"].get("text")],
            model=state["request"].get("model"),
        )
        for state in data["request_states"]
    ]


def promptfoo(data: Json) -> Rows | None:
    """Promptfoo's JSON output: one row per prompt, test and provider, with its score (`EvaluateResult`)."""
    results = data.get("results") if isinstance(data, Mapping) else None
    results = results.get("results") if isinstance(results, Mapping) else None
    if not isinstance(results, list) or not all("provider" in r and "prompt" in r for r in results):
        return None
    return [
        row(
            result["prompt"],
            result.get("response"),
            error=result.get("error") if not (result.get("response") or {}).get("output") else None,
            model=result["provider"].get("id") if isinstance(result["provider"], Mapping) else result["provider"],
            questions=[v for v in (result.get("vars") or {}).values() if isinstance(v, str)],
            scores=_promptfoo_scores(result),
        )
        for result in results
    ]


def _promptfoo_scores(result: Mapping[str, Json]) -> dict[str, Json]:
    """The score and the named scores of a result; none of a failed request, which promptfoo scores 0."""
    if result.get("error") and not (result.get("response") or {}).get("output"):
        return {}
    scored = {"score": result["score"]} if isinstance(result.get("score"), (int, float)) else {}
    return {**scored, **(result.get("namedScores") or {})}


def deepeval(data: Json) -> Rows | None:
    """DeepEval's test run (`.deepeval/.latest_test_run.json`, or of DEEPEVAL_RESULTS_FOLDER): a row per test case.

    A metric that failed has no score. Of a conversation the last turn is the response (`LLMApiTestCase`, `TurnApi`).
    """
    run = data.get("testRunData", data) if isinstance(data, Mapping) else None
    if not isinstance(run, Mapping) or not isinstance(run.get("testCases"), list):
        return None
    single = [_test_case(case, case["input"], case.get("actualOutput")) for case in run["testCases"]]
    return single + [_conversation(case) for case in run.get("conversationalTestCases") or ()]


def _test_case(case: Mapping[str, Json], prompt: Json, response: Json) -> dict[str, Json]:
    metrics = case.get("metricsData") or ()
    scores = {m["name"]: m["score"] for m in metrics if m.get("score") is not None and not m.get("error")}
    error = None if response is not None else "the test case has no actual output"
    known = {"error": error, "scores": {} if error else scores, "metadata": case.get("metadata") or {}}
    return row(prompt, response, **known)


def _conversation(case: Mapping[str, Json]) -> dict[str, Json]:
    turns = [{"role": t["role"], "content": t["content"]} for t in sorted(case["turns"], key=lambda t: t["order"])]
    answered = bool(turns) and turns[-1]["role"] == "assistant"
    return _test_case(case, turns[:-1] if answered else turns, turns[-1]["content"] if answered else None)


def mlflow_traces(data: Json) -> Rows | None:
    """MLflow's traces of an evaluation: `Trace.to_json`, or the rows of `search_traces`, one row per trace.

    Inputs and outputs are those of the root span. Scores are the valid feedback, averaged by name; "yes" is 1, "no" 0.
    MLflow also scores the missing output of a call that failed; that is no score here.
    """
    listed = data if isinstance(data, list) else [data]
    traces = [_trace(item) for item in listed if isinstance(item, Mapping)]
    if not traces or len(traces) != len(listed) or not all(traces):
        return None
    return [_traced(trace) for trace in traces if trace]


def _trace(item: Mapping[str, Json]) -> Mapping[str, Json] | None:
    """The trace of an item, which a table holds as a string beside its parts; None for other items."""
    trace = item.get("trace")
    whole = json.loads(trace) if isinstance(trace, str) and "assessments" in item else trace or item
    known = isinstance(whole, Mapping) and isinstance(whole.get("info"), Mapping) and "trace_id" in whole["info"]
    return whole if known and isinstance(whole.get("data"), Mapping) and "spans" in whole["data"] else None


def _traced(trace: Mapping[str, Json]) -> dict[str, Json]:
    info, spans = trace["info"], trace["data"]["spans"]
    root: Mapping[str, str] = next((span["attributes"] for span in spans if not span.get("parent_span_id")), {})
    inputs, outputs = (json.loads(root.get(f"mlflow.span{name}", "null")) for name in ("Inputs", "Outputs"))
    failed = "its trace ended in an error" if info.get("state") == "ERROR" else None
    error = failed or ("its trace has no output" if outputs is None else None)
    return row(
        _sent(inputs),
        outputs,
        error=error,
        id=info["trace_id"],
        questions=[v for v in inputs.values() if isinstance(v, str)] if isinstance(inputs, Mapping) else [],
        scores={} if error else _feedback(info.get("assessments") or ()),
    )


def _sent(inputs: Json) -> Json:
    """What the application was called with: its messages, its only text, or all of it as JSON."""
    if not isinstance(inputs, Mapping):
        return inputs
    if isinstance(inputs.get("messages"), list):
        return inputs["messages"]
    texts = list(inputs.values())
    return texts[0] if len(texts) == 1 and isinstance(texts[0], str) else json.dumps(inputs, ensure_ascii=False)


def _feedback(assessments: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    values: dict[str, list[float]] = defaultdict(list)
    for assessment in assessments:
        feedback = assessment.get("feedback") or {}
        value = RATINGS.get(str(feedback.get("value")).lower(), feedback.get("value"))
        valid = assessment.get("valid") is not False and not feedback.get("error")
        if valid and isinstance(value, (int, float)):
            values[assessment["assessment_name"]].append(float(value))
    return {name: fmean(several) for name, several in values.items()}


def garak(data: Json) -> Rows | None:
    """Garak's report: one row per attempt, from its last entry; outputs are draws, and a missing one is a failure."""
    if not isinstance(data, list) or not any(isinstance(e, Mapping) and "entry_type" in e for e in data):
        return None
    attempts = {e.get("uuid", i): e for i, e in enumerate(data) if e.get("entry_type") == "attempt"}
    return [
        row(e["prompt"], e.get("outputs") or None, id=e.get("uuid"), metadata={"probe": e.get("probe_classname")})
        for e in attempts.values()
    ]


def openai_evals(data: Json) -> Rows | None:
    """The event log of OpenAI's evals: one row per event of type sampling."""
    if not isinstance(data, list) or not any(isinstance(e, Mapping) and e.get("type") == "sampling" for e in data):
        return None
    events = [e for e in data if isinstance(e, Mapping) and e.get("type") == "sampling" and "sampled" in e["data"]]
    return [row(e["data"]["prompt"], e["data"]["sampled"], id=e.get("sample_id")) for e in events]


def lighteval(data: Json) -> Rows | None:
    """Lighteval's details: the text sent to the model, its responses, and the document's query."""
    if not _each(data, ("doc", "model_response")):
        return None
    return [
        row(detail["model_response"].get("input") or detail["doc"]["query"], {**detail["model_response"], "input":
        None},
            id=detail["doc"].get("id"), questions=[detail["doc"]["query"]])
        for detail in data
    ]  # fmt: skip


def zeroeval(data: Json) -> Rows | None:
    """ZeroEval's result file: the chat sent to the model, its outputs as draws, and the bare question."""
    if not _each(data, ("session_id", "chat_history", "output", "generator")):
        return None
    return [
        row(
            result["chat_history"],
            result["output"],
            id=result.get("id"),
            model=result["generator"],
            questions=_questions(result),
        )
        for result in data
    ]


def split_table(data: Json) -> Rows | None:
    """A table as columns and rows of values: pandas in orientation `split`, MLflow's and W&B's tables."""
    if not isinstance(data, Mapping) or not isinstance(data.get("data"), list):
        return None
    columns = data.get("columns")
    if not isinstance(columns, list) or not all(isinstance(values, list) for values in data["data"]):
        return None
    return [dict(zip(map(str, columns), values, strict=True)) for values in data["data"]]


def numbered(data: Json) -> Rows | None:
    """Rows of an object by number, as in OpenCompass and pandas (orientation `index`)."""
    if not isinstance(data, Mapping) or not data or not all(str(k).isdigit() for k in data):
        return None
    return [dict(values) for values in data.values()] if all(isinstance(v, Mapping) for v in data.values()) else None


def one_list(data: Json) -> Rows | None:
    """The rows of an object with exactly one list of objects."""
    if not isinstance(data, Mapping):
        return None
    lists = [v for v in data.values() if isinstance(v, list) and v and all(isinstance(x, Mapping) for x in v)]
    alone = len(lists) == 1 and not any(key in data for key in ("prompt", "messages", "question", "response"))
    return [dict(values) for values in lists[0]] if alone else None


def by_prompt(data: Json) -> Rows | None:
    """An object whose keys are prompts and whose values are responses."""
    if not isinstance(data, Mapping) or not data or not all(isinstance(v, str) for v in data.values()):
        return None
    named = {"prompt", "question", "instruction", "query", "problem", "input", "response", "completion", "output"}
    return None if named & data.keys() else [{"prompt": key, "response": value} for key, value in data.items()]


HARNESSES: tuple[Callable[[Any], Rows | None], ...] = (
    helm,
    promptfoo,
    deepeval,
    mlflow_traces,
    garak,
    openai_evals,
    lighteval,
    zeroeval,
)
"""Readers of logs with known columns; readers of tables with other columns follow (TABLES)."""
TABLES: tuple[Callable[[Any], Rows | None], ...] = (split_table, numbered, one_list, by_prompt)


def _each(data: Json, keys: tuple[str, ...]) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(r, Mapping) and r.keys() >= set(keys) for r in data)


def _questions(document: Mapping[str, Json]) -> list[str]:
    return list(_texts(document))


def _texts(document: Mapping[str, Json]) -> Iterator[str]:
    yield from (document[name] for name in QUESTIONS if isinstance(document.get(name), str))
