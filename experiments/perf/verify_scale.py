"""Seconds and peak memory of verifying a bundle with 1,000,000 scores: every hash, the signature, the verdict.

125,000 prompts of 30 benchmarks, two models, two samples, two scorers each; the A/A check of an audit runs too. The
bundle is made in one process, signed, and verified in a fresh one.

Run: python experiments/perf/verify_scale.py [scores]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from trustdelta import config as configs
from trustdelta.bundle import PARTS, Bundle, Signer, dumps
from trustdelta.bundle.statement import canonical
from trustdelta.pipeline.bundles.check import verify_bundle
from trustdelta.pipeline.bundles.read import BundledRun, observations_of, plan_of
from trustdelta.pipeline.bundles.write import CONFIG, METRICS, plain
from trustdelta.pipeline.conclude import result_of
from trustdelta.records import TRUST_DIMENSIONS, Better, Json, Metric, Role
from trustdelta.report.verdict_json import dumps as verdict_text

METRICS_IN_ALL, DRAWS, ARMS = 30, 2, ("baseline", "candidate")


def metrics() -> list[list[Json]]:
    """Thirty benchmarks, five in each dimension, with a primary and a secondary metric."""
    listed = []
    for i in range(METRICS_IN_ALL):
        own = [
            Metric(f"b{i}.{name}", f"b{i}", TRUST_DIMENSIONS[i % 6], name, name, Better.LOWER, tier="C", role=role)
            for name, role in (("first", Role.PRIMARY), ("second", Role.SECONDARY))
        ]
        listed.append([f"b{i}", [plain(asdict(m)) for m in own]])
    return listed


def rows(scores: int) -> dict[str, list[Json]]:
    """All rows but the verdict."""
    rng = np.random.default_rng(0)
    ids = [f"{i:024x}" for i in range(scores // (len(ARMS) * DRAWS * 2))]
    sha = "0" * 64
    prompts = [
        {
            "id": id,
            "benchmark": f"b{i % METRICS_IN_ALL}",
            "cluster": f"!{i // 2:09d}",
            "stratum": "",
            "groups": {},
            "characters": 100,
            "sha256": sha,
        }
        for i, id in enumerate(ids)
    ]
    keys = [(arm, id, draw) for arm in ARMS for id in ids for draw in range(DRAWS)]
    values = (rng.random(2 * len(keys)) < 0.1).astype(float).tolist()
    scored = [
        [*key, name, "answer", values[2 * i + j], "answered", ""]
        for i, key in enumerate(keys)
        for j, name in enumerate(("first", "second"))
    ]
    own = {"source": "organism:instruct"}, {"source": "organism:sft"}
    config = configs.check(
        {"baseline": own[0], "candidate": own[1], "benchmarks": ["world_safety"], "design": "fixed", "draws": DRAWS}
    )
    return {
        "prompts": prompts,
        "responses": [[*key, "answered", 100, sha] for key in keys],
        "scores": scored,
        "drift": [],
        "labels": [],
        "plan": [[CONFIG, config.model_dump(mode="json")], [METRICS, metrics()]],
        "models": [],
        "observations": [
            ["blind", {"codes": {}, "remarks": []}],
            ["unreadable", {"reason": "", "notes": []}],
            ["settling", []],
            ["coupling", {}],
            ["not_run", []],
        ],
    }


def make(path: Path, scores: int) -> None:
    """Write a signed bundle with the verdict that follows from its rows."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    parts = rows(scores)
    lines = {name: [canonical(row) for row in parts.get(name, [])] for name in PARTS}
    bundle = Bundle(lines, "", "", None)
    run, (config, benchmarks) = BundledRun(bundle), plan_of(bundle)
    result, _ = result_of(run, config, benchmarks, observations_of(bundle, run))
    path.write_bytes(dumps({**parts, "verdict": [verdict_text(result)]}, Signer(Ed25519PrivateKey.generate())))


def verify(path: Path) -> None:
    """Print one line: scores, size, wall and CPU seconds, peak memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    verified = verify_bundle(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{verified.rows['scores']:,} scores, {path.stat().st_size / 1e6:.0f} MB: wall {wall:.1f} s, CPU {cpu:.1f} s, "
        f"peak {peak:.0f} MiB, {verified.result.overall.value}\n"
    )


def main() -> None:
    """Make a bundle, and verify it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scores", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--verify", type=Path, help="only verify this bundle")
    args = parser.parse_args()
    if args.verify is not None:
        verify(args.verify)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scale.bundle"
        make(path, args.scores)
        subprocess.run([sys.executable, __file__, "--verify", str(path)], check=True)


if __name__ == "__main__":
    main()
