"""An OpenAI-compatible server on the loopback interface that answers at once, so that only its caller costs anything.

    python experiments/perf/instant_server.py

Prints its port, then serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import json
import sys

TEXT = "The answer is 42, for the reasons that were given before. " * 4
REPLY = {
    "id": "x",
    "object": "chat.completion",
    "created": 0,
    "model": "mini",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": TEXT}}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 50, "total_tokens": 70},
}
MODELS = {"object": "list", "data": [{"id": "mini", "object": "model", "created": 0, "owned_by": "nobody"}]}


def packed(status: str, value: object) -> bytes:
    """A whole HTTP reply."""
    body = json.dumps(value).encode()
    return f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


CHAT, LIST, NOTHING = packed("200 OK", REPLY), packed("200 OK", MODELS), packed("404 Not Found", {"error": "no"})


class Answer(asyncio.Protocol):
    """One connection: reads whole requests and answers each by its path."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that has arrived whole."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = next((int(h[15:]) for h in head.split(b"\r\n") if h.startswith(b"content-length:")), 0)
            if len(self.buffer) < end + 4 + length:
                return
            path = head.split(b" ", 2)[1]
            self.buffer = self.buffer[end + 4 + length :]
            self.transport.write(
                CHAT if path.endswith(b"/chat/completions") else LIST if path == b"/v1/models" else NOTHING
            )


async def main() -> None:
    """Serve."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answer, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
