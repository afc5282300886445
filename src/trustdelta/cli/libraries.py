"""Sanitises the log records and warnings of libraries, which contain names and model text."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from typing import TextIO

from trustdelta.cli.output import clean


class Record(logging.LogRecord):
    """A log record whose message and traceback have no commands for a terminal or CI service."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        if self.exc_info and self.exc_info[0]:
            self.exc_text = clean(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:
        """The sanitised message."""
        return clean(super().getMessage())


LIBRARIES = ("transformers", "huggingface_hub", "torch", "tokenizers", "accelerate")
"""Libraries whose warnings are for developers: what matters of them is checked and is an error or a note."""


def quieten_libraries() -> None:
    """Hide the warnings of LIBRARIES, unless the user chose a filter (`PYTHONWARNINGS`, `-W`) or a library's level."""
    if not sys.warnoptions:
        for name in LIBRARIES:
            warnings.filterwarnings("ignore", module=rf"{name}(\.|$)")
    for name in ("HF_HUB_VERBOSITY", "TRANSFORMERS_VERBOSITY"):  # both set their loggers' levels on import
        os.environ.setdefault(name, "error")
    for name in LIBRARIES:
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.ERROR)


def quieten_destructors() -> None:
    """Hide errors in destructors: an object that could not be built complains a second time, below the one line."""
    sys.unraisablehook = lambda _: None


def sanitise_logs() -> None:
    """Sanitise every log record and warning from now on."""
    logging.setLogRecordFactory(Record)
    warnings.showwarning = _show


def _show(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del filename, lineno, line
    text = " ".join(clean(str(message)).split())
    (file or sys.stderr).write(f"trustdelta: {category.__name__}: {text}\n")
