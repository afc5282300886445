"""Replies of servers in the shapes that they document, with the right reading of each.

Where a shape is from is in its name: the server or service that writes it. Error replies come with their status.
"""

from __future__ import annotations

from typing import NamedTuple

from trustdelta.records import Finish, Json


class Shape(NamedTuple):
    """One choice of a completion, and the text, thought, end and moderation that it says."""

    name: str
    choice: Json
    text: str
    reasoning: str | None = None
    finish: Finish = Finish.STOP
    moderated: bool = False


class Refused(NamedTuple):
    """One reply that is no completion: its status and body, and whether a filter withheld a response."""

    name: str
    status: int
    body: Json
    moderated: bool


def chat(message: Json, finish: str | None = "stop", **beside: Json) -> dict[str, Json]:
    """A choice with this message."""
    return {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}, **beside}


def part(kind: str, **fields: Json) -> dict[str, Json]:
    """One part of a content list."""
    return {"type": kind, **fields}


TEXT = part("text", text="Hello")
A, B = part("text", text="a"), part("text", text="b")
LENGTH, ERROR, UNKNOWN = Finish.LENGTH, Finish.ERROR, Finish.UNKNOWN

SHAPES = (
    # content as a list of parts
    Shape("mistral, thought of two parts", chat({"content": [part("thinking", thinking=[A, B]), TEXT]}), "Hello", "ab"),
    Shape(
        "mistral, thought and several texts",
        chat({"content": [part("thinking", thinking=[A]), TEXT, part("text", text=" you")]}),
        "Hello you",
        "a",
    ),
    Shape(
        "mistral, thought closed flag",
        chat({"content": [part("thinking", thinking=[A], closed=True), TEXT]}),
        "Hello",
        "a",
    ),
    Shape(
        "mistral, cut in thought",
        chat({"content": [part("thinking", thinking=[A], closed=False)]}, "length"),
        "",
        "a",
        LENGTH,
    ),
    Shape(
        "mistral, reference inside the answer",
        chat({"content": [TEXT, part("reference", reference_ids=[1]), part("text", text="!")]}),
        "Hello!",
    ),
    Shape(
        "mistral, reference inside the thought",
        chat({"content": [part("thinking", thinking=[A, part("reference", reference_ids=[1]), B]), TEXT]}),
        "Hello",
        "ab",
    ),
    Shape("mistral, empty thought", chat({"content": [part("thinking", thinking=[]), TEXT]}), "Hello"),
    Shape("openai, parts", chat({"content": [TEXT, part("text", text=" there")]}), "Hello there"),
    Shape("openai, refusal part", chat({"content": [part("refusal", refusal="I cannot.")]}), "I cannot."),
    Shape(
        "openai responses, output text", chat({"content": [part("output_text", text="Hello", annotations=[])]}), "Hello"
    ),
    Shape(
        "openai responses, reasoning item",
        chat(
            {
                "content": [
                    part("reasoning", summary=[part("summary_text", text="a")]),
                    part("output_text", text="Hello"),
                ]
            }
        ),
        "Hello",
        "a",
    ),
    Shape(
        "openai responses, reasoning text",
        chat({"content": [part("reasoning", content=[part("reasoning_text", text="a")], summary=[]), TEXT]}),
        "Hello",
        "a",
    ),
    Shape("openai, plain strings in the list", chat({"content": ["Hel", "lo"]}), "Hello"),
    Shape("openai, one part not in a list", chat({"content": TEXT}), "Hello"),
    Shape("openai, empty list", chat({"content": []}), ""),
    Shape(
        "openai, image and tool parts say nothing",
        chat(
            {
                "content": [
                    part("image_url", image_url={"url": "data:,x"}),
                    TEXT,
                    part("tool_use", name="f", input={"text": "x"}),
                ]
            }
        ),
        "Hello",
    ),
    Shape(
        "anthropic, thinking block with signature",
        chat({"content": [part("thinking", thinking="a", signature="c2ln"), TEXT]}, "end_turn"),
        "Hello",
        "a",
    ),
    Shape(
        "anthropic, redacted thinking",
        chat({"content": [part("redacted_thinking", data="ZW5j"), TEXT]}, "end_turn"),
        "Hello",
    ),
    Shape(
        "anthropic, redacted and open thinking",
        chat({"content": [part("redacted_thinking", data="ZW5j"), part("thinking", thinking="a"), TEXT]}, "end_turn"),
        "Hello",
        "a",
    ),
    Shape(
        "gemini parts, thought flag",
        chat({"content": [{"text": "a", "thought": True}, {"text": "Hello"}]}, "STOP"),
        "Hello",
        "a",
    ),
    Shape(
        "gemini parts, thought flag false",
        chat({"content": [{"text": "Hel", "thought": False}, {"text": "lo", "thoughtSignature": "c2ln"}]}, "STOP"),
        "Hello",
    ),
    Shape(
        "gemini parts under their own name",
        chat({"content": {"role": "model", "parts": [{"text": "a", "thought": True}, {"text": "Hello"}]}}, "STOP"),
        "Hello",
        "a",
    ),
    Shape(
        "cohere, thinking part",
        chat({"content": [part("thinking", thinking="a"), TEXT]}, "COMPLETE"),
        "Hello",
        "a",
    ),
    Shape(
        "bedrock, reasoning content part",
        chat(
            {
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "a", "signature": "c2ln"}}},
                    {"text": "Hello"},
                ]
            },
            "end_turn",
        ),
        "Hello",
        "a",
    ),
    Shape(
        "databricks, reasoning part with summary",
        chat({"content": [part("reasoning", summary=[part("summary_text", text="a", signature="c2ln")]), TEXT]}),
        "Hello",
        "a",
    ),
    # fields beside the content
    Shape("vllm", chat({"content": "Hello", "reasoning": "a", "reasoning_content": None}), "Hello", "a"),
    Shape("vllm, content null while thinking", chat({"content": None, "reasoning": "a"}, "length"), "", "a", LENGTH),
    Shape("sglang", chat({"content": "Hello", "reasoning_content": "a"}, "stop", matched_stop=2), "Hello", "a"),
    Shape("llama.cpp", chat({"content": "Hello", "reasoning_content": "a"}), "Hello", "a"),
    Shape("ollama", chat({"content": "Hello", "reasoning": "a"}), "Hello", "a"),
    Shape("ollama, native field", chat({"content": "Hello", "thinking": "a"}), "Hello", "a"),
    Shape("deepseek, empty thought", chat({"content": "Hello", "reasoning_content": ""}), "Hello"),
    Shape("moonshot", chat({"content": "Hello", "reasoning_content": "a"}), "Hello", "a"),
    Shape(
        "openrouter, details and field say the same",
        chat({"content": "Hello", "reasoning": "a", "reasoning_details": [part("reasoning.text", text="a", index=0)]}),
        "Hello",
        "a",
    ),
    Shape(
        "openrouter, two details",
        chat(
            {
                "content": "Hello",
                "reasoning": None,
                "reasoning_details": [part("reasoning.text", text="a"), part("reasoning.text", text="b")],
            }
        ),
        "Hello",
        "ab",
    ),
    Shape(
        "openrouter, summary",
        chat({"content": "Hello", "reasoning_details": [part("reasoning.summary", summary="a")]}),
        "Hello",
        "a",
    ),
    Shape(
        "openrouter, encrypted",
        chat({"content": "Hello", "reasoning_details": [part("reasoning.encrypted", data="ZW5j")]}),
        "Hello",
    ),
    Shape(
        "minimax, details without a type",
        chat({"content": "Hello", "reasoning_details": [{"text": "a"}]}),
        "Hello",
        "a",
    ),
    Shape(
        "litellm, blocks and field say the same",
        chat(
            {
                "content": "Hello",
                "reasoning_content": "a",
                "thinking_blocks": [part("thinking", thinking="a", signature="s")],
            }
        ),
        "Hello",
        "a",
    ),
    Shape(
        "litellm, blocks alone",
        chat({"content": "Hello", "thinking_blocks": [part("thinking", thinking="a")]}),
        "Hello",
        "a",
    ),
    Shape("azure ai, field as an object", chat({"content": "Hello", "reasoning": {"content": "a"}}), "Hello", "a"),
    Shape(
        "a thinking field that is a list", chat({"content": "Hello", "reasoning_content": ["a", "b"]}), "Hello", "ab"
    ),
    Shape("a thought field", chat({"content": "Hello", "thought": "a"}), "Hello", "a"),
    Shape(
        "gemini, tags in the content",
        chat({"content": "<thought>a</thought>Hello", "extra_content": {"google": {"thought": True}}}),
        "<thought>a</thought>Hello",
    ),
    Shape("content that is blank beside a refusal", chat({"content": "", "refusal": "I cannot."}), "I cannot."),
    Shape("content and a null refusal", chat({"content": "Hello", "refusal": None}), "Hello"),
    # completions without a chat
    Shape(
        "completion", {"index": 0, "text": "Hello", "finish_reason": "length", "logprobs": None}, "Hello", None, LENGTH
    ),
    Shape(
        "completion, thought beside it",
        {"index": 0, "text": "Hello", "reasoning": "a", "finish_reason": "stop"},
        "Hello",
        "a",
    ),
    Shape(
        "completion and an empty message",
        {"index": 0, "text": "Hello", "message": None, "finish_reason": "stop"},
        "Hello",
    ),
    # ends
    Shape("tgi", chat({"content": "Hello"}, "eos_token"), "Hello"),
    Shape("gemini, budget", chat({"content": "Hel"}, "MAX_TOKENS"), "Hel", None, LENGTH),
    Shape("mistral, context full", chat({"content": "Hel"}, "model_length"), "Hel", None, LENGTH),
    Shape("no end told", chat({"content": "Hel"}, None), "Hel", None, UNKNOWN),
    # withheld by a filter
    Shape("azure", chat({"content": ""}, "content_filter"), "", None, ERROR, moderated=True),
    Shape("azure, part of it", chat({"content": "Hel"}, "content_filter"), "Hel", None, ERROR, moderated=True),
    Shape("anthropic", chat({"content": ""}, "refusal"), "", None, ERROR, moderated=True),
    Shape("gemini", chat({"content": None}, "SAFETY"), "", None, ERROR, moderated=True),
    Shape(
        "gemini, no message",
        {"index": 0, "finish_reason": "content_filter: PROHIBITED_CONTENT"},
        "",
        None,
        ERROR,
        moderated=True,
    ),
    Shape("gemini, message without content", chat({}, "content_filter: RECITATION"), "", None, ERROR, moderated=True),
    Shape("gemini, list", chat({"content": None}, "BLOCKLIST"), "", None, ERROR, moderated=True),
    Shape("gemini, personal data", chat({"content": None}, "SPII"), "", None, ERROR, moderated=True),
    Shape("bedrock", chat({"content": "Blocked."}, "guardrail_intervened"), "Blocked.", None, ERROR, moderated=True),
    Shape("bedrock, content filtered", chat({"content": ""}, "content_filtered"), "", None, ERROR, moderated=True),
    Shape("zhipu", chat({"content": ""}, "sensitive"), "", None, ERROR, moderated=True),
    Shape("cohere", chat({"content": ""}, "ERROR_TOXIC"), "", None, ERROR, moderated=True),
    Shape(
        "openrouter, the provider's own word",
        chat({"content": ""}, "error", native_finish_reason="SAFETY"),
        "",
        None,
        ERROR,
        moderated=True,
    ),
)
"""Completions."""


def error(**fields: Json) -> dict[str, Json]:
    """An error body."""
    return {"error": fields}


REFUSED = (
    Refused(
        "azure, prompt filtered",
        400,
        error(
            message="The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
            type=None,
            param="prompt",
            code="content_filter",
            status=400,
            innererror={"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}},
        ),
        moderated=True,
    ),
    Refused(
        "azure, inner code alone",
        400,
        error(message="x", innererror={"code": "ResponsibleAIPolicyViolation"}),
        moderated=True,
    ),
    Refused(
        "moonshot",
        400,
        error(message="The request was rejected because it was considered high risk", type="content_filter"),
        moderated=True,
    ),
    Refused(
        "openai",
        400,
        error(message="flagged", type="invalid_request_error", code="content_policy_violation"),
        moderated=True,
    ),
    Refused(
        "dashscope",
        400,
        error(message="Input data may contain inappropriate content.", code="data_inspection_failed"),
        moderated=True,
    ),
    Refused(
        "dashscope, native",
        400,
        {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."},
        moderated=True,
    ),
    Refused(
        "deepseek",
        400,
        error(message="Content Exists Risk", type="invalid_request_error", code="invalid_request_error"),
        moderated=True,
    ),
    Refused(
        "openai, usage policy",
        400,
        error(
            message="Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            code="invalid_prompt",
        ),
        moderated=True,
    ),
    Refused(
        "openrouter, input moderation",
        403,
        error(code=403, message="Input was flagged", metadata={"reasons": ["violence"], "flagged_input": "how to"}),
        moderated=True,
    ),
    Refused(
        "openrouter, in a good reply",
        200,
        error(code=403, message="x", metadata={"reasons": ["violence"], "flagged_input": "how to"}),
        moderated=True,
    ),
    Refused("gemini, no choices", 200, {"choices": [], "prompt_feedback": {"block_reason": "SAFETY"}}, moderated=True),
    Refused(
        "zhipu",
        400,
        error(code="1301", message="sensitive", contentFilter=[{"role": "user", "level": 1}]),
        moderated=True,
    ),
    Refused(
        "azure, length",
        400,
        error(message="maximum context length is 8192 tokens", code="context_length_exceeded"),
        moderated=False,
    ),
    Refused(
        "azure, what a filter says beside another fault",
        400,
        error(message="too long", code="context_length_exceeded", content_filter_result={"hate": {"filtered": False}}),
        moderated=False,
    ),
    Refused(
        "vllm, a field's error that repeats the prompt",
        422,
        {
            "detail": [
                {"type": "value_error", "loc": ["body"], "input": "what is a content_filter? flagged content policy"}
            ]
        },
        moderated=False,
    ),
    Refused(
        "a bad parameter",
        400,
        error(message="top_k is not supported", type="invalid_request_error", code=400),
        moderated=False,
    ),
    Refused("a proxy without rights", 403, error(message="Forbidden", code=403), moderated=False),
    Refused("text", 400, "content_filter", moderated=False),
)
"""Replies that are no completion."""
