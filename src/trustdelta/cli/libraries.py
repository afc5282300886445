"""What libraries say while a command runs: log records and warnings hold names and model text, so they are cleaned."""

from __future__ import annotations

import logging
import sys
import warnings
from typing import TextIO

from trustdelta.cli.output import clean


class Record(logging.LogRecord):
    """A log record whose message and traceback hold nothing that acts on a terminal or on a CI service."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        if self.exc_info and self.exc_info[0]:
            self.exc_text = clean(logging.Formatter().formatException(self.exc_info))

    def getMessage(self) -> str:
        """The cleaned message."""
        return clean(super().getMessage())


def tame() -> None:
    """Clean every log record and every warning from here on."""
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
