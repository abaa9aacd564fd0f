"""A provider that does what a test tells it, on a raw socket.

Answers are lists of steps: bytes are sent as they are; Wait, Dribble, Reset,
Hang do what they say.  `requests` records what arrived, with the moment the
client was seen to leave.
"""

import json
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Wait:
    seconds: float


@dataclass
class Dribble:
    """Sends byte by byte (or `size` by `size`), `seconds` apart."""
    data: bytes
    size: int = 1
    seconds: float = 0.0


class Reset:
    """The connection is reset, not closed."""


class Hang:
    """Nothing more is sent; the connection stays until the client goes."""


@dataclass
class Endless:
    """Sends `data` again and again until the client goes."""
    data: bytes
    seconds: float = 0.05


@dataclass
class Seen:
    method: str
    path: str
    headers: dict
    body: bytes
    gone: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self):
        return json.loads(self.body)


class ClientGone(Exception):
    pass


class Provider:
    """Answers the scripts in turn, the last one for ever."""

    def __init__(self, *scripts):
        self.requests = []
        self._scripts = list(scripts) or [answer("Hello.")]
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._closing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._closing = True
        self._listener.close()

    @property
    def port(self):
        return self._listener.getsockname()[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def script(self, *scripts):
        with self._lock:
            self._scripts = list(scripts)
            self.requests.clear()

    def _accept(self):
        while not self._closing:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,),
                             daemon=True).start()

    def _serve(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = b""
        with client:
            while True:
                seen, buffer = self._read(client, buffer)
                if seen is None:
                    return
                with self._lock:
                    self.requests.append(seen)
                    steps = self._scripts[0]
                    if len(self._scripts) > 1:
                        self._scripts.pop(0)
                try:
                    for step in steps:
                        self._run(client, step)
                except (ClientGone, OSError):
                    seen.gone.set()
                    return
                seen.finished.set()
                if not keeps_alive(steps):
                    return

    def _read(self, client, buffer):
        try:
            while b"\r\n\r\n" not in buffer:
                data = client.recv(65536)
                if not data:
                    return None, b""
                buffer += data
            head, buffer = buffer.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            headers = {k.lower(): v for k, v in (
                line.split(": ", 1) for line in lines[1:])}
            length = int(headers.get("content-length", 0))
            while len(buffer) < length:
                data = client.recv(65536)
                if not data:
                    return None, b""
                buffer += data
        except OSError:
            return None, b""
        method, path, _ = lines[0].split(" ", 2)
        return Seen(method, path, headers, buffer[:length]), buffer[length:]

    def _run(self, client, step):
        if isinstance(step, bytes):
            client.sendall(step)
        elif isinstance(step, Wait):
            self._watch(client, step.seconds)
        elif isinstance(step, Dribble):
            for at in range(0, len(step.data), step.size):
                client.sendall(step.data[at:at + step.size])
                self._watch(client, step.seconds)
        elif isinstance(step, Endless):
            while True:
                client.sendall(step.data)
                self._watch(client, step.seconds)
        elif isinstance(step, Reset):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
            client.close()
        elif isinstance(step, Hang):
            self._watch(client, 3600)

    def _watch(self, client, seconds):
        """Waits, and notices when the client goes meanwhile."""
        deadline = time.monotonic() + seconds
        while not self._closing:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            if select.select([client], [], [], min(left, 0.2))[0]:
                if not client.recv(1, socket.MSG_PEEK):
                    raise ClientGone
                time.sleep(min(left, 0.2))


def keeps_alive(steps):
    return all(isinstance(s, (bytes, Wait, Dribble)) for s in steps) and \
        b"content-length" in b"".join(
            s if isinstance(s, bytes) else getattr(s, "data", b"")
            for s in steps).lower()


def http(status, body, kind="application/json", headers=()):
    reason = {200: "OK"}.get(status, "Error")
    extra = "".join(f"{k}: {v}\r\n" for k, v in headers)
    return (f"HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\n{extra}"
            f"content-length: {len(body)}\r\n\r\n").encode() + body


def answer_body(text="Hello.", input_tokens=12, output_tokens=3):
    return json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1,
        "model": "model-x", "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": input_tokens,
                  "completion_tokens": output_tokens,
                  "total_tokens": input_tokens + output_tokens}}).encode()


def answer(text="Hello.", **usage):
    """A whole OpenAI answer, as one step."""
    return [http(200, answer_body(text, **usage))]


def error(status, message="no", headers=()):
    body = json.dumps({"error": {"message": message, "type": "error",
                                 "code": None}}).encode()
    return [http(status, body, headers=headers)]


STREAM_HEAD = (b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
               b"connection: close\r\n\r\n")


def chunk(text=None, finish=None, usage=None):
    delta = {"content": text} if text is not None else {}
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk",
            "created": 1, "model": "model-x",
            "choices": [{"index": 0, "delta": delta,
                         "finish_reason": finish}]}
    if usage:
        body["choices"] = []
        body["usage"] = {"prompt_tokens": usage[0],
                         "completion_tokens": usage[1],
                         "total_tokens": sum(usage)}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def stream_body(words, usage=(12, 3)):
    return b"".join(map(chunk, words)) + chunk(finish="stop") + \
        chunk(usage=usage) + b"data: [DONE]\n\n"


def stream(*words, usage=(12, 3)):
    """A whole OpenAI stream, sent at once."""
    return [STREAM_HEAD, stream_body(words, usage)]
