"""Makes bundles, and verifies bundles and run folders by recomputing their verdicts without a model."""

from __future__ import annotations

import gc
import io
import lzma
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trustdelta import config as configs
from trustdelta.bundle import MANIFEST, Bundle, PublicKey, Signer
from trustdelta.bundle import dumps as bundle_bytes
from trustdelta.bundle import load as load_bundle
from trustdelta.errors import PairingError, TrustdeltaError, UsageError, VerificationError
from trustdelta.files import save_stream
from trustdelta.parsing import MOST_DATA, parse_json, read_bytes, reason, short
from trustdelta.pipeline.bundles.read import BundledRun, observations_of, plan_of
from trustdelta.pipeline.bundles.rows import DAMAGED, unfit
from trustdelta.pipeline.bundles.write import MADE_WITH, Run, rows_of, versions
from trustdelta.pipeline.conclude import VERDICT, check_all, finished, read_verdict, result_of
from trustdelta.pipeline.observations import observe
from trustdelta.pipeline.run import benchmarks_of
from trustdelta.pipeline.scoring.judges import judges_of
from trustdelta.pipeline.scoring.score import outlines_of
from trustdelta.records import AuditResult, Json
from trustdelta.records.state import DECIDED, FINISHED_ON
from trustdelta.report.verdict_json import dumps
from trustdelta.store import Store

XZ = b"\xfd7zXZ\x00"
"""First bytes of a file in xz format."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A verdict that was recomputed with the same bytes."""

    result: AuditResult
    text: str
    """The text of verdict.json."""
    rows: Mapping[str, int]
    """Number of rows by part."""
    root: str = ""
    """Hash over all parts of a bundle; empty for a run folder."""
    key: PublicKey | None = None
    """The key that signed it."""
    known: bool = False
    """Whether that key is one of those that were passed."""
    finished_on: str = ""
    """Day on which the audit was finished; empty: unknown."""
    texts: int = 0
    """Responses whose texts are in the bundle."""


def export_bundle(folder: Path, out: Path, *, key: Path | None = None, include_text: bool = False) -> Path:
    """Write a finished run as a bundle, signed with an ed25519 key in PEM; returns the path.

    Raises VerificationError where the stored verdict does not follow from the run, UsageError for a wrong key.
    """
    signer = None if key is None else Signer.read(key)
    with Store(folder, write=False) as store:
        run, text, _ = _recomputed(folder, store)
        content = bundle_bytes(rows_of(run, text, include_text=include_text), signer)
    bundle = load_bundle(content)
    _follows(bundle, BundledRun(bundle))
    return save_stream(out, io.BytesIO(content))


def verify_run(folder: Path) -> Verified:
    """Verify a run folder: every row and file by its digest, and the verdict by recomputing it.

    Raises StoreError for a damaged row or another file, VerificationError where the verdict does not follow.
    """
    with Store(folder, write=False) as store:
        store.check()
        check_all(folder)
        _, text, result = _recomputed(folder, store)
        rows = {name: counts[0] for name, counts in store.rows().items()}
        rows["responses"] = sum(store.count(author) for author in store.authors())
    return Verified(result, text, rows)


def _recomputed(folder: Path, store: Store) -> tuple[Run, str, AuditResult]:
    """A finished run with the text of its verdict, which was recomputed with the same bytes."""
    read_verdict(folder)
    stored = (folder / VERDICT).read_text("utf-8")
    config = finished(store)
    config = configs.check(store.get(DECIDED)) if store.has(DECIDED) else config
    benchmarks = benchmarks_of(config, {p.benchmark for p in store.prompts()})
    outlines = outlines_of(store, benchmarks, judges_of(config.judges))
    run = Run(store, config, benchmarks, observe(store, config, benchmarks, outlines))
    result, _ = result_of(store, config, benchmarks, run.observed)
    if difference := differing(stored, dumps(result)):
        raise VerificationError(
            f"{folder / VERDICT}: verdict: {difference}; other code or libraries made it, or it was changed; "
            f"`trustdelta score {folder}` writes it again.",
            ("verdict",),
        )
    return run, stored, result


def verify_bundle(path: Path, keys: Sequence[PublicKey] = ()) -> Verified:
    """Verify a bundle: every row by its hash, the signature, and the verdict by recomputing it.

    `keys`: the bundle must be signed by one of them; without keys, any signature must fit the key that the bundle
    names, and an unsigned bundle is accepted.

    Raises VerificationError with the parts that do not fit, UsageError where the file cannot be read.
    """
    with _named(path), _without_collection():
        bundle = load_bundle(_content(path))
        _check_signer(bundle, keys)
        run = BundledRun(bundle)
        result = _follows(bundle, run)
    known = next((key for key in keys if key == bundle.key), None)
    counts = {name: len(rows) for name, rows in bundle.rows.items()}
    signer = known or bundle.key
    day = str(run.get(FINISHED_ON))
    return Verified(result, bundle.verdict, counts, bundle.root, signer, known is not None, day, run.texts)


def read_bundle(path: Path) -> tuple[Bundle, BundledRun]:
    """A bundle whose rows and texts fit their hashes, and the run in it; its verdict is not recomputed.

    Raises VerificationError where a row or a text does not fit, UsageError where the file cannot be read.
    """
    with _named(path):
        bundle = load_bundle(_content(path))
        return bundle, BundledRun(bundle)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Puts the file's name in front of what a bundle is refused for."""
    try:
        yield
    except VerificationError as problem:
        raise VerificationError(f"{path}: refused: {problem}", problem.parts) from None


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pauses the search for cycles: rows have none, and looking at a million of them takes a tenth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _content(path: Path) -> bytes:
    """The bytes of a file, those of one in xz format decompressed."""
    try:
        raw = read_bytes(path, MOST_DATA)
    except OSError as problem:
        raise UsageError(f"{path}: cannot be read ({reason(problem)}); wanted a bundle or a run folder.") from None
    except ValueError as problem:
        raise unfit(MANIFEST, reason(problem)) from None
    return _decompressed(raw) if raw.startswith(XZ) else raw


def _decompressed(raw: bytes) -> bytes:
    try:
        with lzma.open(io.BytesIO(raw)) as file:
            whole = file.read(MOST_DATA + 1)
    except (EOFError, lzma.LZMAError) as problem:
        raise unfit(MANIFEST, f"the file cannot be decompressed ({reason(problem)})") from None
    if len(whole) > MOST_DATA:
        raise unfit(MANIFEST, f"decompressed, it has more than {MOST_DATA:,} bytes")
    return whole


def _check_signer(bundle: Bundle, keys: Sequence[PublicKey]) -> None:
    if not keys or bundle.key in keys:
        return
    signer = "it is unsigned" if bundle.key is None else f"it is signed by the key {bundle.key.id}"
    expected = ", ".join(key.id for key in keys)
    raise VerificationError(
        f"signature: {signer}, wanted one by {expected}; ask its author for the signed one.", ("signature",)
    )


def _follows(bundle: Bundle, run: BundledRun) -> AuditResult:
    """The result that follows from a bundle; raises VerificationError where its verdict has other bytes."""
    config, benchmarks = plan_of(bundle)
    observed = observations_of(bundle, run)
    try:
        result, _ = result_of(run, config, benchmarks, observed)
        text = dumps(result)
    except VerificationError:
        raise
    except PairingError as problem:
        raise unfit("scores", str(problem)) from None
    except (TrustdeltaError, *DAMAGED) as problem:
        raise unfit(
            "plan", f"no verdict follows from the rows ({type(problem).__name__}: {short(str(problem))})"
        ) from None
    if difference := differing(bundle.verdict, text):
        raise unfit("verdict", f"{difference}{_other_versions(dict(bundle.values('plan')).get(MADE_WITH))}")
    return result


def _other_versions(made_with: Json) -> str:
    """The versions that made a bundle, where they are not those of this environment."""
    here = versions()
    if not isinstance(made_with, dict) or made_with == here:
        return ""
    named = ", ".join(f"{name} {short(made_with.get(name))} (here {version})" for name, version in here.items())
    return f"; it was made with {named}: verify it with those versions"


def differing(stored: str, computed: str) -> str:
    """The first place where a stored verdict differs from the recomputed one; empty for equal bytes."""
    if stored == computed:
        return ""
    try:
        place = next(_differences(parse_json(stored), parse_json(computed), "verdict.json"), "its layout")
    except ValueError:
        place = "its text"
    return f"it does not follow from the scores and the plan ({place} differs)"


def _differences(stored: Json, computed: Json, place: str) -> Iterator[str]:
    if isinstance(stored, dict) and isinstance(computed, dict) and stored.keys() == computed.keys():
        for key in stored:
            yield from _differences(stored[key], computed[key], f"{place}.{key}")
    elif isinstance(stored, list) and isinstance(computed, list) and len(stored) == len(computed):
        for i, pair in enumerate(zip(stored, computed, strict=True)):
            yield from _differences(*pair, f"{place}[{i}]")
    elif stored != computed or type(stored) is not type(computed):
        yield place
