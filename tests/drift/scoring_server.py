"""A real HTTP server on loopback that generates with an organism and tells its real log-probabilities of a prompt.

In the forms of vLLM (`prompt_logprobs`), SGLang (`/generate`) and the older `echo`.
"""

from __future__ import annotations

from typing import Any

import torch
from endpoint_server import EndpointServer

from trustdelta.config import ModelConfig
from trustdelta.engines.transformers import TransformersEngine
from trustdelta.records import Json, Message, Prompt, Request

VLLM, SGLANG, ECHO = "vllm", "sglang", "echo"


class ScoringServer(EndpointServer):
    """Serves one organism in one server's form; `most`: the longest lists that it gives, -1 for any."""

    def __init__(self, name: str, form: str = VLLM, most: int = -1) -> None:
        super().__init__(reply=self.chat)
        self.form, self.most = form, most
        self.engine = TransformersEngine(ModelConfig(source=f"organism:{name}"))
        self.tokenizer: Any = self.engine.tokenizer
        routes: dict[str, dict[str, Json]] = {
            VLLM: {"/tokenize": self.tokenize, "/v1/completions": self.prompt_logprobs},
            SGLANG: {"/generate": self.generate},
            ECHO: {"/v1/completions": self.echo},
        }
        self.routes |= routes[form]

    def chat(self, body: Json) -> dict[str, Json]:
        """A chat completion that the organism samples; the end token is not told, as servers do not."""
        prompt = Prompt("chat", tuple(Message(m["role"], m["content"]) for m in body["messages"]))
        response = self.engine.generate([Request(prompt, 0, body["seed"], body["max_tokens"])])[0]
        text = response.text.removesuffix("</s>")
        message = {"role": "assistant", "content": text}
        return {"choices": [{"index": 0, "finish_reason": response.finish.value, "message": message}], "usage": {}}

    def tokenize(self, body: Json) -> Json:
        """Ids of a text, or of a chat rendered by the organism's template."""
        text = body.get("prompt")
        if text is None:
            text = self.engine.render(Prompt("", tuple(Message(m["role"], m["content"]) for m in body["messages"])))
        return {"tokens": self.tokenizer.encode(text, add_special_tokens=False)}

    def logp(self, ids: list[int]) -> torch.Tensor:
        """Log-probabilities [T, V] at each position but the first."""
        with torch.inference_mode():
            found: torch.Tensor = self.engine.model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
        return found

    def listed(self, logp_V: torch.Tensor, token: int, top: int) -> list[tuple[int, float]]:
        """The likeliest tokens, and the prompt's own where it is not among them."""
        chosen = logp_V.topk(len(logp_V) if top == -1 else top).indices.tolist()
        return [(i, float(logp_V[i])) for i in dict.fromkeys([token, *chosen])]

    def prompt_logprobs(self, body: Json) -> Json:
        """The form of vLLM: lists longer than allowed are refused."""
        ids, top = body["prompt"], body.get("prompt_logprobs")
        if top is None or not (0 <= top <= self.most or self.most == -1):
            return 400
        entries: list[Json] = [None]
        for token, logp_V in zip(ids[1:], self.logp(ids), strict=True):
            told = self.listed(logp_V, token, top)
            entries.append({str(i): {"logprob": x, "decoded_token": self.tokenizer.decode([i])} for i, x in told})
        return {"choices": [{"text": "x", "prompt_logprobs": entries}]}

    def generate(self, body: Json) -> Json:
        """SGLang's form."""
        ids = self.tokenizer.encode(body["text"], add_special_tokens=False)
        texts, logp_TV = [self.tokenizer.decode([i]) for i in ids], self.logp(ids)
        rows: list[Json] = [[None, ids[0], texts[0]]]
        rows += [[float(p[i]), i, text] for p, i, text in zip(logp_TV, ids[1:], texts[1:], strict=True)]
        lists: list[Json] = [None]
        for p, i in zip(logp_TV, ids[1:], strict=True):
            lists.append([[x, j, ""] for j, x in self.listed(p, i, body["top_logprobs_num"])])
        return {"text": "x", "meta_info": {"input_token_logprobs": rows, "input_top_logprobs": lists}}

    def echo(self, body: Json) -> Json:
        """The older form: texts instead of ids, and one generated token at the end."""
        if not body.get("echo"):
            return {"choices": [{"text": "x"}]}
        ids = self.tokenizer.encode(body["prompt"], add_special_tokens=False)
        logp_TV = self.logp(ids)
        own = [float(p[i]) for p, i in zip(logp_TV, ids[1:], strict=True)]
        lists: list[Json] = [
            {self.tokenizer.decode([j]): x for j, x in self.listed(p, i, body["logprobs"])}
            for p, i in zip(logp_TV, ids[1:], strict=True)
        ]
        told = {
            "tokens": [*(self.tokenizer.decode([i]) for i in ids), "x"],
            "token_logprobs": [None, *own, -1.0],
            "top_logprobs": [None, *lists, {"x": -1.0}],
        }
        return {"choices": [{"text": body["prompt"] + "x", "logprobs": told}]}
