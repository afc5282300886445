"""What servers do to an audit: a storm of faults, closed doors, no answer at all."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from scene import Row, Scene, command, one_line, verdict

sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))

from endpoint_server import EndpointServer, ask

from trustdelta.config import ModelConfig
from trustdelta.engines.endpoint import EndpointEngine, Patience
from trustdelta.records import Arm, Finish, Json
from trustdelta.store import Store


def storms(scene: Scene, count: int) -> Iterator[Row]:
    """Whole audits against servers of which every third request fails: complete, no duplicate, the same verdict.

    Attempts are counted at the servers, beyond what the calm audit asks for (a preflight asks some prompts twice).
    """
    reference, out = scene.reference("endpoint"), scene.folder / "storm"
    calm_out = scene.folder / "calm"
    with scene.served.running():
        command(*scene.arguments("endpoint"), "--out", str(calm_out))
        calm = Counter(scene.served.answered())
    for seed in range(count):
        with scene.served.running("--storm", str(seed)):
            done = command(*scene.arguments("endpoint"), "--out", str(out))
            answered, arrived = Counter(scene.served.answered()), Counter(scene.served.arrived())
        if done.returncode:
            yield Row("server storm", 0, 1, done.stderr.strip())
            continue
        with Store(out, write=False) as store:
            responses = [r for arm in Arm for r in store.responses(arm)]
        complete = sum(r.finish is Finish.STOP for r in responses)
        twice = sum((answered - calm).values())
        most = max(arrived[key.replace("said", "asked", 1)] - calm[key] + 1 for key in calm)
        same = verdict(out) == reference and complete == len(responses)
        fine = same and not twice and answered == calm and most <= Patience().attempts
        detail = f"{complete} of {len(responses)} complete, {twice} answered again, at most {most} attempts"
        yield Row("20 % 429, 10 % 500, 5 % dropped, 1 % garbage, 1 % drip", int(fine), 1, detail)
        shutil.rmtree(out)


def always(fault: str, body: Json, attempt: int) -> str:
    """The same fault for every request."""
    return fault


def closed_doors(scene: Scene) -> Iterator[Row]:
    """A refused key and an unknown address end the command within five seconds of the first refusal, with the cause."""
    for status, says in (("401", "TRUSTDELTA_API_KEY"), ("404", "/v1")):
        with EndpointServer(partial(always, status)) as server:
            pair = [server.source, server.source]
            out = scene.folder / f"door-{status}"
            done = command("audit", *pair, "--benchmark", "world_safety", "--quiet", "--out", str(out))
            took = time.monotonic() - server.first_seen
        fine = one_line(done, 3) and says in done.stderr and took < 5
        yield Row(f"status {status}", int(fine), 1, f"left after {took:.1f} s: {done.stderr.strip()[:90]}")


def no_answer(limits: tuple[float, ...]) -> Iterator[Row]:
    """A request that is never answered becomes an error after its limit, within a tenth; the others finish."""

    def hangs(body: Json, attempt: int) -> str | None:
        return {"question 0": "hang", "question 1": "drip"}.get(body["messages"][0]["content"])

    for limit in limits:
        with EndpointServer(hangs) as server:
            engine = EndpointEngine(ModelConfig(source=server.source), 32, Patience(request_seconds=limit))
            began = time.perf_counter()
            responses = engine.generate([ask(i) for i in range(20)])
            took = time.perf_counter() - began
            engine.close()
        finished = sum(r.finish is Finish.STOP for r in responses)
        fine = finished == 18 and abs(took - limit) <= limit / 10
        yield Row(
            f"no answer within {limit:g} s", int(fine), 1, f"errors after {took:.2f} s, {finished} of 18 finished"
        )
