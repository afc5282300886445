"""In-process models through Hugging Face transformers: hub ids, local folders and organisms."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
import transformers

from trustdelta import organisms
from trustdelta.config import ModelConfig
from trustdelta.engines import cpu
from trustdelta.engines.adapters import is_hub_id, parts_of
from trustdelta.engines.base import HAND_OVER_SECONDS, EngineBase
from trustdelta.engines.base_models import load
from trustdelta.engines.budgets import Budgets
from trustdelta.engines.capabilities import Capabilities, all_of_them
from trustdelta.engines.cpu import USUAL_BATCH_TOKENS, automatic_dtype, batch_tokens, cache_bytes, dtype_name
from trustdelta.engines.decode import Job, Sample, decode, decode_parts
from trustdelta.engines.first_token import choose, weigh
from trustdelta.engines.generation_config import choose_sampling, end_ids, not_applied
from trustdelta.engines.likelihood import compare, is_comparison
from trustdelta.engines.model_files import check_config, check_files, check_quantisation, reading
from trustdelta.engines.places import Marks
from trustdelta.engines.prompt_style import style_of
from trustdelta.engines.remote_code import Place, check_pin, load_arguments, remote_code_entry
from trustdelta.engines.render import Template
from trustdelta.engines.settled import Settling
from trustdelta.errors import EngineError, UnknownNameError
from trustdelta.records import Finish, Json, Prompt, Request, Response, content_hash
from trustdelta.thoughts import prompt_opens_thought

FirstTokens = Mapping[int, tuple[int, ...]]
"""Tokens with which some responses of a batch begin, by place in the batch."""
NO_TOKENS: FirstTokens = {}

LIGHT_BELOW = 500_000_000
"""Models of at most this many parameters may be in memory two at a time."""


class TransformersEngine(EngineBase):
    """One model on this machine. Raises EngineError where it cannot be loaded; reads safetensors only."""

    name = "transformers"

    def __init__(self, config: ModelConfig, batch_size: int = 128) -> None:
        self.config = config
        self.batch_size = batch_size
        self.place = place = locate(config)
        transformers.utils.logging.disable_progress_bar()
        transformers.utils.logging.set_verbosity_error()  # the causes of its warnings are checked and are errors
        with reading(config.place):
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(place.tokenizer, **load_arguments(place))
            shape = transformers.AutoConfig.from_pretrained(place.name, **load_arguments(place))
            check_config(config.place, shape.to_dict())
            check_quantisation(config.place, shape.to_dict())
            device = on_device(config.device)
            self.model, self.base = load(config.place, place, shape, self._dtype(shape), device)
        self.sampling, self.sampling_from = choose_sampling(config.sampling, self.model.generation_config)
        self.template = Template(self.tokenizer, config.thinking, config.system_prompt)
        self.end_ids = end_ids(self.model.generation_config, self.tokenizer)
        self.weights = weights_hash(self.model)
        self.light = bool(self.model.num_parameters() <= LIGHT_BELOW)
        self.rows = int(self.model.get_input_embeddings().weight.shape[0])
        self.marks = Marks(self._text, config.thinking_format)
        self.breaks_line = cache(lambda token: "\n" in self._text([token]))
        self.batch_tokens = self._batch_tokens()

    def _dtype(self, shape: Any) -> Any:
        if self.config.dtype != "auto":
            return getattr(torch, self.config.dtype)
        if on_device(self.config.device).type == "cuda":
            return "auto"
        return getattr(torch, automatic_dtype(dtype_name(shape.to_dict()), organism=self.is_organism))

    @property
    def is_organism(self) -> bool:
        """Whether this is a miniature model of the package, whose stored verdicts are of float32."""
        return self.config.place.startswith("organism:")

    def _batch_tokens(self) -> int:
        if self.is_organism:
            return USUAL_BATCH_TOKENS
        each = cache_bytes(self.model.config.to_dict(), self.model.dtype.itemsize)
        weights = sum(p.numel() * p.element_size() for p in self.model.parameters())
        return batch_tokens(memory_of(self.model.device), weights, each)

    @property
    def fingerprint(self) -> Mapping[str, Json]:
        """Weights, template, sampling, engine and versions."""
        return {
            "source": self.config.source,
            "revision": self.place.revision or "",
            **({"adapter": self.place.adapter} if self.place.adapter else {}),
            **remote_code_entry(self.place),
            "weights": self.weights,
            "template": content_hash(self.template.fingerprint)[:16],
            "thinking": self.config.thinking,
            "switch": self.template.switch,
            "system_prompt": self.config.system_prompt,
            "sampling": self.sampling.model_dump(),
            "sampling_from": self.sampling_from,
            "not_applied": not_applied(self.model.generation_config),
            "dtype": str(self.model.dtype),
            "device": self.model.device.type,
            "batch_size": self.batch_size,
            "engine": self.name,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
            **self._automatic,
        }

    @property
    def _automatic(self) -> dict[str, Json]:
        """What was chosen for the machine, where it is not usual."""
        chosen: dict[str, Json] = {}
        if self.config.dtype == "auto" and self.model.device.type == "cpu" and self.model.dtype != torch.float32:
            chosen["dtype_from"] = "the model's files, whose number type this CPU computes"
        if self.batch_tokens != USUAL_BATCH_TOKENS:
            chosen["batch_tokens"] = self.batch_tokens
        return chosen

    def capabilities(self) -> Capabilities:
        """All capabilities: the model runs in this process."""
        return all_of_them()

    def render(self, prompt: Prompt) -> str:
        """The model's input text, rendered with its own chat template."""
        return self.template.render(prompt)

    def prompt_ids(self, prompt: Prompt) -> tuple[int, ...]:
        """Token ids of the rendered prompt; raises EngineError for an empty one and ids that the model lacks."""
        ids = self.template.encode(self.render(prompt), as_is=style_of(prompt).as_is)
        if not ids or max(ids) >= self.rows:
            ids_text = f"token {max(ids)} for a model of {self.rows}" if ids else "no tokens"
            raise EngineError(
                f"{self.config.source}: its template and tokenizer produced {ids_text}; correct its files."
            )
        return ids

    def batches(self, requests: Sequence[Request]) -> list[list[Request]]:
        """Batches of bounded rows and tokens, sorted by length; they depend on the list of requests only."""
        length = {r.prompt.id: len(self.prompt_ids(r.prompt)) for r in requests}
        ordered = sorted(requests, key=lambda r: (r.max_tokens, length[r.prompt.id], r.prompt.id, r.draw))
        batches: list[list[Request]] = []
        for request in ordered:
            width = length[request.prompt.id] + request.max_tokens
            current = batches[-1] if batches else []
            if current and len(current) < self.batch_size and (len(current) + 1) * width <= self.batch_tokens:
                current.append(request)
            else:
                batches.append([request])
        return batches

    def generate(self, batch: Sequence[Request]) -> list[Response]:
        """Responses to one batch, in the order of its requests; comparisons are scored by likelihood."""
        responses = {row: r for part in self.parts(batch, math.inf) for row, r in part}
        return [responses[row] for row in range(len(batch))]

    def stream(self, batch: Sequence[Request]) -> Iterator[list[Response]]:
        """The responses of one batch as they end, at most one part every two seconds."""
        if type(self).generate is not TransformersEngine.generate:  # a subclass changes what is generated
            yield self.generate(batch)
            return
        for part in self.parts(batch, HAND_OVER_SECONDS):
            yield [response for _, response in part]

    def parts(
        self, batch: Sequence[Request], seconds: float, begun: FirstTokens = NO_TOKENS
    ) -> Iterator[list[tuple[int, Response]]]:
        """Responses with their places in the batch: likelihoods and first tokens, then answers as they end.

        `begun`: first tokens of some answers that are already drawn, by place in the batch. A part with answers comes
        at most every `seconds`.
        """
        compared = [i for i, r in enumerate(batch) if is_comparison(r.prompt)]
        worded = [i for i, r in enumerate(batch) if style_of(r.prompt).words and i not in set(compared)]
        if compared:
            yield [(i, compare(self.model, self.tokenizer, batch[i])) for i in compared]
        if worded:
            yield list(zip(worded, self._weighed([batch[i] for i in worded]), strict=True))
        optional = [i for i, r in enumerate(batch) if r.options]
        if optional:
            yield list(zip(optional, self._chosen([batch[i] for i in optional]), strict=True))
        rest = sorted(set(range(len(batch))) - {*compared, *worded, *optional})
        for part in self._answers([batch[i] for i in rest], seconds, [begun.get(i, ()) for i in rest]):
            yield [(rest[row], response) for row, response in part]

    def _weighed(self, batch: Sequence[Request]) -> list[Response]:
        """The most likely first token as the text, the requested words' probabilities as `recorded["words"]`."""
        ids = [self.prompt_ids(r.prompt) for r in batch]
        scored = weigh(self.model, self.tokenizer, ids, style_of(batch[0].prompt).words)
        rows = zip(batch, ids, scored, strict=True)
        return [one_token(r, tokens, text, Finish.LENGTH, {"words": words}) for r, tokens, (text, words) in rows]

    def _chosen(self, batch: Sequence[Request]) -> list[Response]:
        """The most likely option as the text, the options' probabilities as `recorded["options"]`."""
        if self.opens_thought(batch[0].prompt):
            raise EngineError(
                f"choice_answers: found first_token, but {self.config.source} begins with a reasoning trace; set its "
                "thinking to off, or choice_answers=written."
            )
        ids = [self.prompt_ids(r.prompt) for r in batch]
        chosen = choose(self.model, self.tokenizer, ids, [r.options for r in batch])
        rows = zip(batch, ids, chosen, strict=True)
        return [one_token(r, tokens, text, Finish.STOP, {"options": p}) for r, tokens, (text, p) in rows]

    def _answers(
        self, batch: Sequence[Request], seconds: float, begun: Sequence[tuple[int, ...]]
    ) -> Iterator[list[tuple[int, Response]]]:
        if not batch:
            return
        began = time.perf_counter()
        jobs = [self._job(r, tokens) for r, tokens in zip(batch, begun, strict=True)]
        for part in decode_parts(self.model, jobs, self.sampling, self.end_ids, seconds):
            now = time.perf_counter()
            each, began = (now - began) / max(len(part), 1), now
            yield [(row, self._response(batch[row], jobs[row], sample, each)) for row, sample in part]

    def _job(self, request: Request, begun: tuple[int, ...] = (), *, until_answer: bool = False) -> Job:
        opened = self.opens_thought(request.prompt)
        budgets = Budgets.of(request, self._text, opened=opened, format=self.config.thinking_format)
        ids, rule = self.prompt_ids(request.prompt), None if until_answer else request.settled
        reads = (self._text, opened, self.config.thinking_format, self.breaks_line)
        settling = None if rule is None else Settling(rule, *reads)
        return Job(ids, request.seed, request.max_tokens, budgets, self.marks, opened, begun, until_answer, settling)

    def opens_thought(self, prompt: Prompt) -> bool:
        """Whether the rendered prompt ends inside a reasoning trace."""
        return prompt_opens_thought(self.render(prompt)) is not None

    def traces(self, batch: Sequence[Request]) -> list[tuple[int, ...]]:
        """The first tokens of each response, up to where its answer begins; all of one that has no answer."""
        jobs = [self._job(request, until_answer=True) for request in batch]
        return [sample.token_ids for sample in decode(self.model, jobs, self.sampling, self.end_ids)]

    def _response(self, request: Request, job: Job, sample: Sample, seconds: float) -> Response:
        return Response(
            prompt_id=request.prompt.id,
            draw=request.draw,
            text=self._text(sample.token_ids),
            finish=sample.finish,
            prompt_opened_thought=job.in_thought,
            prompt_token_ids=job.prompt_ids,
            token_ids=sample.token_ids,
            prompt_tokens=len(job.prompt_ids),
            completion_tokens=len(sample.token_ids),
            seed=request.seed,
            seconds=seconds,
            settled=sample.settled,
        )

    def _text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    def close(self) -> None:
        """Free the model's memory; the engine is not used afterwards."""
        del self.model, self.base
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def one_token(
    request: Request, prompt_ids: tuple[int, ...], text: str, finish: Finish, recorded: Mapping[str, Json]
) -> Response:
    """A response that is read from the probabilities of its first token."""
    return Response(
        prompt_id=request.prompt.id,
        draw=request.draw,
        text=text,
        finish=finish,
        prompt_token_ids=prompt_ids,
        prompt_tokens=len(prompt_ids),
        completion_tokens=1,
        seed=request.seed,
        recorded=recorded,
    )


def locate(config: ModelConfig) -> Place:
    """Location of a model's files.

    Raises ConfigError for trusted remote code that is not the pinned one, EngineError for an invalid folder.
    """
    base, adapter = parts_of(config.place)
    if base.startswith("organism:"):
        return Place(str(organisms.folder(base.removeprefix("organism:"))), adapter=adapter)
    if Path(base).is_dir() and not (Path(base) / "config.json").is_file():
        raise UnknownNameError(
            f"{config.source}: found a folder without config.json; pass a Hugging Face model folder."
        )
    if not Path(base).exists() and not is_hub_id(base) and "/" in base:
        raise UnknownNameError(f"{base}: there is no such folder; pass a model folder, organism:NAME or a hub id.")
    check_pin(config, Path(base))
    if Path(base).is_dir():
        check_files(Path(base))
    return Place(base, config.revision, config.trust_remote_code, adapter)


def located(config: ModelConfig) -> tuple[str, dict[str, Any]]:
    """Folder or hub id of a model, and the arguments for loading its files."""
    place = locate(config)
    return place.name, load_arguments(place)


def tokenizer_located(config: ModelConfig) -> tuple[str, dict[str, Any]]:
    """Folder or hub id of a model's tokenizer, and the arguments for loading it."""
    place = locate(config)
    return place.tokenizer, load_arguments(place)


def stored_dtype(config: ModelConfig) -> str:
    """The number type of a model's files ("bfloat16"), "" where they name none; a hub id's configuration is downloaded.

    Raises EngineError where the configuration cannot be read.
    """
    name, arguments = located(config)
    with reading(config.place):
        return dtype_name(transformers.AutoConfig.from_pretrained(name, **arguments).to_dict())


def weights_hash(model: Any) -> str:
    """Hash over every parameter's name, shape and bytes; above a billion parameters, over 65,536 values of each."""
    state = sorted(model.state_dict().items())
    whole = sum(tensor.numel() for _, tensor in state) <= 1_000_000_000
    digest = hashlib.sha256()
    for name, tensor in state:
        flat = tensor.reshape(-1)
        if not whole:
            flat = flat[:: max(1, flat.numel() // 65_536)]
        if flat.is_floating_point() and not torch.isfinite(flat if flat.element_size() > 1 else flat.float()).all():
            raise EngineError(f"weights {name}: not all values are finite; download the model again.")
        digest.update(f"{name} {list(tensor.shape)}".encode())
        digest.update(flat.contiguous().view(torch.uint8).cpu().numpy().tobytes())
    return digest.hexdigest()[:24]


def on_device(name: str) -> torch.device:
    """The device of that name; auto is a GPU where there is one."""
    if name != "auto":
        return torch.device(name)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def memory_of(device: torch.device) -> int:
    """Bytes of a GPU's own memory, else of this machine's."""
    return torch.cuda.get_device_properties(device).total_memory if device.type == "cuda" else cpu.memory_bytes()


ENGINE = TransformersEngine
