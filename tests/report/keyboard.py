"""A real headless Chromium whose keys are pressed through its debugging pipe, with the standard library alone."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

KEYS = {"Tab": 9, "Enter": 13, "Space": 32}
FOCUSED = """(() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  return {tag: e.tagName, name: e.getAttribute("aria-label") || e.name || e.textContent.trim().slice(0, 60),
          top: box.top + scrollY, seen: box.width > 0 && box.height > 0,
          ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
          open: e.tagName === "SUMMARY" ? e.parentElement.open : null};
})()"""
"""Tag, name, place and outline of the focused element, and whether its fold is open."""


class Keyboard:
    """A page in a Chromium, used by keys alone."""

    def __init__(self, chromium: str, page: Path, profile: Path, size: tuple[int, int]) -> None:
        (read, theirs_out), (theirs_in, write) = os.pipe(), os.pipe()

        def pipes() -> None:  # the browser reads from descriptor 3 and writes to 4
            for theirs, number in ((theirs_in, 9), (theirs_out, 10), (9, 3), (10, 4)):
                os.dup2(theirs, number)

        words = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")
        self.process = subprocess.Popen(
            [chromium, *words, f"--user-data-dir={profile}", page.as_uri()],
            close_fds=False,
            preexec_fn=pipes,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.replies, self.orders, self.number = os.fdopen(read, "rb"), os.fdopen(write, "wb", buffering=0), 0
        self.session = ""
        targets = self._order("Target.getTargets")["targetInfos"]
        shown = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self._order("Target.attachToTarget", targetId=shown, flatten=True)["sessionId"]
        shape = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        self._order("Emulation.setDeviceMetricsOverride", **shape)
        while self.run("location.protocol + document.readyState") != "file:complete":
            time.sleep(0.05)

    def __enter__(self) -> Keyboard:
        """As a context manager, which ends the browser."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.replies.close()
        self.orders.close()

    def press(self, key: str) -> dict[str, Any]:
        """Press a key; returns what has the focus then."""
        text = {"Enter": "\r", "Space": " "}.get(key, "")
        code = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self._order("Input.dispatchKeyEvent", type="keyDown", text=text, **code)
        self._order("Input.dispatchKeyEvent", type="keyUp", **code)
        return self.focused()

    def focused(self) -> dict[str, Any]:
        """What has the focus."""
        answer: dict[str, Any] = self.run(FOCUSED)
        return answer

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        return self._order("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def _order(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        order = {"id": self.number, "method": method, "params": parameters}
        order |= {"sessionId": self.session} if self.session else {}
        self.orders.write(json.dumps(order).encode() + b"\0")
        while True:
            message = json.loads(self._message())
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(message["error"])
                result: dict[str, Any] = message["result"]
                return result

    def _message(self) -> bytes:
        parts = []
        while (part := self.replies.read(1)) not in (b"\0", b""):
            parts.append(part)
        return b"".join(parts)
