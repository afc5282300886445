"""Fifteen secrets that a user's environment, command or files hold reach no artefact, message, log or traceback."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import shlex
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
import yaml
from endpoint_server import EndpointServer
from hypothesis import given
from hypothesis import strategies as st
from offline import environment

import trustdelta
from trustdelta.cli.main import main
from trustdelta.engines.endpoint_wire import shown
from trustdelta.records import Json
from trustdelta.secrets import redacted, sent

ENVIRONMENT = (
    "TRUSTDELTA_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_ORG_ID",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "WANDB_API_KEY",
    "ANTHROPIC_API_KEY",
    "AWS_SECRET_ACCESS_KEY",
)
"""Variables of the environment; the first and the third are sent to servers, which may repeat them."""
ELSEWHERE = ("password", "query", "option", "nested", "unknown", "setting", "cookie")
"""In an address, before its host and behind its path; in YAML; in `--set`; in what a server answers."""
SECRETS = {name: f"sk-canary-{i}-{name.lower()}" for i, name in enumerate((*ENVIRONMENT, *ELSEWHERE))}
PAIR = ("organism:instruct", "organism:sft")


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every secret is in the environment, and requests stay on this machine."""
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, SECRETS[name])
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def leaked(text: str | bytes) -> list[str]:
    """Names of the secrets that stand in a text."""
    raw = text.encode() if isinstance(text, str) else text
    return [name for name, secret in SECRETS.items() if secret.encode() in raw]


def everything(folder: Path) -> bytes:
    """Every byte of a run folder, with stored responses unpacked."""
    found = b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())
    with closing(sqlite3.connect(folder / "run.sqlite")) as db:
        found += b"".join(zlib.decompress(body) for (body,) in db.execute("SELECT body FROM responses"))
    return found


def refusing_one(body: Json, attempt: int) -> str | None:
    """One request in five is refused for good, by a server that repeats key and organisation in its message."""
    return "400" if body["seed"] % 5 == 0 else None


def test_fifteen_secrets_are_planted() -> None:
    """The tests below look for fifteen different ones."""
    assert len(set(SECRETS.values())) == 15


def test_no_artefact_holds_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A whole audit over two endpoints leaves no secret in the run folder, its database or the log."""
    caplog.set_level(logging.DEBUG)
    with EndpointServer(refusing_one) as one, EndpointServer(refusing_one) as two:
        one.cookie = two.cookie = f"session={SECRETS['cookie']}"
        done = trustdelta.audit(
            one.source,
            two.source,
            benchmarks=("world_safety",),
            out=tmp_path / "run",
            prompts_per_metric=30,
        )
        assert {h["authorization"] for h in one.headers} == {f"Bearer {SECRETS['TRUSTDELTA_API_KEY']}"}
        assert {h.get("openai-organization") for h in one.headers} == {SECRETS["OPENAI_ORG_ID"]}
    assert "server" in done.result.drift_note
    written = everything(tmp_path / "run")
    assert b"refused Bearer [key] [key]" in written
    assert leaked(written) == []
    assert [name for name in leaked(caplog.text) if name != "cookie"] == []


def test_whatever_key_a_provider_repeats_is_not_shown() -> None:
    """Keys of every provider are taken out of what is said, not only those of the endpoint engine."""
    for name in ENVIRONMENT:
        assert shown(f"refused {SECRETS[name]}!") == "refused [key]!"


def commands(folder: Path, server: EndpointServer) -> Iterator[list[str]]:
    """Audits that hold a secret where none may be, or meet a server that repeats one."""
    yield [server.source] * 2
    yield [f"http://user:{SECRETS['password']}@127.0.0.1:1/v1#m"] * 2
    yield [f"http://127.0.0.1:1/v1?key={SECRETS['query']}#m"] * 2
    yield [*PAIR, "--set", f"candidate.options={{password: {SECRETS['setting']}}}"]
    yield [*PAIR, "--set", f"api_key={SECRETS['setting']}"]
    yield [*PAIR, "--set", f"candidate.hf_token={SECRETS['setting']}"]
    models: dict[str, Json] = {"baseline": {"source": PAIR[0]}, "candidate": {"source": PAIR[1]}}
    files: list[dict[str, Json]] = [
        models | {"candidate": {"source": PAIR[1], "options": {"api_key": SECRETS["option"]}}},
        models | {"candidate": {"source": PAIR[1], "options": {"client": [{"headers": {"x": SECRETS["nested"]}}]}}},
        models | {"openai_api_key": SECRETS["unknown"]},
        models | {"openai": {"api_key": SECRETS["unknown"]}},
        models | {"candidate": {"source": f"http://user:{SECRETS['password']}@127.0.0.1:1/v1#m"}},
    ]
    for number, values in enumerate(files):
        (folder / f"{number}.yaml").write_text(yaml.safe_dump({**values, "benchmarks": ["world_safety"]}), "utf-8")
        yield ["--config", str(folder / f"{number}.yaml")]


def test_no_message_holds_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused keys, addresses, settings and files with a secret end in one line without it, and nothing is written."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with EndpointServer(lambda body, attempt: "401") as server:
        for words in commands(tmp_path, server):
            monkeypatch.setattr(sys, "argv", ["trustdelta", "audit", *words, "--benchmark", "world_safety"])
            with pytest.raises(SystemExit) as left:
                main()
            said = capsys.readouterr()
            assert left.value.code in (3, 64), words
            assert said.err.count("trustdelta: ") == 1
            assert leaked(said.err + said.out) == []
    written = json.dumps([p.read_bytes().decode("latin-1") for p in work.rglob("*") if p.is_file()])
    assert leaked(written) == []


BROKEN = """
import sys
import trustdelta.engines.endpoint as endpoint
def broken(*arguments, **options):
    key = endpoint.api_key()
    raise AssertionError("an error that nobody foresaw")
endpoint.read_reply = broken
from trustdelta.cli.main import main
main()
"""
"""An audit with a defect where the key is at hand."""


def test_no_traceback_holds_a_secret(tmp_path: Path) -> None:
    """An internal error shows Python's own traceback, without the values of variables, and no secret."""
    with EndpointServer() as server:
        words = ["audit", server.source, server.source, "--benchmark", "world_safety", "--out", str(tmp_path / "run")]
        planted = {name: SECRETS[name] for name in ENVIRONMENT}
        done = subprocess.run(
            [sys.executable, "-c", BROKEN, *words], env=environment(**planted), capture_output=True, check=False
        )
    assert b"an error that nobody foresaw" in done.stderr
    assert leaked(done.stderr + done.stdout + everything(tmp_path / "run")) == []


LONG_KEY = "sk-proj-A7_x/Yz+90.qW~e4Rt&Uv<8>"


def codings(secret: str) -> dict[str, str]:
    """A secret in the codings that programs write text in."""
    raw = secret.encode()
    b64 = base64.b64encode
    return {
        "plain": secret,
        "upper": secret.upper(),
        "lower": secret.lower(),
        "reversed": secret[::-1],
        "base64": b64(raw).decode(),
        "base64 without padding": b64(raw).decode().rstrip("="),
        "base64url": base64.urlsafe_b64encode(raw).decode(),
        "base64 behind one": b64(b"x" + raw + b"y").decode(),
        "base64 behind two": b64(b"xy" + raw + b"z").decode(),
        "basic": b64(b":" + raw).decode(),
        "bearer": b64(b"Bearer " + raw).decode(),
        "base64 of json": b64(json.dumps({"key": secret}).encode()).decode(),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
        "hex with colons": raw.hex(":"),
        "hex with blanks": raw.hex(" "),
        "hex with dashes": raw.hex("-"),
        "hex of C": "".join(f"\\x{b:02x}" for b in raw),
        "hex list": ", ".join(f"0x{b:02X}" for b in raw),
        "url": quote(secret, safe=""),
        "url plus": quote_plus(secret),
        "url of a query": urlencode({"k": secret}),
        "url twice": quote(quote(secret, safe=""), safe=""),
        "url all": "".join(f"%{b:02x}" for b in raw),
        "url ALL": "".join(f"%{b:02X}" for b in raw),
        "url all twice": "".join(f"%25{b:02X}" for b in raw),
        "json": json.dumps(secret),
        "json slashes": json.dumps(secret).replace("/", "\\/"),
        "json in json": json.dumps(json.dumps(secret)),
        "json all": "".join(f"\\u{ord(c):04x}" for c in secret),
        "json ALL": "".join(f"\\u{ord(c):04X}" for c in secret),
        "json all in json": "".join(f"\\\\u{ord(c):04x}" for c in secret),
        "javascript": "".join(f"\\u{{{ord(c):x}}}" for c in secret),
        "octal": "".join(f"\\{ord(c):03o}" for c in secret),
        "html": html.escape(secret),
        "html all": "".join(f"&#{ord(c)};" for c in secret),
        "html hex": "".join(f"&#x{ord(c):X};" for c in secret),
        "html zeros": "".join(f"&#{ord(c):05};" for c in secret),
        "repr": repr(secret),
        "shell": shlex.quote(secret),
        "regex": re.escape(secret),
        "mixed": "".join(
            f"%{ord(c):02x}" if i % 3 == 0 else f"\\u{ord(c):04x}" if i % 3 == 1 else c for i, c in enumerate(secret)
        ),
        "in a word": f"abc{secret}def",
        "in a url": f"https://x.example/?k={quote(secret, safe='')}&v=1",
    }


@pytest.mark.parametrize("name", codings(LONG_KEY))
@pytest.mark.parametrize("secret", [LONG_KEY, SECRETS["HF_TOKEN"], "0123456789abcdef0123456789abcdef"], ids=range(3))
def test_a_key_is_struck_out_in_any_usual_coding(name: str, secret: str) -> None:
    """No coding of a key is left in a text, and what stands around it stays."""
    text = f"refused 'before' {codings(secret)[name]} (after)"
    found = redacted(text, [secret])
    assert "[key]" in found
    assert found.startswith("refused 'before' ")
    assert found.endswith(" (after)")
    for coded in codings(secret).values():
        assert coded not in found


@pytest.mark.parametrize("secret", ["EMPTY", "none", "token-abc123", "sk-12345678"])
def test_ordinary_words_stay_what_they_are(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is a plain word, as servers without keys take it, changes no model's text."""
    monkeypatch.setattr("os.environ", {"OPENAI_API_KEY": secret})
    text = "The list is EMPTY and none of it, 100 % sure: \\u0041 &amp; &#65; aGVsbG8="
    assert redacted(text, sent()) == text


@given(st.text(), st.text(min_size=8))
def test_texts_without_the_key_stay_what_they_are(text: str, secret: str) -> None:
    """What does not hold the key in any form is not changed."""
    lowered = text.casefold()
    if not any(c.isalnum() and c in lowered for c in secret.casefold()) and not set(text) & set(secret):
        assert redacted(text, [secret]) == text
