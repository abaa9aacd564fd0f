"""Raw HTTP: bytes out, and what came back told apart by a strict parser."""

import re
import socket

from process import PATIENCE


def send(port, parts, idle=0.5, limit=4.0):
    """Sends the parts with pauses between; returns (bytes, closed)."""
    client = socket.create_connection(("127.0.0.1", port), 5)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received, closed = b"", False
    with client:
        for number, part in enumerate(parts):
            try:
                client.sendall(part)
            except OSError:
                closed = True
                break
            if number + 1 < len(parts):
                more, closed = receive(client, 0.15, 0.3)
                received += more
        more, ended = receive(client, idle * PATIENCE, limit * PATIENCE)
    return received + more, closed or ended


def receive(client, idle, limit):
    data = b""
    client.settimeout(idle)
    while limit > 0:
        try:
            more = client.recv(65536)
        except socket.timeout:
            return data, False
        except OSError:
            return data, True
        if not more:
            return data, True
        data += more
        limit -= idle / 10
    return data, False


def responses(data):
    """The responses one after the other, each ended by its own framing.
    What is left over at the end and is no response is returned as well."""
    found = []
    while True:
        match = re.match(rb"HTTP/1\.[01] (\d{3})[ \r]", data)
        head_end = data.find(b"\r\n\r\n")
        if not match or head_end < 0:
            return found, data
        status = int(match.group(1))
        head, data = data[:head_end], data[head_end + 4:]
        if status < 200:
            continue
        found.append((status, head))
        length = re.search(rb"\r\ncontent-length:[ \t]*(\d+)", head, re.I)
        if re.search(rb"\r\ntransfer-encoding:[ \t]*chunked", head, re.I):
            data = after_chunks(data)
        elif length:
            data = data[int(length.group(1)):]
        elif status not in (204, 304):
            return found, b""


def after_chunks(data):
    while True:
        line, _, rest = data.partition(b"\r\n")
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            return b""
        if size == 0:
            return rest.partition(b"\r\n")[2]
        data = rest[size + 2:]
