"""A model server for benchmarks: answers every chat completion after a fixed time.

    python -m benchmarks.fake_model --latency 0.5

Prints its port alone on the first line. One process, one loop, no parsing beyond what
HTTP/1.1 with a Content-Length needs, so that it takes as little of the machine as it can.
"""

from __future__ import annotations

import argparse
import asyncio
import json

ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "fake",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": '{"reason": "The user is calm throughout.", "label": "false"}',
                },
            }
        ],
        "usage": {"prompt_tokens": 1200, "completion_tokens": 20, "total_tokens": 1220},
    }
).encode()
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(ANSWER)).encode()
    + b"\r\n\r\n"
    + ANSWER
)


class Server(asyncio.Protocol):
    def __init__(self, latency_s: float) -> None:
        self.latency_s = latency_s
        self.buffer = b""
        self.wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            if not self.wanted:
                end = self.buffer.find(b"\r\n\r\n")
                if end < 0:
                    return
                head = self.buffer[:end].lower()
                at = head.find(b"content-length:")
                length = int(head[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else 0
                self.wanted = end + 4 + length
            if len(self.buffer) < self.wanted:
                return
            self.buffer = self.buffer[self.wanted :]
            self.wanted = 0
            asyncio.get_running_loop().call_later(self.latency_s, self.answer)

    def answer(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(RESPONSE)  # type: ignore[attr-defined]


async def serve(latency_s: float, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(latency_s), "127.0.0.1", port, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.5)
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    args = parser.parse_args()
    asyncio.run(serve(args.latency, args.port))
