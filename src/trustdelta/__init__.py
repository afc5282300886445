"""trustdelta: does converting an instruct LLM into a reasoning model preserve its alignment?

>>> import trustdelta
>>> audit = trustdelta.audit("organism:instruct", "organism:sft")  # doctest: +SKIP
>>> audit.verdicts["safety"].verdict  # doctest: +SKIP
<Verdict.REGRESSED: 'regressed'>
"""

from __future__ import annotations

from importlib.metadata import version as _version
from typing import TYPE_CHECKING

from trustdelta.errors import TrustdeltaError

if TYPE_CHECKING:
    from trustdelta.api import Audit, audit
    from trustdelta.config import AuditConfig, ModelConfig

__all__ = ["Audit", "AuditConfig", "ModelConfig", "TrustdeltaError", "audit"]
__version__ = _version("trustdelta")

_HOMES = {"Audit": "api", "audit": "api", "AuditConfig": "config", "ModelConfig": "config"}


def __getattr__(name: str) -> object:
    """Import the public names where they are first used, so that `import trustdelta` stays light."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'trustdelta' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(f"trustdelta.{_HOMES[name]}"), name)
