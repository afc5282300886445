"""Files of recorded responses in the shapes that APIs and harnesses write, each with its right reading."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from trustdelta.records import Finish, Json

STOP, CUT, FAILED, OPEN = Finish.STOP, Finish.LENGTH, Finish.ERROR, Finish.UNKNOWN
SAID = {"role": "assistant", "content": "A"}
ASK = [{"role": "user", "content": "Q"}]


@dataclass(frozen=True)
class Right:
    """One response as it should be read: what was asked last, the text, the thinking field, how it ended."""

    question: str = "Q"
    text: str = "A"
    finish: Finish = OPEN
    reasoning: str | None = None
    moderated: bool = False


@dataclass(frozen=True)
class Shape:
    """A file: its rows (or one value, or a text), the columns given, and its responses or the words of its refusal."""

    id: str
    content: Json
    right: tuple[Right, ...] | str
    columns: dict[str, Json] = field(default_factory=dict)
    name: str = "r.jsonl"

    @property
    def text(self) -> str:
        """The file's text: JSON lines for a list, JSON for an object."""
        if isinstance(self.content, str):
            return self.content
        lines = self.content if isinstance(self.content, list) and self.name.endswith("l") else [self.content]
        return "".join(json.dumps(line) + "\n" for line in lines)


def one(id: str, row: Json, right: Right | str, **columns: Json) -> Shape:
    """A file of one row."""
    return Shape(id, [row], right if isinstance(right, str) else (right,), columns)


def chat(finish: Json = "stop", **message: Json) -> Json:
    """A chat completion of OpenAI's API."""
    return {"object": "chat.completion", "choices": [{"index": 0, "message": SAID | message, "finish_reason": finish}]}


BLOCKS = [{"type": "thinking", "thinking": "T", "signature": "s"}, {"type": "text", "text": "A"}]
ITEMS = [
    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "T"}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "A", "annotations": []}]},
]

REPLIES = (
    one("openai chat", {"prompt": "Q", "response": chat()}, Right(finish=STOP)),
    one("openai chat is the row", {"prompt": "Q", **chat("length")}, Right(finish=CUT)),
    one("openai legacy", {"prompt": "Q", "choices": [{"text": "A", "finish_reason": "stop"}]}, Right(finish=STOP)),
    one("openai empty choices", {"prompt": "Q", "response": {"choices": []}}, Right(text="", finish=FAILED)),
    one("openai refusal field", {"prompt": "Q", "response": chat(content=None, refusal="A")}, Right(finish=STOP)),
    one("openai filter", {"prompt": "Q", "response": chat("content_filter", content=None)},
        Right(text="", finish=FAILED, moderated=True)),
    one("azure 400 filter", {"prompt": "Q", "response": {"error": {"code": "content_filter", "message": "no"}}},
        Right(text="", finish=FAILED, moderated=True)),
    one("openai batch", {"custom_id": "1", "prompt": "Q", "error": None,
        "response": {"status_code": 200, "request_id": "x", "body": chat()}}, Right(finish=STOP)),
    one("openai batch 500", {"custom_id": "1", "prompt": "Q",
        "response": {"status_code": 500, "body": {}}, "error": None}, Right(text="", finish=FAILED)),
    one("openai batch expired", {"custom_id": "1", "prompt": "Q", "response": None,
        "error": {"code": "batch_expired", "message": "late"}}, Right(text="", finish=FAILED)),
    one("openrouter reasoning", {"prompt": "Q", "response": chat(reasoning="T")}, Right(finish=STOP, reasoning="T")),
    one("vllm reasoning_content", {"messages": ASK, "response": chat(reasoning_content="T")},
        Right(finish=STOP, reasoning="T")),
    one("reasoning details", {"prompt": "Q", "response": chat(
        reasoning_details=[{"type": "reasoning.text", "text": "T"}])}, Right(finish=STOP, reasoning="T")),
    one("mistral content list", {"prompt": "Q", "response": chat(content=[
        {"type": "thinking", "thinking": [{"type": "text", "text": "T"}]}, {"type": "text", "text": "A"}])},
        Right(finish=STOP, reasoning="T")),
    one("two choices are two draws", {"prompt": "Q", "response": {"choices": [
        {"message": {"content": "A"}, "finish_reason": "stop"},
        {"message": {"content": "B"}, "finish_reason": "length"},
        ]}}, "draws"),
    one("responses api", {"prompt": "Q", "response": {"object": "response", "status": "completed", "output": ITEMS}},
        Right(finish=STOP, reasoning="T")),
    one("responses api, cut", {"prompt": "Q", "response": {"object": "response", "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"}, "output": ITEMS}}, Right(finish=CUT, reasoning="T")),
    one("responses api, filtered", {"prompt": "Q", "response": {"object": "response", "status": "incomplete",
        "incomplete_details": {"reason": "content_filter"}, "output": ITEMS[:1]}},
        Right(text="", finish=FAILED, reasoning="T", moderated=True)),
    one("responses api, refusal", {"input": "Q", "object": "response", "status": "completed", "output": [
        {"type": "message", "content": [{"type": "refusal", "refusal": "A"}]}]}, Right(finish=STOP)),
    one("responses api, failed", {"prompt": "Q", "response": {"object": "response", "status": "failed",
        "error": {"code": "server_error", "message": "x"}, "output": []}}, Right(text="", finish=FAILED)),
    one("responses api, its list alone", {"prompt": "Q", "output": ITEMS}, Right(reasoning="T")),
    one("anthropic", {"messages": ASK, "response": {"type": "message", "role": "assistant", "content": BLOCKS,
        "stop_reason": "end_turn"}}, Right(finish=STOP, reasoning="T")),
    one("anthropic is the row", {"prompt": "Q", "role": "assistant", "content": BLOCKS, "stop_reason": "max_tokens"},
        Right(finish=CUT, reasoning="T")),
    one("anthropic refusal", {"prompt": "Q", "response": {"type": "message", "content": [], "stop_reason": "refusal"}},
        Right(text="", finish=FAILED, moderated=True)),
    one("anthropic batch", {"custom_id": "1", "prompt": "Q", "result": {"type": "succeeded", "message": {
        "type": "message", "role": "assistant", "content": BLOCKS, "stop_reason": "end_turn"}}},
        Right(finish=STOP, reasoning="T")),
    one("anthropic batch errored", {"custom_id": "1", "prompt": "Q", "result": {"type": "errored", "error": {
        "type": "invalid_request_error", "message": "x"}}}, Right(text="", finish=FAILED)),
    one("gemini", {"prompt": "Q", "response": {"candidates": [{"content": {"role": "model", "parts": [
        {"text": "T", "thought": True}, {"text": "A"}]}, "finishReason": "STOP"}]}}, Right(finish=STOP, reasoning="T")),
    one("gemini is the row", {"prompt": "Q", "candidates": [{"content": {"parts": [{"text": "A"}]},
        "finishReason": "MAX_TOKENS"}], "usageMetadata": {}}, Right(finish=CUT)),
    one("gemini safety", {"prompt": "Q", "response": {"candidates": [{"finishReason": "SAFETY"}]}},
        Right(text="", finish=FAILED, moderated=True)),
    one("gemini blocked prompt", {"prompt": "Q", "response": {"promptFeedback": {"blockReason": "SAFETY"}}},
        Right(text="", finish=FAILED, moderated=True)),
    one("gemini without candidates", {"prompt": "Q", "response": {"candidates": []}}, Right(text="", finish=FAILED)),
    one("vertex batch", {"status": "", "request": {"contents": [{"role": "user", "parts": [{"text": "Q"}]}]},
        "response": {"candidates": [{"content": {"parts": [{"text": "A"}]}, "finishReason": "STOP"}]}},
        Right(finish=STOP)),
    one("bedrock converse", {"prompt": "Q", "response": {"output": {"message": {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "T"}}}, {"text": "A"}]}}, "stopReason": "end_turn"}},
        Right(finish=STOP, reasoning="T")),
    one("bedrock guardrail", {"prompt": "Q", "output": {"message": {"role": "assistant", "content": [
        {"text": "Sorry"}]}}, "stopReason": "guardrail_intervened"},
        Right(text="Sorry", finish=FAILED, moderated=True)),
    one("bedrock batch", {"recordId": "1", "modelInput": {"messages": [{"role": "user", "content": [
        {"type": "text", "text": "Q"}]}]}, "modelOutput": {"role": "assistant", "content": [
        {"type": "text", "text": "A"}], "stop_reason": "end_turn"}}, Right(finish=STOP)),
    one("bedrock titan", {"prompt": "Q", "response": {"results": [{"outputText": "A", "completionReason": "FINISH"}]}},
        Right(finish=STOP)),
    one("cohere", {"prompt": "Q", "response": {"finish_reason": "COMPLETE", "message": {"role": "assistant",
        "content": [{"type": "text", "text": "A"}]}}}, Right(finish=STOP)),
    one("ollama chat", {"messages": ASK, "response": {"model": "m", "message": {"role": "assistant", "content": "A",
        "thinking": "T"}, "done": True, "done_reason": "stop"}}, Right(finish=STOP, reasoning="T")),
    one("ollama generate is the row", {"prompt": "Q", "model": "m", "response": "A", "done": True,
        "done_reason": "length"}, Right(finish=CUT)),
    one("tgi", {"prompt": "Q", "response": {"generated_text": "A", "details": {"finish_reason": "eos_token",
        "generated_tokens": 3}}}, Right(finish=STOP)),
    one("pipeline list", {"prompt": "Q", "response": [{"generated_text": "A"}]}, Right()),
    one("sglang", {"prompt": "Q", "response": {"text": "A", "meta_info": {"finish_reason": {"type": "length",
        "length": 8}}}}, Right(finish=CUT)),
    one("vllm outputs", {"request_id": "0", "prompt": "Q", "outputs": [{"index": 0, "text": "A",
        "finish_reason": "stop", "stop_reason": None}], "finished": True}, Right(finish=STOP)),
    one("vllm no outputs", {"request_id": "0", "prompt": "Q", "outputs": []}, Right(text="", finish=FAILED)),
    one("vllm aborted", {"prompt": "Q", "outputs": [{"index": 0, "text": "Half", "finish_reason": "abort"}]},
        Right(text="Half", finish=FAILED)),
    one("tool call and no text", {"prompt": "Q", "response": chat("tool_calls", content=None, tool_calls=[
        {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}])},
        Right(text="look({})", finish=STOP)),
)  # fmt: skip

TABLES = (
    one("gold beside the model's", {"question": "Q", "answer": "G", "model_output": "A"}, "answer.*model_output"),
    one("two models side by side", {"prompt": "Q", "base_response": "A", "tuned_response": "B"},
        "base_response.*tuned_response"),
    one("gold columns by name are none", {"prompt": "Q", "reference_answer": "G", "response": "A",
        "expected_output": "G"}, Right()),
    one("counts and ids are none", {"prompt": "Q", "response_id": "r1", "response": "A", "output_tokens": 3,
        "completion_length": 1, "output_file": "x.txt"}, Right()),
    one("actual output", {"input": "Q", "actual_output": "A", "expected_output": "G", "retrieval_context": ["c"]},
        Right()),
    one("a finish column beside", {"prompt": "Q", "completion": "A", "finish_reason": "length"}, Right(finish=CUT)),
    one("a thinking column beside", {"prompt": "Q", "response": "A", "reasoning_content": "T"}, Right(reasoning="T")),
    one("error text", {"prompt": "Q", "response": None, "error": "timeout after 600 s"}, Right(text="", finish=FAILED)),
    one("error beside a text", {"prompt": "Q", "response": "Internal server error", "error": {"code": 500}},
        Right(text="Internal server error", finish=FAILED)),
    one("empty error is none", {"prompt": "Q", "response": "A", "error": ""}, Right()),
    one("client's error as the text", {"prompt": "Q", "response": "Error code: 429 - {'error': {'message': 'x'}}"},
        Right(text="Error code: 429 - {'error': {'message': 'x'}}", finish=FAILED)),
    one("a model writes of an error", {"prompt": "Q", "response": "ZeroDivisionError: division by zero"},
        Right(text="ZeroDivisionError: division by zero")),
    one("null and nothing else", {"prompt": "Q", "response": None}, Right(text="", finish=FAILED)),
    one("blank is an answer", {"prompt": "Q", "response": ""}, Right(text="")),
    one("alpaca", {"instruction": "Do", "input": "this", "output": "A"}, Right("Do\n\nthis")),
    one("alpaca without input", {"instruction": "Do", "input": "", "output": "A"}, Right("Do")),
    one("alpaca eval", {"instruction": "Q", "output": "A", "generator": "m", "dataset": "d"}, Right()),
    one("sharegpt", {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}, Right()),
    one("messages end in the answer", {"messages": [*ASK, SAID]}, Right()),
    one("messages end in the same answer", {"messages": [*ASK, SAID], "response": "A"}, Right()),
    one("messages as text", {"prompt": json.dumps(ASK), "response": "A"}, Right()),
    one("a request's body", {"request": {"model": "m", "messages": ASK}, "response": chat()}, Right(finish=STOP)),
    one("developer and parts", {"messages": [{"role": "developer", "content": "S"}, {"role": "user", "content": [
        {"type": "input_text", "text": "Q"}]}], "response": "A"}, Right()),
    one("several models", {"model": "x", "prompt": "Q", "response": "A"}, Right()),
    Shape("several models in one file", [{"model": "x", "prompt": "Q", "response": "A"},
        {"model": "y", "prompt": "Q", "response": "B"}], r"'x', 'y'.*where=model=x"),
    Shape("one of several models", [{"model": "x", "prompt": "Q", "response": "B"},
        {"model": "y", "prompt": "Q", "response": "A"}], (Right(),), {"where": "model=y"}),
    Shape("a model that is not there", [{"model": "x", "prompt": "Q", "response": "B"}], "no row.*'x'",
        {"where": "model=z"}),
    Shape("twice the same column", "prompt,response,response\nQ,A,B\n", "'response' twice", name="r.csv"),
    Shape("pandas split", {"columns": ["inputs", "outputs", "score"], "index": [0], "data": [["Q", "A", 1]]},
        (Right(),), name="eval_results_table.json"),
    Shape("wandb table of completions", {"columns": ["step", "prompt", "completion", "reward"], "data": [
        [1, "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n<think>\n", "T</think>A", 0.5]]},
        (Right(text="T</think>A"),), name="completions.table.json"),
    Shape("completions without special tokens", [{"step": 1, "prompt": "system\nS\nuser\nQ\nassistant\n",
        "completion": "A"}], (Right(),)),
    Shape("rows by their number", {"0": {"origin_prompt": [{"role": "HUMAN", "prompt": "Q"}], "prediction": "A",
        "gold": "G"}}, (Right(),), name="r.json"),
    Shape("rows below one key", {"parameters": {"model": "m"}, "jailbreaks": [{"prompt": "Q", "response": "A",
        "goal": "g"}]}, (Right(),), name="r.json"),
)  # fmt: skip

LOGS = (
    Shape("helm", {"adapter_spec": {"model": "m"}, "request_states": [{
        "instance": {"id": "id0", "split": "test", "input": {"text": "Q"}, "references": [{"output": {"text": "G"}}]},
        "request": {"model": "m", "prompt": "Question: Q\nAnswer:"},
        "result": {"success": True, "completions": [{"text": "A", "finish_reason": {"reason": "length"}}]}}]},
        (Right("Question: Q\nAnswer:", finish=CUT),), name="scenario_state.json"),
    Shape("helm failed", {"adapter_spec": {}, "request_states": [{"instance": {"id": "id0", "input": {"text": "Q"}},
        "request": {"prompt": "Q"}, "result": {"success": False, "completions": [], "error": "x"}}]},
        (Right(text="", finish=FAILED),), name="scenario_state.json"),
    Shape("promptfoo", {"evalId": "e", "results": {"version": 3, "results": [{"prompt": {"raw": "Q", "label": "l"},
        "provider": {"id": "openai:m"}, "response": {"output": "A", "tokenUsage": {}, "finishReason": "stop"},
        "success": False, "score": 0, "vars": {"q": "Q"}}]}}, (Right(finish=STOP),), name="r.json"),
    Shape("promptfoo chat and error", {"evalId": "e", "results": {"version": 3, "results": [{"prompt": {
        "raw": json.dumps(ASK), "label": "l"}, "provider": {"id": "p"}, "response": {"error": "API error: 500"},
        "error": "API error: 500", "success": False}]}}, (Right(text="", finish=FAILED),), name="r.json"),
    Shape("promptfoo two providers", {"evalId": "e", "results": {"version": 3, "results": [
        {"prompt": {"raw": "Q"}, "provider": {"id": "a"}, "response": {"output": "A"}},
        {"prompt": {"raw": "Q"}, "provider": {"id": "b"}, "response": {"output": "B"}}]}}, "where=model=a",
        name="r.json"),
    Shape("garak", [{"entry_type": "init", "garak_version": "0.13"},
        {"entry_type": "attempt", "uuid": "u", "status": 1, "probe_classname": "dan.X", "prompt": "Q", "outputs": []},
        {"entry_type": "attempt", "uuid": "u", "status": 2, "probe_classname": "dan.X",
         "prompt": {"turns": [{"role": "user", "content": {"text": "Q", "lang": "en"}}]},
         "outputs": [{"text": "A", "lang": "en"}, None], "detector_results": {"d": [1.0, None]}},
        {"entry_type": "eval", "probe": "dan.X", "detector": "d", "passed": 0, "total": 1}],
        (Right(), Right(text="", finish=FAILED)), name="garak.x.report.jsonl"),
    Shape("garak of old", [{"entry_type": "start_run setup"}, {"entry_type": "attempt", "uuid": "u", "status": 2,
        "prompt": "Q", "outputs": ["A"]}], (Right(),)),
    Shape("zeroeval", [{"session_id": "x-#0", "chat_history": ["Task: Q"], "model_input": "n/a", "output": ["A"],
        "generator": "m", "configs": {}, "id": "0", "question": "Q", "answer": "G"}], (Right("Task: Q"),),
        name="r.json"),
    Shape("lm-eval flat", [{"doc_id": 0, "doc": {"question": "Q"}, "arguments": {"gen_args_0": {"arg_0": "Q",
        "arg_1": {"until": []}}}, "resps": ["A"], "filter": "none"}], (Right(),)),
    Shape("lm-eval flat repeats", [{"doc_id": 0, "doc": {"question": "Q"}, "arguments": {"gen_args_0": {"arg_0": "Q",
        "arg_1": {"until": []}}}, "resps": [["A", "B"]], "filter": "none"}], (Right(), Right(text="B"))),
    Shape("lm-eval one log-likelihood", [{"doc_id": 0, "doc": {}, "arguments": {"gen_args_0": {"arg_0": "Q",
        "arg_1": " yes"}}, "resps": [["-1.5", "True"]], "filter": "none"}], "log-likelihoods"),
    Shape("inspect failed", {"version": 2, "status": "error", "eval": {"task": "t", "model": "m"}, "error": {
        "message": "boom"}, "samples": []}, "ended in status 'error'.*boom", name="r.json"),
    Shape("inspect cancelled", {"version": 2, "status": "cancelled", "eval": {"task": "t", "model": "m"}}, "cancelled",
        name="r.json"),
    Shape("openai evals", [{"run_id": "r", "event_id": 0, "sample_id": "s.0", "type": "sampling", "data": {
        "prompt": ASK, "sampled": ["A"]}}, {"run_id": "r", "event_id": 1, "sample_id": "s.0", "type": "match",
        "data": {"correct": True}}], (Right(),)),
    Shape("lighteval", [{"doc": {"query": "Q", "task_name": "t", "gold_index": 0}, "model_response": {
        "input": ASK, "text": ["A"]}, "metric": {"em": 1}}], (Right(),)),
)  # fmt: skip


def csv(id: str, text: str, *right: Right | str, **columns: Json) -> Shape:
    """A file of comma-separated values."""
    return Shape(id, text, right[0] if isinstance(right[0], str) else tuple(right), columns, "r.csv")  # type: ignore[arg-type]


NAN = float("nan")
FURTHER = (
    one("gold answer beside a text", {"question": "Q", "answer": "G", "text": "A"}, "answer.*text"),
    one("completion and output", {"prompt": "Q", "completion": "A", "output": "B"}, "completion.*output"),
    one("answer and prediction", {"question": "Q", "answer": "G", "prediction": "A"}, "answer.*prediction"),
    one("answer and a solution", {"question": "Q", "answer": "A", "solution": "G"}, "answer.*solution"),
    one("a solution beside the response", {"problem": "Q", "solution": "G", "response": "A"}, Right()),
    one("text repeats prompt and response", {"prompt": "Q", "response": "A", "text": "Q A"}, Right()),
    one("alpaca's own text", {"instruction": "Q", "input": "", "output": "A",
        "text": "### Instruction: Q ### Response: A"},
        Right()),
    one("two equal columns are one", {"prompt": "Q", "response": "A", "output": "A"}, Right()),
    one("chosen, rejected and the model's", {"prompt": "Q", "chosen": "G", "rejected": "H", "response": "A"}, Right()),
    one("a judge's words", {"prompt": "Q", "response": "A", "judge_response": "fine", "judge_output": "1"}, Right()),
    one("a result of a test", {"prompt": "Q", "response": "A", "result": "pass"}, Right()),
    one("camel case", {"prompt": "Q", "modelResponse": "A", "expectedOutput": "G"}, Right()),
    one("human and model answers", {"question": "Q", "human_answer": "G", "model_answer": "A"}, Right()),
    one("null choices", {"prompt": "Q", "response": {"choices": None, "error": None}}, Right(text="", finish=FAILED)),
    one("a null message", {"prompt": "Q", "response": {"choices": [{"message": None, "finish_reason": None}]}},
        Right(text="", finish=FAILED)),
    one("null outputs", {"prompt": "Q", "outputs": None}, Right(text="", finish=FAILED)),
    one("an empty list of responses", {"prompt": "Q", "responses": []}, Right(text="", finish=FAILED)),
    one("a list with nothing in it", {"prompt": "Q", "responses": [None]}, Right(text="", finish=FAILED)),
    one("a status of its own column", {"prompt": "Q", "status_code": 429, "response": "Too many requests"},
        Right(text="Too many requests", finish=FAILED)),
    one("a status within", {"prompt": "Q", "response": {"status": 500, "body": "Internal Server Error"}},
        Right(text="Internal Server Error", finish=FAILED)),
    one("a failed state", {"prompt": "Q", "response": "", "status": "failed"}, Right(text="", finish=FAILED)),
    one("a state of a good one", {"prompt": "Q", "response": "A", "status": "success"}, Right()),
    one("error as a list", {"prompt": "Q", "response": "", "errors": ["timeout"]}, Right(text="", finish=FAILED)),
    one("an exception", {"prompt": "Q", "response": None, "exception": "ReadTimeout()"}, Right(text="", finish=FAILED)),
    one("moderated by code in a row", {"prompt": "Q", "response": None, "error": {"code": "content_policy_violation"}},
        Right(text="", finish=FAILED, moderated=True)),
    one("error within the output", {"prompt": "Q", "output": {"error": {"message": "overloaded"}}},
        Right(text="", finish=FAILED)),
    one("openai's own error text", {"prompt": "Q", "response": "openai.RateLimitError: Error code: 429"},
        Right(text="openai.RateLimitError: Error code: 429", finish=FAILED)),
    csv("errors of a table", "prompt,response,error\nQ,A,None\nR,B,nan\nS,,timeout\n", Right(), Right("R", "B"),
        Right("S", "", FAILED)),
    one("not a number for nothing", {"prompt": "Q", "response": NAN, "error": NAN}, Right(text="", finish=FAILED)),
    Shape("a number for nothing among texts", [{"prompt": "Q", "response": "A"}, {"prompt": "R", "response": NAN}],
        (Right(), Right("R", "", FAILED))),
    one("a cut of another name", {"prompt": "Q", "response": "A", "finish_reason": "max_length_exceeded"},
        Right(finish=CUT)),
    one("a filter of another name", {"prompt": "Q", "response": "", "stop_reason": "blocked_by_safety_system"},
        Right(text="", finish=FAILED, moderated=True)),
    one("a failure of another name", {"prompt": "Q", "response": "A", "finish_reason": "upstream_connection_error"},
        Right(finish=FAILED)),
    one("nothing to say of the end", {"prompt": "Q", "response": "A", "finish_reason": "banana"}, Right()),
    one("dolly", {"instruction": "Do", "context": "this", "response": "A", "category": "c"}, Right("Do\n\nthis")),
    one("dolly without context", {"instruction": "Do", "context": None, "response": "A"}, Right("Do")),
    one("alpaca's prompt named", {"instruction": "Do", "input": "this", "output": "A"}, Right("Do\n\nthis"),
        prompt="instruction"),
    Shape("several models by another name", [{"model_name": m, "prompt": "Q", "response": m} for m in "xy"],
        "where=model_name=x"),
    Shape("models as objects", [{"model": {"name": m}, "prompt": "Q", "response": m} for m in "xy"], "'x', 'y'"),
    Shape("two conditions", [{"model": m, "split": s, "prompt": "Q", "response": m + s} for m in "xy" for s in "ab"],
        (Right(text="ya"),), {"where": ["model=y", "split=a"]}),
    Shape("a condition as a mapping", [{"model": m, "prompt": "Q", "response": m} for m in "xy"], (Right(text="y"),),
        {"where": {"model": "y"}}),
    Shape("any model", [{"model": m, "prompt": m, "response": "A"} for m in "xy"], (Right("x"), Right("y")),
        {"where": "model=*"}),
    one("a picture in the prompt", {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}},
        {"type": "text", "text": "Q"}]}], "response": "A"}, Right("[image_url]Q")),
    one("blocks of anthropic's tools", {"messages": [
        {"role": "user", "content": "P"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "Q"}]}]},
        ], "response": "A"}, Right()),
    one("gemini's contents", {"contents": [{"role": "user", "parts": [{"text": "Q"}]}], "response": "A"}, Right()),
    one("responses api input", {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Q"}]}],
        "output": ITEMS}, Right(reasoning="T")),
    one("system beside the messages", {"request": {"system": "S", "messages": ASK}, "response": "A"}, Right()),
    one("messages as text, python's quotes", {"prompt": str(ASK), "response": "A"}, Right()),
    one("a list of one text", {"prompt": ["Q"], "response": ["A"]}, Right()),
    one("responses batch", {"custom_id": "1", "prompt": "Q", "response": {"status_code": 200, "body": {
        "object": "response", "status": "completed", "output": ITEMS}}}, Right(finish=STOP, reasoning="T")),
    one("a reply as text", {"prompt": "Q", "response": json.dumps(chat("length"))}, Right(finish=CUT)),
    one("an answer in json stays", {"prompt": "Q", "response": '{"answer": "4"}'}, Right(text='{"answer": "4"}')),
    Shape("lm-eval, repeats apart", [{"doc_id": 0, "doc": {"q": "Q"}, "arguments": [["Q", {"until": []}]],
        "resps": [["A"], ["B"]]}], (Right(), Right(text="B"))),
    Shape("lm-eval, two choices", [{"doc_id": 0, "doc": {"q": "Q"}, "arguments": [["Q", " a"], ["Q", " b"]],
        "resps": [["-1.0", "True"], ["-2.0", "False"]]}], "log-likelihoods"),
    csv("semicolons", "prompt;response\nQ;A, B\n", Right(text="A, B")),
    Shape("an object from prompts to answers", {"Q": "A", "R": "B"}, (Right(), Right("R", "B")), name="r.json"),
    Shape("an object that is one row", {"prompt": "Q", "response": "A"}, (Right(),), name="r.json"),
    Shape("json lines under another name", '{"prompt": "Q", "response": "A"}\n{"prompt": "R", "response": "B"}\n',
        (Right(), Right("R", "B")), name="r.json"),
)  # fmt: skip

SHAPES = (*REPLIES, *TABLES, *LOGS, *FURTHER)

RENDERED = {
    "chatml": "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n",
    "chatml, open thought": "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n<think>\n",
    "chatml, closed thought": "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
    "phi-4": "<|im_start|>user<|im_sep|>Q<|im_end|><|im_start|>assistant<|im_sep|>",
    "kimi": "<|im_system|>system<|im_middle|>S<|im_end|><|im_user|>user<|im_middle|>Q<|im_end|>"
    "<|im_assistant|>assistant<|im_middle|>",
    "llama 3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nQ<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    "llama 4": "<|begin_of_text|><|header_start|>user<|header_end|>\n\nQ<|eot|>"
    "<|header_start|>assistant<|header_end|>\n\n",
    "deepseek": "<｜begin▁of▁sentence｜>S<｜User｜>Q<｜Assistant｜><think>\n",
    "deepseek, thinking off": "<｜begin▁of▁sentence｜><｜User｜>Q<｜Assistant｜></think>",
    "gemma": "<bos><start_of_turn>user\nQ<end_of_turn>\n<start_of_turn>model\n",
    "gemma 4": "<bos><|turn>system\nS<turn|>\n<|turn>user\nQ<turn|>\n<|turn>model\n",
    "mistral": "<s>[INST] Q[/INST]",
    "mistral system": "<s>[SYSTEM_PROMPT]S[/SYSTEM_PROMPT][INST]Q[/INST]",
    "llama 2": "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nQ [/INST]",
    "phi-3": "<|system|>\nS<|end|>\n<|user|>\nQ<|end|>\n<|assistant|>\n",
    "zephyr": "<|system|>\nS</s>\n<|user|>\nQ</s>\n<|assistant|>\n",
    "tulu": "<|user|>\nQ\n<|assistant|>\n",
    "glm": "[gMASK]<sop><|system|>\nS<|user|>\nQ<|assistant|>\n<think>",
    "cohere": "<BOS_TOKEN><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>S<|END_OF_TURN_TOKEN|>"
    "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Q<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
    "gpt-oss": "<|start|>system<|message|>S<|end|><|start|>user<|message|>Q<|end|><|start|>assistant",
    "granite": "<|start_of_role|>system<|end_of_role|>S<|end_of_text|>\n"
    "<|start_of_role|>user<|end_of_role|>Q<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>",
    "exaone": "[|system|]S[|endofturn|]\n[|user|]Q\n[|assistant|]",
    "hunyuan": "<｜hy_begin▁of▁sentence｜>S<｜hy_User｜>Q<｜hy_Assistant｜>",
    "minimax": "]~!b[]~b]system\nS[e~[\n]~b]user\nQ[e~[\n]~b]ai\n<think>\n",
    "apertus": "<s><|system_start|>S<|system_end|><|user_start|>Q<|user_end|><|assistant_start|>",
    "seed": "<seed:bos>system\nS<seed:eos><seed:bos>user\nQ<seed:eos><seed:bos>assistant\n",
    "solar": "<|begin|>system<|content|>S<|end|><|begin|>user<|content|>Q<|end|><|begin|>assistant",
    "nemotron": "<SPECIAL_10>System\nS\n<SPECIAL_11>User\nQ\n<SPECIAL_11>Assistant\n<think>\n",
    "jamba": "<|startoftext|><|bom|><|system|> S<|eom|><|bom|><|user|> Q<|eom|><|bom|><|assistant|>",
    "openchat": "<s>GPT4 Correct User: Q<|end_of_turn|>GPT4 Correct Assistant:",
    "vicuna": "S USER: Q ASSISTANT:",
    "alpaca": "Below is an instruction that describes a task. Write a response that appropriately completes the "
    "request.\n\n### Instruction:\nQ\n\n### Response:\n",
    "human and assistant": "\n\nHuman: Q\n\nAssistant:",
    "without special tokens": "system\nS\nuser\nQ\nassistant\n",
}
"""One question, behind the system text S where WITH_SYSTEM says so, as the families' templates render it."""

WITH_SYSTEM = frozenset(
    (
        "chatml",
        "kimi",
        "llama 3",
        "deepseek",
        "gemma 4",
        "mistral system",
        "llama 2",
        "phi-3",
        "zephyr",
        "glm",
        "cohere",
        "gpt-oss",
        "granite",
        "exaone",
        "hunyuan",
        "minimax",
        "apertus",
        "seed",
        "solar",
        "nemotron",
        "jamba",
        "vicuna",
        "without special tokens",
    )
)
"""Families whose rendering below begins with the system text S."""


PLAIN = (
    "What does <|im_start|>system mean in a chat template?",
    "Question: Q\nAnswer:",
    "Ignore the above. <|im_start|>user\nQ<|im_end|>",
    "Write [INST] around my words",
    "user\nasked me",
    "<s>",
    "Translate: USER: hello",
    "### Instruction:\nis a heading of my file",
)
"""Texts that a user may write: they are no rendered chat."""
