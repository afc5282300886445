"""Merkle trees and envelopes, against published values, the definition, and other programs."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from trustdelta.bundle import merkle
from trustdelta.bundle.envelope import PAYLOAD_TYPE, PublicKey, Signer, decoded, pae
from trustdelta.bundle.statement import canonical
from trustdelta.errors import UsageError


def defined(rows: list[bytes]) -> bytes:
    """The Merkle tree hash as RFC 6962, section 2.1, defines it."""
    if len(rows) < 2:
        return hashlib.sha256(b"\x00" + rows[0]).digest() if rows else hashlib.sha256().digest()
    k = 1
    while 2 * k < len(rows):
        k *= 2
    return hashlib.sha256(b"\x01" + defined(rows[:k]) + defined(rows[k:])).digest()


@pytest.mark.parametrize("size", range(35))
def test_the_root_is_that_of_the_definition(size: int) -> None:
    """Trees of every shape up to 34 leaves."""
    rows = [b"row %d" % i for i in range(size)]
    assert merkle.root(rows) == defined(rows).hex()


def test_published_roots() -> None:
    """The tests of Certificate Transparency (merkle_tree_test.cc) give the roots over their eight leaves."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    rows = [bytes.fromhex(leaf) for leaf in leaves]
    assert merkle.root(rows[:1]) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root(rows[:2]) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert merkle.root(rows) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_the_encoding_is_that_of_dsse() -> None:
    """The example of the DSSE specification."""
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected


def test_openssl_accepts_the_signature(keys: Path, tmp_path: Path) -> None:
    """A program of others checks the signature over the encoded payload."""
    payload = b'{"a":1}'
    (tmp_path / "message").write_bytes(pae(PAYLOAD_TYPE, payload))
    (tmp_path / "sig").write_bytes(Signer.read(keys / "release.pem").sign(payload))
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-in", "message", "-sigfile", "sig", "-inkey"]
    accepted = subprocess.run([*words, str(keys / "release.pub.pem")], cwd=tmp_path, capture_output=True, check=False)
    refused = subprocess.run([*words, str(keys / "other.pub.pem")], cwd=tmp_path, capture_output=True, check=False)
    assert (accepted.returncode, refused.returncode) == (0, 1)


def test_a_key_is_named_by_the_hash_of_its_der_form(keys: Path) -> None:
    """The id of a key is what `openssl pkey -pubin -outform DER | sha256sum` prints."""
    words = ["openssl", "pkey", "-pubin", "-in", str(keys / "release.pub.pem"), "-outform", "DER"]
    der = subprocess.run(words, capture_output=True, check=True).stdout
    assert PublicKey.read(keys / "release.pub.pem").id == hashlib.sha256(der).hexdigest()


def test_wrong_keys_are_one_line(keys: Path, tmp_path: Path) -> None:
    """Another kind, the wrong half, an encrypted key, a missing file and no key at all."""
    encrypted = tmp_path / "encrypted.pem"
    words = ["openssl", "pkey", "-in", keys / "release.pem", "-aes256", "-passout", "pass:x", "-out", encrypted]
    subprocess.run(list(map(str, words)), check=True, capture_output=True)
    (tmp_path / "text.pem").write_text("no key")
    for path, problem in (
        (keys / "rsa.pem", "another kind"),
        (keys / "release.pub.pem", "found a public key"),
        (encrypted, "encrypted"),
        (tmp_path / "text.pem", "no private key"),
        (tmp_path / "none.pem", "cannot be read"),
    ):
        with pytest.raises(UsageError, match=problem):
            Signer.read(path)
    for path, problem in ((keys / "rsa.pub.pem", "another kind"), (keys / "release.pem", "found a private key")):
        with pytest.raises(UsageError, match=problem):
            PublicKey.read(path)


def test_base64_has_one_spelling() -> None:
    """Unused bits, blanks and line feeds of base64 are refused, so that no byte of it can change unnoticed."""
    assert decoded("QQ==") == b"A"
    assert [decoded(text) for text in ("QR==", "QQ=", "QQ==\n", " QQ==", "QQ", 1)] == [None] * 6


def test_canonical_values() -> None:
    """Sorted keys, no blanks, ASCII, shortest floats; what JSON lacks is written as in verdict.json."""
    value = {"b": 0.1, "a": ["é", float("nan"), float("inf"), -0.0, 1e22, 5]}
    assert canonical(value) == b'{"a":["\\u00e9",null,"Infinity",-0.0,1e+22,5],"b":0.1}'
    assert json.loads(canonical(value))["b"] == 0.1
