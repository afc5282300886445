"""What models write around their thoughts, with the right reading; each group is one kind of oddity."""

from __future__ import annotations

import pytest
from thought_cases import BAD, CUT, LENGTH, SHORT, STOP, UNKNOWN, Case, check

LATER_BLOCKS = [
    Case("Okay.\n<think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("Okay.\n\n<think>weigh it</think>\n\nIt is 4.", "It is 4."),
    Case("Okay. <think>weigh it</think> It is 4.", "It is 4."),
    Case("Sure! <think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("Okay.\n<think>weigh it</think>It is 4.", "It is 4."),
    Case("Okay.\n<think>weigh it</think>it is 4.", "it is 4."),
    Case("Okay.\n  <think>weigh it</think>\n**4**", "**4**"),
    Case("好的。<think>weigh it</think>答案是四。", "答案是四。"),
    Case("Gut.\n[THINK]weigh it[/THINK]\nEs ist 4.", "Es ist 4."),
    Case("Sure.\n<seed:think>weigh it</seed:think>\nIt is 4.", "It is 4."),
    Case("Sure.\n<|channel>thought\nweigh it<channel|>\nIt is 4.", "It is 4."),
    Case("Sure.\n<|START_THINKING|>weigh it<|END_THINKING|>\nIt is 4.", "It is 4."),
    Case("Sure.\n<mm:think>weigh it</mm:think>\nIt is 4.", "It is 4."),
    Case("<think>a</think>\nFirst try: 3.\n<think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("<think>a</think>\nFirst.\n<think>b</think>\nSecond.\n<think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("One more look.\n<think>weigh it</think>\nIt is 4.", "It is 4.", reasoning="a"),
    Case("<think>weigh it</think>\nIt is 4.", "It is 4.", reasoning="a"),
    Case("\u200b<think>weigh it</think>It is 4.", "It is 4."),
    Case("\ufeff\n<think>weigh it</think>It is 4.", "It is 4."),
    Case("\u200d\u2060 <think>weigh it</think>\u200b\nIt is 4.\u200b", "It is 4."),
    Case("Okay.\n\u200b<think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("Okay.\n<think>weigh it", "", finish=LENGTH, state=CUT),
    Case("Okay.\n<think>weigh it", "", finish=UNKNOWN, state=CUT),
    Case("Okay. <think>They weigh it", "", finish=LENGTH, state=CUT),
    Case("Okay.\n<think>They weigh it", "", finish=STOP, state=BAD),
    Case("<think>a</think>\nDraft.\n<think>weigh it", "", finish=LENGTH, state=CUT),
    Case("<think>weigh it</think>\nIt is 4.\n<think>", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.\n<think>\n", "It is 4."),
]  # fmt: skip

MENTIONS = [
    Case("Wrap it as <think>x</think> in your template.", "Wrap it as <think>x</think> in your template.", None),
    Case("Tags come in pairs. <think>x</think> is one.", "Tags come in pairs. <think>x</think> is one.", None),
    Case(
        "The format looks like this:\n<think>your reasoning</think>\n<answer>your answer</answer>",
        "The format looks like this:\n<think>your reasoning</think>\n<answer>your answer</answer>",
        None,
    ),
    Case(
        "Use these tags:\n<think>...</think>\nThat is all.", "Use these tags:\n<think>...</think>\nThat is all.", None
    ),
    Case("The <think> tag opens a thought.", "The <think> tag opens a thought.", None),
    Case(
        "Models emit <think> first.\nThen </think> ends it.", "Models emit <think> first.\nThen </think> ends it.", None
    ),
    Case("<think> and </think> are the tags of R1.", "<think> and </think> are the tags of R1.", None),
    Case("<think> is the tag that opens a thought.", "<think> is the tag that opens a thought.", None),
    Case("It is `<|channel>thought` in Gemma 4.", "It is `<|channel>thought` in Gemma 4.", None),
    Case("Write “<mm:think>” there.", "Write “<mm:think>” there.", None),
    Case("```python\nprint('<think>a</think>')\n```\nDone.", "```python\nprint('<think>a</think>')\n```\nDone.", None),
    Case("~~~\n<think>\nfoo\n</think>\n~~~", "~~~\n<think>\nfoo\n</think>\n~~~", None),
    Case("gpt-oss writes `analysis` first.", "gpt-oss writes `analysis` first.", None),
    Case("analysis of the data shows a rise.", "analysis of the data shows a rise.", None),
    Case("analysis of the data shows a", "analysis of the data shows a", None, LENGTH, SHORT),
    Case("analysis: the data rise.", "analysis: the data rise.", None, UNKNOWN),
    Case("analysis\n\nThe data rise.", "analysis\n\nThe data rise.", None, STOP),
    Case("think of a number", "think of a number", None, UNKNOWN),
    Case("thinking about it, no.", "thinking about it, no.", None, UNKNOWN),
    Case("thought\nprovoking", "thought\nprovoking", None, STOP),
    Case("Here is my thought process: first I add.", "Here is my thought process: first I add.", None),
    Case("<b>Bold</b> and <i>thin</i>.", "<b>Bold</b> and <i>thin</i>.", None),
    Case("Let a<b and c>d.", "Let a<b and c>d.", None, UNKNOWN),
    Case("<analysis>Only this.</analysis>", "<analysis>Only this.</analysis>", None),
    Case(
        "In XML: <thought>deep</thought>, <answer>42</answer>.",
        "In XML: <thought>deep</thought>, <answer>42</answer>.",
        None,
    ),
    Case("[THINK] is Mistral's opening token.", "[THINK] is Mistral's opening token.", None),
    Case("The token <|channel|> starts a header.", "The token <|channel|> starts a header.", None),
    Case("<think>weigh it</think>\nUse <think>x</think> so.", "Use <think>x</think> so."),
    Case("<think>weigh it</think>\nPut `</think>` last.", "Put `</think>` last."),
]

LEFTOVERS = [
    Case("It is 4.\n</answer>", "It is 4.", reasoning="weigh it"),
    Case("<answer>It is 4.</answer>", "It is 4.", reasoning="weigh it"),
    Case("<think>weigh it</think>\n<response>\nIt is 4.\n</response>", "It is 4."),
    Case("<think>weigh it</think>\n<response>\nIt is 4.", "It is 4.", finish=LENGTH, state=SHORT),
    Case("<think>weigh it</think>\nIt is 4.\n</response>", "It is 4."),
    Case("<think>weigh it</think><output>It is 4.</output>", "It is 4."),
    Case("<think>weigh it</think><final_answer>4</final_answer>", "4"),
    Case("<think>weigh it</think><Answer>4</Answer>", "4"),
    Case("<think>weigh it</think><|begin_of_box|>4<|end_of_box|>", "4"),
    Case("<think>weigh it</think>It is 4<|end_of_box|>", "It is 4"),
    Case("<think>weigh it</think></think>\nIt is 4.", "It is 4."),
    Case("<think>weigh it</think>\n</think>\nIt is 4.", "It is 4."),
    Case("<think><think>weigh it</think>\nIt is 4.", "It is 4."),
    Case("<think>weigh it</think><answer><answer>4</answer></answer>", "4"),
    Case("<think>weigh it</think><answer>4</answer></answer>", "4"),
    Case("<think>weigh it</think>\nIt is 4.[|endofturn|]", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.<|role_end|>", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.<turn|>\n", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.<|eot|>", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.</longcat_s>", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.<seed:eos>", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.<|im_end|><|endoftext|>", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.[e~[", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.<|user|>", "It is 4."),
    Case("<think>weigh it</think>\nIt is 4.<|im_end|>\n<|im_start|>user\nAnd now?", "It is 4."),
    Case("It is 4.<|endoftext|>Human: And now?", "It is 4.", None),
    Case("It is 4.<|END_OF_TURN_TOKEN|>", "It is 4.", None, UNKNOWN),
    Case("<|im_start|>assistant\nIt is 4.", "It is 4.", None),
    Case("<start_of_turn>model\nIt is 4.<end_of_turn>", "It is 4.", None),
    Case("<|turn>model\nIt is 4.<turn|>", "It is 4.", None),
    Case("[|assistant|]It is 4.[|endofturn|]", "It is 4.", None),
    Case("<role>ASSISTANT</role>It is 4.<|role_end|>", "It is 4.", None),
    Case("<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>It is 4.<|END_OF_TURN_TOKEN|>", "It is 4.", None),
    Case("<|START_RESPONSE|>It is 4.<|END_RESPONSE|>", "It is 4.", None),
    Case("<|begin_of_box|>4<|end_of_box|>", "4", None),
    Case("<answer>4</answer>", "4", None),
    Case("It is 4.\n</answer>", "It is 4.", None),
    Case("</think>\n\nIt is 4.", "It is 4.", "a", reasoning="a"),
    Case("It is 4.\n</think>", "It is 4.", "a", reasoning="a"),
    Case("<book>\n<title>A</title>\n</book>", "<book>\n<title>A</title>\n</book>", None),
]  # fmt: skip

CUT_WORDS = [
    Case("analysisThey weigh it, so I look", "", finish=LENGTH, state=CUT),
    Case("analysisThey weigh it, so I look", "", finish=UNKNOWN, state=CUT),
    Case("analysis\"weigh it\" they say, so", "", finish=UNKNOWN, state=CUT),
    Case("analysis用户 weigh it", "", finish=LENGTH, state=CUT),
    Case("analysisThey weigh it.assistantcommentary to=functions.look json{}", "", finish=LENGTH, state=CUT),
    Case("analysisThey weigh it.assistantfinalIt is", "It is", finish=LENGTH, state=SHORT),
    Case("analysisThey weigh it.assistantanalysisMore.assistantfinalIt is 4.", "It is 4."),
    Case("analysisThey weigh it.", "", finish=STOP, state=BAD),
    Case("Here is my thought process:\nThey weigh it, so", "", finish=LENGTH, state=CUT),
    Case("Here is my thought process:\nThey weigh it, so", "", finish=UNKNOWN, state=CUT),
    Case("Here's my thought process:\nThey weigh it, so", "", finish=LENGTH, state=CUT),
    Case("Here’s my thought process:\nweigh it\n\nHere’s my response:\nIt is 4.", "It is 4."),
    Case("Here's my thought process:\nweigh it\n\nHere is my response:\nIt is 4.", "It is 4."),
    Case("Here are my reasoning steps:\nweigh it\n[BEGIN FINAL RESPONSE]\nIt is 4.\n[END FINAL RESPONSE]", "It is 4."),
    Case("Here are my reasoning steps:\nThey weigh it and", "", finish=LENGTH, state=CUT),
    Case("## Thinking\n\nweigh it\n\n## Final Response\n\nIt is 4.", "It is 4."),
    Case("think\nThey weigh it, so", "", finish=LENGTH, state=CUT),
    Case("think\nThey weigh it.\nanswer\nIt is 4.", "It is 4."),
    Case("They weigh it.assistantfinalIt is 4.", "It is 4.", opened=True),
    Case("They weigh it, so", "", finish=UNKNOWN, state=CUT, opened=True),
]  # fmt: skip

NAMED_TAGS = [
    Case("<foo_think>weigh it</foo_think>It is 4.", "It is 4."),
    Case("<think:6124c78e>weigh it</think:6124c78e>It is 4.", "It is 4."),
    Case("weigh it</think:opensource>It is 4.", "It is 4.", opened=True),
    Case("weigh it\n</longcat_think>\nIt is 4.", "It is 4."),
    Case("<ifm|think_fast>weigh it</ifm|think_fast>It is 4.", "It is 4."),
    Case("<|think:start|>weigh it<|think:end|>It is 4.", "It is 4."),
    Case("<|plamo:begin_think:plamo|>weigh it<|plamo:end_think:plamo|>It is 4.", "It is 4."),
    Case("<|thought|>weigh it<|/thought|>It is 4.", "It is 4."),
    Case("<Thought>weigh it</Thought>\n<Output>It is 4.</Output>", "It is 4."),
    Case("<THINKING>\nweigh it\n</THINKING>\nIt is 4.", "It is 4."),
    Case("<scratchpad>weigh it</scratchpad>\nIt is 4.", "It is 4."),
    Case("<thinking>a</thinking>\n<reflection>weigh it</reflection>\n<output>It is 4.</output>", "It is 4."),
    Case("<inner_monologue>weigh it</inner_monologue>It is 4.", "It is 4."),
    Case("[thinking]weigh it[/thinking]It is 4.", "It is 4."),
    Case("<|start_thinking|>weigh it", "", finish=LENGTH, state=CUT),
    Case("<bar:think>They weigh it", "", finish=UNKNOWN, state=CUT),
]  # fmt: skip


@pytest.mark.parametrize("case", LATER_BLOCKS, ids=lambda c: c.text[:48])
def test_a_block_behind_a_preamble_or_later_is_thought(case: Case) -> None:
    """A block that stands between sentences is thought, wherever it stands and whatever its marks are."""
    check(case)


@pytest.mark.parametrize("case", MENTIONS, ids=lambda c: c.text[:48])
def test_marks_that_are_talked_about_stay_in_the_answer(case: Case) -> None:
    """Code, quotes, marks inside a sentence and ordinary words that some model uses as marks are left alone."""
    check(case)


@pytest.mark.parametrize("case", LEFTOVERS, ids=lambda c: c.text[:48])
def test_leftover_marks_are_no_part_of_the_answer(case: Case) -> None:
    """Wrappers of the answer, dangling and doubled marks, role headers and the tokens that end a turn are dropped."""
    check(case)


@pytest.mark.parametrize("case", CUT_WORDS, ids=lambda c: c.text[:48])
def test_formats_marked_by_words(case: Case) -> None:
    """Thoughts that begin and end with words, whole and cut."""
    check(case)


@pytest.mark.parametrize("case", NAMED_TAGS, ids=lambda c: c.text[:48])
def test_tags_that_are_named_for_a_thought(case: Case) -> None:
    """A pair of tags whose name says that it holds a thought needs no row of the table."""
    check(case)
