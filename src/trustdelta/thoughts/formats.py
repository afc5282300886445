"""Tables of the marks of thoughts, of wrapped answers, and of the start and end of a turn.

A format is one row with its test case: `example` has the thought "A" and the answer "B".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThoughtFormat:
    """A format of thoughts with an opening and a closing mark."""

    name: str
    open: str
    """The opening mark."""
    close: str
    """The closing mark."""
    answer_open: str = ""
    """Mark at the start of a wrapped answer."""
    answer_close: str = ""
    """Mark at the end of a wrapped answer."""
    opens: tuple[str, ...] = ()
    """Further spellings of the opening mark."""
    closes: tuple[str, ...] = ()
    """Further spellings of the closing mark."""
    words: bool = False
    """Whether the marks are ordinary words: they count only at the start of a text, and only with a closing mark or
    in a truncated text that matches `cut`."""
    cut: str = ""
    """Pattern of the text behind the opening words of a thought."""
    glued: bool = False
    """Whether `cut` alone identifies a thought, since no ordinary text begins like that."""
    models: str = ""
    example: str = ""
    """A response with the thought "A" and the answer "B"."""

    @property
    def opening(self) -> tuple[str, ...]:
        """Every opening mark, the longest first."""
        return tuple(sorted((self.open, *self.opens), key=len, reverse=True))

    @property
    def closing(self) -> tuple[str, ...]:
        """Every closing mark, the longest first."""
        return tuple(sorted((self.close, *self.closes), key=len, reverse=True))


NEXT_LINE = r"[ \t*]*(?:\n|\Z)"

FORMATS = (
    ThoughtFormat(
        "think",
        "<think>",
        "</think>",
        "<answer>",
        "</answer>",
        models="DeepSeek R1 to V4, Qwen3, GLM, Kimi K2, MiniMax M2, Hunyuan-A13B, ERNIE, Granite 3.3 and 4, Nemotron, "
        "OLMo Think, Phi-4-reasoning, EXAONE 4, Ling, Ring, Step, MiMo, Intern-S1, and most others",
        example="<think>\nA\n</think>\n<answer>\nB\n</answer>",
    ),
    ThoughtFormat(
        "thinking",
        "<thinking>",
        "</thinking>",
        "<answer>",
        "</answer>",
        models="prompted models",
        example="<thinking>A</thinking>B",
    ),
    ThoughtFormat(
        "mistral",
        "[THINK]",
        "[/THINK]",
        models="Magistral, Ministral-3-Reasoning, Mistral Small 4",
        example="[THINK]A[/THINK]B</s>",
    ),
    ThoughtFormat(
        "sky",
        "<|begin_of_thought|>",
        "<|end_of_thought|>",
        "<|begin_of_solution|>",
        "<|end_of_solution|>",
        models="Sky-T1, Bespoke-Stratos, OpenThinker",
        example="<|begin_of_thought|>A<|end_of_thought|>\n\n<|begin_of_solution|>B<|end_of_solution|>",
    ),
    ThoughtFormat(
        "s1",
        "<|im_start|>think",
        "<|im_start|>answer",
        models="s1, s1.1",
        example="<|im_start|>think\nA\n<|im_start|>answer\nB<|im_end|>",
    ),
    ThoughtFormat(
        "thought",
        "<thought>",
        "</thought>",
        "<output>",
        "</output>",
        models="EXAONE-Deep, Marco-o1",
        example="<thought>\nA\n</thought>\n\nB[|endofturn|]",
    ),
    ThoughtFormat(
        "reasoning",
        "<reasoning>",
        "</reasoning>",
        "<answer>",
        "</answer>",
        models="Reka Flash 3, GRPO recipes",
        example="<reasoning>A</reasoning><answer>B</answer>",
    ),
    ThoughtFormat(
        "seed", "<seed:think>", "</seed:think>", models="Seed-OSS", example="<seed:think>A</seed:think>B<seed:eos>"
    ),
    ThoughtFormat("kimi", "◁think▷", "◁/think▷", models="Kimi-VL-Thinking", example="◁think▷A◁/think▷B"),
    ThoughtFormat(
        "kimi-k3",
        "<|open|>think<|sep|>",
        "<|close|>think<|sep|>",
        "<|open|>response<|sep|>",
        "<|close|>response<|sep|>",
        opens=("<|open|>thinking<|sep|>",),
        closes=("<|close|>thinking<|sep|>",),
        models="Kimi K3",
        example="<|open|>think<|sep|>A<|close|>think<|sep|><|open|>response<|sep|>B<|close|>response<|sep|>"
        "<|close|>message<|sep|><|end_of_msg|>",
    ),
    ThoughtFormat(
        "gemma4",
        "<|channel>thought\n",
        "<channel|>",
        opens=("<|channel>thought", "<|channel>"),
        models="Gemma 4",
        example="<|channel>thought\nA\n<channel|>B<turn|>",
    ),
    ThoughtFormat(
        "medgemma",
        "<unused94>thought\n",
        "<unused95>",
        opens=("<unused94>thought", "<unused94>"),
        models="MedGemma 1.5",
        example="<unused94>thought\nA<unused95>B<end_of_turn>",
    ),
    ThoughtFormat(
        "cohere",
        "<|START_THINKING|>",
        "<|END_THINKING|>",
        "<|START_RESPONSE|>",
        "<|END_RESPONSE|>",
        models="Command A Reasoning, Command R7B (Command A Plus wraps its answer in START_TEXT)",
        example="<|START_THINKING|>A<|END_THINKING|><|START_RESPONSE|>B<|END_RESPONSE|><|END_OF_TURN_TOKEN|>",
    ),
    ThoughtFormat(
        "apertus",
        "<|inner_prefix|>",
        "<|inner_suffix|>",
        models="Apertus",
        example="<|inner_prefix|>A<|inner_suffix|>B<|assistant_end|>",
    ),
    ThoughtFormat("minimax", "<mm:think>", "</mm:think>", models="MiniMax M3", example="<mm:think>A</mm:think>B[e~["),
    ThoughtFormat(
        "longcat",
        "<longcat_think>",
        "</longcat_think>",
        models="LongCat-Flash-Thinking",
        example="<longcat_think>\nA\n</longcat_think>\nB</longcat_s>",
    ),
    ThoughtFormat(
        "hunyuan3",
        "<think:opensource>",
        "</think:opensource>",
        models="Hunyuan 3",
        example="<think:opensource>A</think:opensource>B<｜hy_eos:opensource｜>",
    ),
    ThoughtFormat(
        "solar2",
        "<|think:start|>",
        "<|think:end|>",
        models="Solar Open 2",
        example="<|think:start|>A<|think:end|>B<|im:end|>",
    ),
    ThoughtFormat(
        "plamo",
        "<|plamo:begin_think:plamo|>",
        "<|plamo:end_think:plamo|>",
        models="PLaMo 3",
        example="<|plamo:begin_think:plamo|>A<|plamo:end_think:plamo|>B<|plamo:tag|>",
    ),
    ThoughtFormat(
        "ifm",
        "<ifm|think>",
        "</ifm|think>",
        opens=("<ifm|think_fast>", "<ifm|think_faster>"),
        closes=("</ifm|think_fast>", "</ifm|think_faster>"),
        models="K2 V3, K2 Horizon",
        example="<ifm|think_fast>A</ifm|think_fast>B",
    ),
    ThoughtFormat(
        "pangu",
        "[unused16]",
        "[unused17]",
        models="openPangu Embedded",
        example="[unused16]A[unused17]B[unused10]",
    ),
    ThoughtFormat(
        "s1-plain",
        "think\n",
        "\nanswer\n",
        words=True,
        cut=r"",
        models="s1 decoded without special tokens",
        example="think\nA\nanswer\nB",
    ),
    ThoughtFormat(
        "harmony-plain",
        "analysis",
        "assistantfinal",
        opens=("commentary", "assistantanalysis", "assistantcommentary"),
        words=True,
        cut=r"[\"“*A-Z]|(?![\x00-\x7f])\w",
        glued=True,
        models="gpt-oss, likewise",
        example="analysisAassistantfinalB",
    ),
    ThoughtFormat(
        "hyperclova",
        "/think\n",
        "<|im_end|>\n<|im_start|>assistant\n",
        opens=("<|im_start|>assistant/think\n",),
        closes=("\nassistant\n",),
        words=True,
        models="HyperCLOVA X SEED Think",
        example="/think\nA<|im_end|>\n<|im_start|>assistant\nB<|im_end|>",
    ),
    ThoughtFormat(
        "granite",
        "Here is my thought process:",
        "Here is my response:",
        opens=("Here's my thought process:", "Here’s my thought process:"),
        closes=("Here's my response:", "Here’s my response:"),
        words=True,
        models="Granite 3.2",
        example="Here's my thought process:\nA\n\nHere is my response:\nB",
    ),
    ThoughtFormat(
        "apriel",
        "Here are my reasoning steps:",
        "[BEGIN FINAL RESPONSE]",
        answer_close="[END FINAL RESPONSE]",
        words=True,
        models="Apriel Thinker",
        example="Here are my reasoning steps:\nA\n[BEGIN FINAL RESPONSE]\nB\n[END FINAL RESPONSE]\n<|end|>",
    ),
    ThoughtFormat(
        "huatuo",
        "## Thinking",
        "## Final Response",
        words=True,
        cut=NEXT_LINE,
        models="HuatuoGPT-o1",
        example="## Thinking\n\nA\n\n## Final Response\n\nB",
    ),
    ThoughtFormat(
        "ollama",
        "Thinking...\n",
        "...done thinking.",
        words=True,
        models="any model in Ollama's terminal",
        example="Thinking...\nA\n...done thinking.\n\nB",
    ),
)

BY_NAME = {f.name: f for f in FORMATS}

THOUGHT_NAMES = frozenset({
    "think", "thinks", "thinking", "thought", "thoughts", "reasoning", "scratchpad", "monologue", "cot",
    "deliberation", "thinkfast",
})  # fmt: skip
"""A tag with one of these words in its name marks a thought at any position."""
PERHAPS_THOUGHT_NAMES = frozenset({"analysis", "reflection", "rationale", "reason", "critique"})
"""A tag with one of these words marks a thought at the start of a text or behind a thought, if an answer follows."""
ANSWER_NAMES = frozenset({"answer", "response", "output", "final", "solution", "conclusion", "box", "reply", "text"})
"""A pair of tags with one of these words in its name wraps an answer."""

END_OF_TURN = frozenset({
    "</s>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|endoftext|>", "<｜end▁of▁sentence｜>", "<|return|>",
    "<|end|>", "<eos>", "<end_of_turn>", "<|eom_id|>", "<|END_OF_TURN_TOKEN|>", "<|call|>", "<turn|>", "<|eot|>",
    "[|endofturn|]", "<|role_end|>", "<|eom|>", "</longcat_s>", "<seed:eos>", "[EOS]", "[EOT]", "[e~[", "<|user|>",
    "<|observation|>", "<SPECIAL_12>", "<|flush|>", "<|calls|>", "<|end_of_msg|>", "<|close|>message<|sep|>",
    "<|assistant_end|>", "<｜hy_eos｜>", "<｜hy_eos:opensource｜>", "<|plamo:tag|>", "[unused10]", "<|im:end|>",
    "<|endofresponse|>", "<sep>", "<|end_message|>", "<|content_model_end_sampling|>", "<|EOT|>", "<end_of_utterance>",
})  # fmt: skip
"""Tokens that end a turn, besides tokens `<|…|>` or `[|…|]` with the name of an end."""
PADDING = frozenset({"<unk>", "<pad>", "<|pad|>", "[PAD]", "<｜▁pad▁｜>", "<|finetune_right_pad_id|>"})
