"""In-process models through vLLM: continuous batching, prefix caching, several GPUs. Needs a separate environment.

Prompts are rendered and tokenised as for the transformers engine and passed to vLLM as token ids. `options`
(tensor_parallel_size, data_parallel_size, max_model_len, gpu_memory_utilization, …) are arguments of `vllm.LLM`.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import transformers

from trustdelta.config import ModelConfig, Sampling
from trustdelta.engines.base import HAND_OVER_SECONDS, EngineBase
from trustdelta.engines.budgets import Budgets
from trustdelta.engines.capabilities import Capabilities, all_of_them
from trustdelta.engines.folder import folder_of, sampled_hash
from trustdelta.engines.generation_config import choose_sampling, end_ids, not_applied
from trustdelta.engines.likelihood import is_comparison, preferred, texts_of
from trustdelta.engines.model_files import reading
from trustdelta.engines.prompt_style import style_of
from trustdelta.engines.remote_code import load_arguments, remote_code_entry
from trustdelta.engines.render import Template
from trustdelta.engines.transformers import locate
from trustdelta.errors import EngineError
from trustdelta.records import Json, Prompt, Request, Response, content_hash, read_finish
from trustdelta.thoughts import prompt_opens_thought

QUIET = {
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
}
"""Disables usage reports and logs on standard output, unless the environment sets these variables."""

for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)

try:
    import vllm
except ImportError:
    raise EngineError(
        "vllm is not installed here; install trustdelta into an environment that has it (see docs/engines.md)."
    ) from None


class VllmEngine(EngineBase):
    """One model in this process, run by vLLM. Raises EngineError where it cannot be loaded; reads safetensors only."""

    name = "vllm"

    def __init__(self, config: ModelConfig, batch_size: int = 128) -> None:
        self.config = config
        self.batch_size = batch_size
        folder, self.place = folder_of(config), locate(config)
        with reading(config.place):
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **load_arguments(self.place))
            generation = transformers.AutoConfig.from_pretrained(folder, **load_arguments(self.place))
            if (folder / "generation_config.json").is_file():
                generation = transformers.GenerationConfig.from_pretrained(folder)
            self.model: Any = vllm.LLM(model=str(folder), **self._options())
        self.sampling, self.sampling_from = choose_sampling(config.sampling, generation)
        self.not_applied = not_applied(generation)
        self.template = Template(self.tokenizer, config.thinking, config.system_prompt)
        self.end_ids = end_ids(generation, self.tokenizer)
        self.weights = sampled_hash(folder)

    def _options(self) -> dict[str, Json]:
        chosen = {
            "dtype": "float32" if self.config.dtype == "auto" and not torch.cuda.is_available() else self.config.dtype,
            "enable_prefix_caching": True,
            "max_num_seqs": self.batch_size,
            "max_logprobs": 1,
            "seed": 0,
            # on a CPU vLLM 0.32 crashes on a seeded request with chunked prefill
            **({} if torch.cuda.is_available() else {"enable_chunked_prefill": False}),
            **self.config.options,
        }
        code = {k: v for k, v in load_arguments(self.place).items() if k != "revision"}  # the folder has that revision
        return {**chosen, **code, "load_format": "safetensors"}

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """Weights, template, sampling, options, engine and versions."""
        return {
            "source": self.config.source,
            "revision": self.config.revision or "",
            **remote_code_entry(self.place),
            "weights": self.weights,
            "template": content_hash(self.template.fingerprint)[:16],
            "thinking": self.config.thinking,
            "switch": self.template.switch,
            "system_prompt": self.config.system_prompt,
            "sampling": self.sampling.model_dump(),
            "sampling_from": self.sampling_from,
            "not_applied": self.not_applied,
            "dtype": str(self.model.model_config.dtype),
            "options": dict(self.config.options),
            "batch_size": self.batch_size,
            "batch_invariant": os.environ.get("VLLM_BATCH_INVARIANT", "0"),
            "engine": self.name,
            "vllm": vllm.__version__,
            "transformers": transformers.__version__,
        }

    def capabilities(self) -> Capabilities:
        """All capabilities: the model runs in this process."""
        return all_of_them()

    def render(self, prompt: Prompt) -> str:
        """The model's input text, rendered with its own chat template."""
        return self.template.render(prompt)

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Batches of requests with shared prefixes."""
        ordered = sorted(requests, key=lambda r: (r.max_tokens, self.render(r.prompt), r.prompt.id, r.draw))
        return [ordered[i : i + self.batch_size] for i in range(0, len(ordered), self.batch_size)]

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Responses to one batch, in the order of its requests; comparisons are scored by likelihood."""
        responses = {row: response for part in self._parts(batch, math.inf) for row, response in part}
        return [responses[row] for row in range(len(batch))]

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """The responses of one batch as they end, at most one part every two seconds."""
        for part in self._parts(batch, HAND_OVER_SECONDS):
            yield [response for _, response in part]

    def _parts(self, batch: Sequence[Request], seconds: float) -> Iterator[list[tuple[int, Response]]]:
        """Responses with their places in the batch, in parts that take at least `seconds`."""
        part: list[tuple[int, Response]] = []
        began = time.perf_counter()
        with alive(self.model, self.config.source):
            for ended in self._ended(batch):
                part.append(ended)
                if time.perf_counter() - began >= seconds:
                    yield part
                    part, began = [], time.perf_counter()
        if part:
            yield part

    def _ended(self, batch: Sequence[Request]) -> Iterator[tuple[int, Response]]:
        """Each response with its place in the batch, as soon as vLLM has ended it."""
        yield from ((i, self._compared(r)) for i, r in enumerate(batch) if is_comparison(r.prompt))
        rows = [i for i, r in enumerate(batch) if not is_comparison(r.prompt)]
        if not rows:
            return
        began = time.perf_counter()
        rendered = {i: self.render(batch[i].prompt) for i in rows}
        prompts = [
            {"prompt_token_ids": list(self.template.encode(rendered[i], as_is=style_of(batch[i].prompt).as_is))}
            for i in rows
        ]
        names = self.model.enqueue(prompts, [self._parameters(batch[i]) for i in rows], use_tqdm=False)
        left = {_number(name): i for name, i in zip(names, rows, strict=True)}
        while left:
            done = [output for output in self.model.llm_engine.step() if output.finished]
            now = time.perf_counter()
            each, began = ((now - began) / len(done), now) if done else (0.0, began)
            for output in done:
                i = left.pop(_number(output.request_id))
                yield i, self._response(batch[i], output, rendered[i], each)

    def _parameters(self, request: Request) -> Any:
        s: Sampling = self.sampling
        return vllm.SamplingParams(
            temperature=s.temperature,
            top_p=s.top_p,
            top_k=s.top_k,
            min_p=s.min_p,
            repetition_penalty=s.repetition_penalty,
            seed=request.seed,
            max_tokens=request.max_tokens,
            stop_token_ids=sorted(self.end_ids),
            detokenize=False,
        )

    def _response(self, request: Request, output: Any, rendered: str, seconds: float) -> Response:
        written = output.outputs[0]
        opened = prompt_opens_thought(rendered) is not None
        budgets = Budgets.of(request, self._text, opened=opened, format=self.config.thinking_format)
        drawn = tuple(int(i) for i in written.token_ids)
        ids, finish = budgets.truncate(drawn, read_finish(written.finish_reason).finish)
        return Response(
            prompt_id=request.prompt.id,
            draw=request.draw,
            text=self._text(ids),
            finish=finish,
            prompt_opened_thought=opened,
            prompt_token_ids=tuple(output.prompt_token_ids),
            token_ids=ids,
            prompt_tokens=len(output.prompt_token_ids),
            completion_tokens=len(ids),
            seed=request.seed,
            seconds=seconds,
        )

    def _text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    def _compared(self, request: Request) -> Response:
        first, second, per_token = texts_of(request.prompt)
        logp = [self._log_probability(text, per_token=per_token) for text in (first, second)]
        return preferred(request, logp)

    def _log_probability(self, text: str, *, per_token: bool) -> float:
        """Log-probability of a text in nats, equal to `likelihood.log_probability`."""
        start = self.tokenizer.bos_token_id
        ids = [self.tokenizer.eos_token_id if start is None else start]
        ids += self.tokenizer(text, add_special_tokens=False)["input_ids"]
        only_prompt = vllm.SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0, detokenize=False)
        (output,) = self.model.generate([{"prompt_token_ids": ids}], only_prompt, use_tqdm=False)
        logps = [float(listed[i].logprob) for i, listed in zip(ids[1:], output.prompt_logprobs[1:], strict=True)]
        return sum(logps) / len(logps) if per_token else sum(logps)

    def close(self) -> None:
        """End vLLM's workers and free the model's memory; the engine is not used afterwards."""
        self.model.llm_engine.engine_core.shutdown()
        del self.model


def _number(name: str) -> str:
    """The number of a request, to which vLLM appends random letters for its own use."""
    return name.partition("-")[0]


ENGINE = VllmEngine


LOOK_SECONDS = 1.0


@contextmanager
def alive(model: Any, source: str) -> Iterator[None]:
    """While vLLM generates: raises EngineError where its engine process or a worker dies.

    vLLM records the death of the engine process without waking its client; a thread forwards it to the output queue.
    """
    from vllm.v1.engine.exceptions import EngineDeadError

    core = model.llm_engine.engine_core
    waiting, over = getattr(core, "outputs_queue", None), threading.Event()  # none where the engine is in this process

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            if core.resources.engine_dead and waiting is not None:
                waiting.put(EngineDeadError())
                return

    if waiting is not None:
        threading.Thread(target=look, daemon=True, name="vllm-alive").start()
    try:
        yield
    except EngineDeadError:
        raise EngineError(f"{source}: vLLM's engine process died; rerun the command to resume.") from None
    finally:
        over.set()
