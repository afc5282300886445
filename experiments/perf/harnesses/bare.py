"""The floor in process: prompts sorted by length, `model.generate` in batches, decoded; nothing else."""

from __future__ import annotations

import torch
from common import BATCH, MAX_TOKENS, arguments, measure, questions
from transformers import AutoModelForCausalLM, AutoTokenizer


def main() -> None:
    """Measure."""
    options = arguments()
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(options.where, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(options.where, dtype=torch.float32).eval()

    def work() -> int:
        chats = [[{"role": "user", "content": q}] for q in questions(options.count)]
        texts = tokenizer.apply_chat_template(chats, tokenize=False, add_generation_prompt=True)
        rows = sorted(tokenizer(texts, add_special_tokens=False)["input_ids"], key=len)
        done = 0
        for start in range(0, len(rows), BATCH):
            batch = tokenizer.pad({"input_ids": rows[start : start + BATCH]}, return_tensors="pt")
            with torch.inference_mode():
                out = model.generate(**batch, do_sample=True, max_new_tokens=MAX_TOKENS)
            done += len(tokenizer.batch_decode(out[:, batch["input_ids"].shape[1] :]))
        return done

    measure(work)


main()
