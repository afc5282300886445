"""DSSE envelopes with ed25519 signatures, which other programs can check (secure-systems-lab/dsse, protocol 1.0.2).

`cryptography` is imported only where a signature is made or checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trustdelta.errors import UsageError
from trustdelta.parsing import read_bytes, reason

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
INSTALL = "signatures need the package cryptography; pip install 'trustdelta[verify]'."
NEW_KEY = (
    "`openssl genpkey -algorithm ed25519 -out key.pem` makes a key, `openssl pkey -in key.pem -pubout` its public key"
)

PUBLIC_OF = "`openssl pkey -in {} -pubout` makes it, and the private key stays secret"


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def coded(raw: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(raw).decode()


def decoded(text: object) -> bytes | None:
    """The bytes of base64 in its only valid spelling; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if coded(raw) == text else None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An ed25519 public key."""

    der: bytes
    """SubjectPublicKeyInfo."""
    name: str = field(default="", compare=False)
    """Name of the file that it was read from."""

    @property
    def id(self) -> str:
        """SHA-256 of the key's DER form, 64 hex digits."""
        return hashlib.sha256(self.der).hexdigest()

    @classmethod
    def read(cls, path: Path) -> PublicKey:
        """The public key of a PEM file; raises UsageError where it holds none."""
        serialization, content = _serialization(), _content(path)
        if b"PRIVATE KEY-----" in content:
            raise UsageError(f"{path}: found a private key, wanted its public key; {PUBLIC_OF.format(path.name)}.")
        try:
            key = serialization.load_pem_public_key(content)
        except (ValueError, _unsupported()):
            raise UsageError(f"{path}: found no public key in PEM, wanted one of ed25519; {NEW_KEY}.") from None
        return cls(_der(key, path), path.name)

    def signed(self, payload: bytes, signature: bytes) -> bool:
        """Whether a signature of a payload is by this key; False for a key that is none of ed25519."""
        serialization = _serialization()
        from cryptography.exceptions import InvalidSignature

        try:
            key = serialization.load_der_public_key(self.der)
            if not isinstance(key, _public_type()):
                return False
            key.verify(signature, pae(PAYLOAD_TYPE, payload))
        except (InvalidSignature, ValueError, _unsupported()):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """An ed25519 private key."""

    key: Ed25519PrivateKey

    @classmethod
    def read(cls, path: Path) -> Signer:
        """The private key of an unencrypted PEM file; raises UsageError where it holds none of ed25519."""
        serialization, content = _serialization(), _content(path)
        if b"PUBLIC KEY-----" in content:
            raise UsageError(f"{path}: found a public key, wanted the private key that it belongs to.")
        try:
            key = serialization.load_pem_private_key(content, password=None)
        except TypeError:
            raise UsageError(
                f"{path}: found an encrypted key, wanted one without a password; `openssl pkey -in {path.name}` "
                "decrypts it."
            ) from None
        except (ValueError, _unsupported()):
            raise UsageError(f"{path}: found no private key in PEM, wanted one of ed25519; {NEW_KEY}.") from None
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if not isinstance(key, Ed25519PrivateKey):
            raise UsageError(f"{path}: found a key of another kind, wanted ed25519; {NEW_KEY}.")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """The public key."""
        return PublicKey(_spki(self.key.public_key()))

    def sign(self, payload: bytes) -> bytes:
        """The signature of a payload, 64 bytes; equal payloads have equal signatures."""
        return self.key.sign(pae(PAYLOAD_TYPE, payload))


def _serialization() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError:
        raise UsageError(INSTALL) from None
    return serialization


def _unsupported() -> type[Exception]:
    from cryptography.exceptions import UnsupportedAlgorithm

    return UnsupportedAlgorithm


def _public_type() -> type[Ed25519PublicKey]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey


def _spki(key: Ed25519PublicKey) -> bytes:
    serialization = _serialization()
    raw: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return raw


def _der(key: object, path: Path) -> bytes:
    if not isinstance(key, _public_type()):
        raise UsageError(f"{path}: found a key of another kind, wanted ed25519; {NEW_KEY}.")
    return _spki(key)


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path}: cannot be read ({reason(problem)}); wanted a key in PEM; {NEW_KEY}.") from None
