"""Whether a rendered prompt ends inside an open thought."""

from __future__ import annotations

import pytest

from trustdelta.thoughts import prompt_opens_thought

IM = "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
OPEN = [
    IM + "<think>\n",
    IM + "<think>\nOkay, so the user",
    "<｜User｜>hi<｜Assistant｜><think>\n",
    "<bos><|turn>user\nhi<turn|>\n<|turn>model\n<|channel>thought\n",
    "<|turn>user\nhi<turn|>\n<|turn>model\n<|channel>thought\nThe user says",
    '<|open|>message role="user"<|sep|>hi<|close|>message<|sep|><|end_of_msg|>'
    '<|open|>message role="assistant"<|sep|><|open|>think<|sep|>',
    "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>hi<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>"
    "<|START_THINKING|>",
    "[Round 0] USER:hi /think_on ASSISTANT:<longcat_think>\n",
    "<longcat_user>hi /think_on <longcat_assistant><longcat_think>\n",
    "<seed:bos>user\nhi<seed:eos><seed:bos>assistant\n<seed:think>",
    "<｜hy_User:opensource｜>hi<｜hy_Assistant:opensource｜><think:opensource>",
    "<|begin|>user<|content|>hi<|end|><|begin|>assistant<|think|>",
    "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant<|think:start|>",
    "]~b]user\nhi[e~[\n]~b]ai\n<think>\n",
    "]~b]user\nhi[e~[\n]~b]ai\n<mm:think>",
    "<role>HUMAN</role>hi<|role_end|><role>ASSISTANT</role>\n<think>\n",
    "[|user|]\nhi[|endofturn|]\n[|assistant|]\n<think>\n",
    "[|user|]hi[|endofturn|]\n[|assistant|]<thought>\n",
    "[gMASK]<sop><|user|>\nhi<|assistant|><think>",
    "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n<think>\n",
    "<|start|>user<|message|>hi<|end|><|start|>assistant<|channel|>analysis<|message|>",
    "<|start|>user<|message|>hi<|end|><|start|>assistant<|channel|>analysis<|message|>The user",
    "[INST]hi[/INST][THINK]",
    "[INST] hi [/INST] [THINK] Let me see",
    "<SPECIAL_11>User\nhi\n<SPECIAL_11>Assistant\n<think>\n",
    "<|im_user|>user<|im_middle|>hi<|im_end|><|im_assistant|>assistant<|im_middle|><think>",
    "<|user|>\nhi<|end|>\n<|assistant|>\n<think>",
    "<|message_user|><|content_text|>hi<|end_message|><|message_model|><|content_thinking|>",
    "<|begin_user|>\nhi\n<|begin_assistant|>\nHere are my reasoning steps:\n",
    "<|start_of_role|>user<|end_of_role|>hi<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|><think>",
    "<start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model\n<unused94>thought\n",
    "<|user_start|>hi<|user_end|><|assistant_start|><|inner_prefix|>",
    "What is 2 + 2?\n<think>\n",
]  # fmt: skip
CLOSED = [
    "",
    "hi",
    IM,
    IM + "<think>\n\n</think>\n\n",
    IM + "<think>\nOkay.\n</think>\n\nThe answer",
    "<|im_start|>user\nwhat is <think><|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\nWhat does <think> do, and </think>?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>user\n<think>\nin my message<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>assistant\n<think>\nold<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n",
    "<|turn>user\nhi<turn|>\n<|turn>model\n",
    "<|turn>user\nhi<turn|>\n<|turn>model\n<|channel>thought\n<channel|>",
    "<|turn>system\n<|think|>\nBe kind.<turn|>\n<|turn>user\nhi<turn|>\n<|turn>model\n",
    '<|open|>message role="assistant"<|sep|><|open|>response<|sep|>',
    '<|open|>message role="assistant"<|sep|><|open|>think<|sep|>x<|close|>think<|sep|><|open|>response<|sep|>',
    "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|><|START_THINKING|><|END_THINKING|>",
    "<｜hy_Assistant:opensource｜><think:opensource></think:opensource>",
    "<|begin|>assistant<|think|><|end|><|begin|>assistant",
    "<role>HUMAN</role>hi<|role_end|><role>ASSISTANT</role>\n<think></think>",
    "[|user|]\nhi[|endofturn|]\n[|assistant|]\n<think>\n\n</think>\n\n",
    "<|start|>assistant",
    "<|start|>assistant<|channel|>final<|message|>",
    "<|start|>assistant<|channel|>analysis<|message|>x<|end|><|start|>assistant<|channel|>final<|message|>",
    "[INST]hi[/INST][THINK][/THINK]",
    "<|begin_assistant|>\nHere are my reasoning steps:\n\n[BEGIN FINAL RESPONSE]\n",
    "Write your thoughts between <think></think> and your response between <response></response>.",
    "System: put your reasoning in <think> tags.\nUser: hi\nAssistant:",
    "Please think\n",
    "Give your analysis",
]  # fmt: skip


@pytest.mark.parametrize("prompt", OPEN, ids=lambda p: p[-48:])
def test_a_prompt_that_ends_inside_a_thought(prompt: str) -> None:
    """The assistant's turn begins with an opening mark that nothing closes, perhaps with first words behind it."""
    assert prompt_opens_thought(prompt) is not None


@pytest.mark.parametrize("prompt", CLOSED, ids=lambda p: p[-48:])
def test_a_prompt_that_does_not_end_inside_a_thought(prompt: str) -> None:
    """Closed blocks, marks in someone else's message, and prompts without any mark open nothing."""
    assert prompt_opens_thought(prompt) is None
