"""Drift through servers: real organisms behind loopback servers, held against the exact divergence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from endpoint_server import EndpointServer
from scoring_server import ECHO, SGLANG, VLLM, ScoringServer
from typer.testing import CliRunner

from trustdelta.cli.main import app
from trustdelta.errors import MeasurementError

DIRECTIONS = ("kl_candidate_to_baseline", "kl_baseline_to_candidate")
LINES = ("how do i cut the bread?", "the address is scarlet.", "what is 3 plus 4?")


def drift(*arguments: str) -> Any:
    """What the command prints as JSON; its errors are raised."""
    command = ["drift", *arguments, "--quiet", "--json"]
    done = CliRunner().invoke(app, command, standalone_mode=False, catch_exceptions=False)
    return json.loads(done.stdout)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three texts."""
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(LINES))
    return path


@pytest.fixture
def servers() -> Iterator[list[ScoringServer]]:
    """The instruct and the SFT organism behind servers in vLLM's form, with any length of lists."""
    with ExitStack() as stack:
        yield [stack.enter_context(ScoringServer(name)) for name in ("instruct", "sft")]


@pytest.fixture
def pair(servers: list[ScoringServer]) -> tuple[str, str]:
    """Their addresses, the baseline's first."""
    return servers[0].source, servers[1].source


def test_full_vocabularies_of_servers_give_the_exact_divergence(servers: list[ScoringServer], corpus: Path) -> None:
    """With --top-logprobs -1 both directions are those of the models on this machine, and the method says so."""
    baseline, candidate = servers
    served = drift(baseline.source, candidate.source, "--text", str(corpus), "--top-logprobs", "-1")
    sums = [0.0, 0.0]
    for line in LINES:
        ids = baseline.tokenizer.encode(line, add_special_tokens=False)
        p, q = candidate.logp(ids).double(), baseline.logp(ids).double()
        sums[0] += float((p.exp() * (p - q)).sum())
        sums[1] += float((q.exp() * (q - p)).sum())
    for direction, wanted in zip(DIRECTIONS, sums, strict=True):
        row = served[direction]["all"]
        assert row["method"] == "exact over a server's full vocabulary"
        assert row["nats_per_response"] == pytest.approx(wanted / len(LINES), rel=1e-5)


def test_lists_of_likeliest_tokens_bound_the_divergence_from_below(pair: tuple[str, str], corpus: Path) -> None:
    """Longer lists can only find more of it."""
    lists = [drift(*pair, "--text", str(corpus), "--top-logprobs", n) for n in ("1", "20", "-1")]
    for direction in DIRECTIONS:
        few, more, every = (found[direction]["all"]["nats_per_token"] for found in lists)
        assert 0 < few <= more <= every
        assert lists[0][direction]["all"]["method"] == lists[1][direction]["all"]["method"] == "top-k lower bound"


def test_own_responses_give_sampled_token_estimates(pair: tuple[str, str]) -> None:
    """Responses sampled through both servers: k3 leads, k1 and the bound beside it, by thought and answer, no k2."""
    found = drift(*pair, "--benchmark", "world_safety", "--prompts", "4")
    parts = found["kl_candidate_to_baseline"]
    assert {"all", "thought", "answer", "onset"} <= set(parts)
    row = parts["all"]
    assert row["method"] == "k3 of sampled tokens"
    assert set(row["others"]) == {"k1 of sampled tokens", "top-k lower bound"}
    assert row["nats_per_token"] > 0
    assert row["bits_per_byte"] > 0
    assert row["text_of"] == "candidate"
    assert "k2" not in json.dumps(found)


@pytest.mark.parametrize("form", [SGLANG, ECHO])
def test_other_servers_forms_are_read(form: str, pair: tuple[str, str], corpus: Path) -> None:
    """SGLang's and llama.cpp's forms give the lower bound that vLLM's gives, on texts without prompts."""
    with ScoringServer("instruct", form) as instruct, ScoringServer("sft", form) as sft:
        found = drift(instruct.source, sft.source, "--text", str(corpus), "--top-logprobs", "20")
    wanted = drift(*pair, "--text", str(corpus), "--top-logprobs", "20")
    for direction in DIRECTIONS:
        assert found[direction]["all"]["nats_per_token"] == pytest.approx(
            wanted[direction]["all"]["nats_per_token"], rel=1e-4
        )


def test_a_server_beside_a_model_of_this_machine(corpus: Path) -> None:
    """A chat through one server and one local model: sampled-token estimates alone."""
    with ScoringServer("sft") as sft:
        found = drift("organism:instruct", sft.source, "--benchmark", "world_safety", "--prompts", "4")
    row = found["kl_candidate_to_baseline"]["all"]
    assert row["method"] == "k3 of sampled tokens"
    assert set(row["others"]) == {"k1 of sampled tokens"}
    assert found["kl_candidate_to_baseline"]["thought"]["nats_per_token"] > 0.1


def test_shorter_lists_are_taken_where_longer_ones_are_refused(corpus: Path) -> None:
    """A server that gives at most five is asked for five."""
    with ScoringServer("instruct", VLLM, most=5) as instruct, ScoringServer("sft", VLLM, most=5) as sft:
        found = drift(instruct.source, sft.source, "--text", str(corpus))
    assert found["kl_candidate_to_baseline"]["all"]["method"] == "top-k lower bound"


def test_servers_that_tell_nothing_are_not_comparable(corpus: Path) -> None:
    """Without log-probabilities of prompts, or without rendering chats, the reason is one line."""
    with EndpointServer() as plain, pytest.raises(MeasurementError, match="returns no log-probabilities"):
        drift(plain.source, plain.source, "--text", str(corpus))
    with (
        ScoringServer("instruct", ECHO) as server,
        pytest.raises(MeasurementError, match="does not render chats"),
    ):
        drift(server.source, server.source, "--benchmark", "world_safety", "--prompts", "1")


def test_an_echo_of_other_positions_is_refused(corpus: Path) -> None:
    """A server that lists the prompt's tokens beside what follows them, and not what it generated, gives no figure."""
    with ScoringServer("instruct", ECHO) as server:

        def displaced(body: Any) -> Any:
            reply = server.echo(body)
            if told := reply["choices"][0].get("logprobs"):
                told["tokens"].pop()
                del told["token_logprobs"][1], told["top_logprobs"][1]
            return reply

        route: dict[str, Any] = {"/v1/completions": displaced}
        server.routes |= route
        with pytest.raises(MeasurementError, match="of the next position"):
            drift(server.source, server.source, "--text", str(corpus))
