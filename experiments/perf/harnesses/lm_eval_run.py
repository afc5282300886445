"""lm-eval: a task that only generates, from a local file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import lm_eval
from common import BATCH, MAX_TOKENS, arguments, measure, questions
from lm_eval.models.huggingface import HFLM
from lm_eval.models.openai_completions import LocalChatCompletion


def main() -> None:
    """Measure."""
    options = arguments()
    if options.where.startswith("http"):
        url = f"{options.where}/chat/completions"
        model = LocalChatCompletion(base_url=url, model="mini", num_concurrent=BATCH, tokenized_requests=False)
    else:
        import torch

        torch.set_num_threads(1)
        model = HFLM(pretrained=options.where, device="cpu", dtype="float32", batch_size=BATCH)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "questions.jsonl"
        file.write_text("".join(json.dumps({"question": q}) + "\n" for q in questions(options.count)))
        task = {
            "task": "questions",
            "dataset_path": "json",
            "dataset_kwargs": {"data_files": {"test": str(file)}},
            "test_split": "test",
            "output_type": "generate_until",
            "doc_to_text": "{{question}}",
            "doc_to_target": "none",
            "generation_kwargs": {"until": [], "max_gen_toks": MAX_TOKENS, "do_sample": True, "temperature": 1.0},
            "metric_list": [{"metric": "exact_match"}],
        }

        def work() -> int:
            found = lm_eval.simple_evaluate(model, tasks=[task], apply_chat_template=True, bootstrap_iters=0)
            return len(found["samples"]["questions"])

        measure(work)


main()
