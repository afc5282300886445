"""The HTTP client of served models. It limits the size of decompressed replies and refuses redirects to other hosts."""

from __future__ import annotations

import zlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import openai

from trustdelta.engines.endpoint_wire import Fault

if TYPE_CHECKING:
    from httpx2 import URL, Request, Response

MOST_CHAT = 16 << 20
"""Limit of a decompressed chat reply in bytes, a hundred times the longest answers."""
MOST_LISTED = 1 << 30
"""Limit of a reply with log-probabilities of a prompt, possibly over the whole vocabulary, in bytes."""
MOST_REDIRECTS = 5
CODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}

MOST: ContextVar[int] = ContextVar("most", default=MOST_CHAT)
"""The limit of replies to requests from this context."""


class BoundedClient(openai.DefaultAsyncHttpxClient):
    """Reads every reply whole, up to MOST bytes; raises Fault for a longer one and for a redirect to another host."""

    def __init__(self, **options: Any) -> None:
        super().__init__(headers={"Accept-Encoding": "gzip, deflate"}, **options)

    async def send(self, request: Request, **options: Any) -> Response:
        """The reply to a request. Redirects within its host are followed."""
        options |= {"stream": True, "follow_redirects": False}
        for _ in range(MOST_REDIRECTS):
            response = await super().send(request, **options)
            try:
                content = inflated(await _raw(response), response.headers.get("content-encoding", ""), MOST.get())
            finally:
                await response.aclose()
            if response.next_request is None:
                return _whole(response, content)
            _refuse_elsewhere(request.url, response.next_request.url)
            request = response.next_request
        raise Fault(f"more than {MOST_REDIRECTS} redirects", retry=False)


async def _raw(response: Response) -> bytes:
    most, content = MOST.get(), bytearray()
    async for block in response.aiter_raw():
        content += block
        if len(content) > most:
            raise _too_large(most)
    return bytes(content)


def inflated(raw: bytes, codings: str, most: int) -> bytes:
    """A body without its content codings (RFC 9110, 8.4); raises Fault above `most` bytes and for unknown codings."""
    for coding in reversed([c.strip().lower() for c in codings.split(",") if c.strip()]):
        if coding == "identity" or not raw:
            continue
        if coding not in CODINGS:
            raise Fault(f"a reply in the coding {coding[:20]!r}, which was not requested", retry=False)
        try:
            raw = _unpacked(raw, CODINGS[coding], most)
        except zlib.error as problem:
            raise Fault(f"a reply that cannot be decompressed ({problem})", retry=True) from None
    return raw


def _unpacked(raw: bytes, bits: int, most: int) -> bytes:
    """Removes one coding. A deflated body may lack its frame; a gzip file may have several parts."""
    if bits == zlib.MAX_WBITS and raw[0] & 0x0F != 8:
        bits = -zlib.MAX_WBITS
    content = bytearray()
    while raw:
        unpacker = zlib.decompressobj(bits)
        content += unpacker.decompress(raw, most + 1 - len(content))
        if len(content) > most or unpacker.unconsumed_tail:
            raise _too_large(most)
        if not unpacker.eof:
            raise zlib.error("it is cut off")
        raw = unpacker.unused_data
    return bytes(content)


def _whole(response: Response, content: bytes) -> Response:
    """The same reply with its decompressed content."""
    dropped = ("content-encoding", "content-length", "transfer-encoding")
    headers = [(k, v) for k, v in response.headers.multi_items() if k.lower() not in dropped]
    return type(response)(
        response.status_code,
        headers=headers,
        content=content,
        request=response.request,
        extensions={k: v for k, v in response.extensions.items() if k != "network_stream"},
    )


def _refuse_elsewhere(here: URL, there: URL) -> None:
    """Raise Fault for a redirect to another host or port, which would receive prompts and key."""
    same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    safer = (here.scheme, there.scheme, here.host) == ("http", "https", there.host) and here.port is there.port is None
    if not same and not safer:
        raise Fault(
            f"a redirect to {there.scheme}://{there.netloc.decode('ascii', 'replace')}, another host; pass that "
            "address if it is meant",
            retry=False,
            fatal=True,
        )


def _too_large(most: int) -> Fault:
    return Fault(f"a reply of more than {most:,} bytes", retry=False)
