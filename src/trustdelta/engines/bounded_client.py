"""The HTTP client of served models: a reply has a size limit before it is unpacked, and no redirect leads elsewhere."""

from __future__ import annotations

import zlib
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import openai

from trustdelta.engines.endpoint_wire import Fault

if TYPE_CHECKING:
    from httpx2 import URL, Request, Response

MOST_CHAT = 16 << 20
"""Bytes of a reply to a chat, unpacked: a hundred times what the longest answers take."""
MOST_LISTED = 1 << 30
"""Bytes of a reply that lists log-probabilities of a whole prompt, perhaps of the whole vocabulary."""
MOST_REDIRECTS = 5
CODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}

MOST: ContextVar[int] = ContextVar("most", default=MOST_CHAT)
"""The limit of the replies to requests that are made from here."""


class BoundedClient(openai.DefaultAsyncHttpxClient):
    """Reads every reply whole, up to MOST bytes; raises Fault for a longer one and for a redirect to another host."""

    def __init__(self, **options: Any) -> None:
        super().__init__(headers={"Accept-Encoding": "gzip, deflate"}, **options)

    async def send(self, request: Request, **options: Any) -> Response:
        """The reply to a request, redirects within its host followed."""
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
        raise Fault(f"more than {MOST_REDIRECTS} redirects", again=False)


async def _raw(response: Response) -> bytes:
    most, found = MOST.get(), bytearray()
    async for block in response.aiter_raw():
        found += block
        if len(found) > most:
            raise _too_large(most)
    return bytes(found)


def inflated(raw: bytes, codings: str, most: int) -> bytes:
    """A body without its content codings (RFC 9110, 8.4); raises Fault for more than `most` bytes and other codings."""
    for coding in reversed([c.strip().lower() for c in codings.split(",") if c.strip()]):
        if coding == "identity" or not raw:
            continue
        if coding not in CODINGS:
            raise Fault(f"a reply in the coding {coding[:20]!r}, which was not asked for", again=False)
        try:
            raw = _unpacked(raw, CODINGS[coding], most)
        except zlib.error as problem:
            raise Fault(f"a reply that cannot be unpacked ({problem})", again=True) from None
    return raw


def _unpacked(raw: bytes, bits: int, most: int) -> bytes:
    """One coding taken off; a deflated body may lack its frame, and a gzip file may have several parts."""
    if bits == zlib.MAX_WBITS and raw[0] & 0x0F != 8:
        bits = -zlib.MAX_WBITS
    found = bytearray()
    while raw:
        unpacker = zlib.decompressobj(bits)
        found += unpacker.decompress(raw, most + 1 - len(found))
        if len(found) > most or unpacker.unconsumed_tail:
            raise _too_large(most)
        if not unpacker.eof:
            raise zlib.error("it is cut off")
        raw = unpacker.unused_data
    return bytes(found)


def _whole(response: Response, content: bytes) -> Response:
    """The same reply with its content read and unpacked."""
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
    """Raise Fault for a redirect to another host or port: prompts and key were meant for this one."""
    same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    safer = (here.scheme, there.scheme, here.host) == ("http", "https", there.host) and here.port is there.port is None
    if not same and not safer:
        raise Fault(
            f"a redirect to {there.scheme}://{there.netloc.decode('ascii', 'replace')}, another host; pass that "
            "address if it is meant",
            again=False,
            stops=True,
        )


def _too_large(most: int) -> Fault:
    return Fault(f"a reply of more than {most:,} bytes", again=False)
