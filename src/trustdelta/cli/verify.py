"""The commands on bundles: `verify` checks a verdict without a model, `registry` makes a page of verified ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trustdelta.cli.output import Reply
from trustdelta.errors import FolderError, UsageError

if TYPE_CHECKING:
    from trustdelta.bundle import PublicKey
    from trustdelta.pipeline.bundles.check import Verified
    from trustdelta.records import Json

Target = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="Bundle of an audit, or the folder of one.", show_default=False)
]
Keys = Annotated[
    list[Path] | None,
    typer.Option("--key", help="Public key (PEM, ed25519) that must have signed the bundle (repeatable: any of them)."),
]


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command(epilog="Example: trustdelta verify audit.bundle --key release.pub.pem --extract checked")(verify)
    app.command(epilog="Example: trustdelta registry bundles --key release.pub.pem --out registry.html")(registry)


def verify(
    bundle: Target,
    key: Keys = None,
    extract: Annotated[
        Path | None, typer.Option(help="Folder for the verified verdict.json, which gate, view and compare read.")
    ] = None,
) -> Reply:
    """Recompute a verdict from its scores and plan, and check every hash and the signature; no model is loaded.

    Exit 0 if every byte fits, whatever the verdict is; 3 if anything does not, with the names of the parts.
    """
    from trustdelta.pipeline.bundles.check import verify_bundle, verify_run

    if bundle.is_dir():
        if key:
            raise UsageError(f"--key: {bundle} is a run folder, which has no signature; pass a bundle.")
        verified = verify_run(bundle)
    else:
        verified = verify_bundle(bundle, public_keys(key or ()))
    lines = [*described(bundle, verified), *([] if extract is None else [f"written: {extracted(verified, extract)}"])]
    return Reply(as_value(verified), lines)


def registry(
    bundles: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER...", help="Folders of *.bundle and *.bundle.xz files.", show_default=False),
    ],
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="Public key (PEM); its file names the signer (repeatable)."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The page; an earlier one is replaced.")] = Path("registry.html"),
) -> Reply:
    """Verify all bundles of folders and write one page of the audited pairs, which needs no server.

    Exit 3 if a bundle was refused; the page lists it with the reason.
    """
    from trustdelta.errors import VerificationError
    from trustdelta.files import save_text
    from trustdelta.report.studies.bundles import render
    from trustdelta.study.registry import registry_of

    listed = registry_of(bundles, public_keys(key or ()))
    save_text(out, render(listed))
    lines = [f"{out}: {len(listed.verified)} verified, {len(listed.refused)} refused"]
    lines += [f"refused: {r.file}: {r.problem}" for r in listed.refused]
    value = {
        "written": str(out),
        "verified": {r.file: {"root": r.root, "signed_by": r.key or None, "signer": r.signer} for r in listed.verified},
        "refused": {r.file: r.problem for r in listed.refused},
    }
    return Reply(value, lines, code=VerificationError.exit_code if listed.refused else 0)


def public_keys(paths: list[Path] | tuple[()]) -> list[PublicKey]:
    """The public keys of PEM files; raises UsageError."""
    from trustdelta.bundle import PublicKey

    return [PublicKey.read(path) for path in paths]


def extracted(verified: Verified, folder: Path) -> Path:
    """Write a verified verdict.json into a folder, created if absent; raises FolderError, UsageError for a run's."""
    from trustdelta.files import save_text

    if (folder / "run.sqlite").exists():
        raise UsageError(f"--extract: {folder} is a run folder; pass another folder, so that no verdict is replaced.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise FolderError(f"{folder}: cannot be created ({problem.strerror}); pass another --extract.") from None
    return save_text(folder / "verdict.json", verified.text)


def described(target: Path, verified: Verified) -> list[str]:
    """What was verified, and what the verdict is."""
    from trustdelta.report.sanitise import visible

    result, rows = verified.result, verified.rows
    counted = ", ".join(f"{rows[name]:,} {name}" for name in ("prompts", "responses", "scores") if name in rows)
    pair = f"{result.baseline.name} → {result.candidate.name}"
    lines = [
        f"{target}: verified: {counted} fit their hashes, and the verdict follows from them byte for byte",
        f"verdict: {visible(f'{pair}: {result.overall.value}: {result.summary}')}",
    ]
    if verified.root:
        lines += [f"root: {verified.root}", f"signature: {signer(verified)}"]
    if result.exploratory:
        lines.append("exploratory: the plan was changed after the candidate had answered")
    return lines


def signer(verified: Verified) -> str:
    """Who signed a bundle, and how far that is known."""
    if verified.key is None:
        return "none: whoever changes this bundle can make one that verifies; ask its author for a signed one"
    if verified.known:
        return f"by {verified.key.name} (SHA-256 of the key {verified.key.id})"
    return f"by a key with SHA-256 {verified.key.id}, which was not compared with one of yours (--key)"


def as_value(verified: Verified) -> Json:
    """The same as a JSON value."""
    result, key = verified.result, verified.key
    return {
        "verified": True,
        "baseline": result.baseline.name,
        "candidate": result.candidate.name,
        "verdict": result.overall.value,
        "exploratory": list(result.exploratory),
        "rows": dict(verified.rows),
        "root": verified.root or None,
        "signed_by": None if key is None else key.id,
        "known_key": verified.known,
    }
