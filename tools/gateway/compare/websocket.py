"""A WebSocket client that shows what a server really sends: the status and body of a refused handshake, header names as they
are, frames, close codes. It can send what libraries refuse to send, such as binary frames and frames of any size."""

import base64
import json
import os
import socket
import struct
import time

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

#: Longest wait for an answer, in seconds.
PATIENCE = 15


class Refused(Exception):
    """The handshake was answered with something else than 101."""

    def __init__(self, status, headers, body):
        super().__init__(f"the handshake was answered with {status}")
        self.status, self.headers, self.body = status, headers, body


class Closed(Exception):
    """The server closed the connection; `code` is None when it did so without a close frame."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason!r}")
        self.code, self.reason = code, reason


class Client:
    """One connection."""

    def __init__(self, address, path, headers=()):
        """Connects; `address` is a pair of host and port, `path` has the query, `headers` are pairs in addition to those of
        a handshake.

        Raises Refused."""
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {address[0]}:{address[1]}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in headers),
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.status, self.headers = self._head()
        if self.status != 101:
            body = self._take(int(self.headers.get("content-length", 0)))
            self.socket.close()
            raise Refused(self.status, self.headers, body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.abandon()

    def abandon(self):
        """Ends the TCP connection without a close frame."""
        self.socket.close()

    def send(self, message):
        """Sends a text, or the JSON of anything else, in one frame."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.frame(TEXT, text.encode())

    def frame(self, opcode, payload, final=True):
        """Sends one frame."""
        first = bytes([opcode | (0x80 if final else 0)])
        length = len(payload)
        if length < 126:
            size = bytes([0x80 | length])
        elif length < 65536:
            size = b"\xfe" + struct.pack(">H", length)
        else:
            size = b"\xff" + struct.pack(">Q", length)
        # A mask of zeros is a mask, and leaves the payload as it is.
        self.socket.sendall(first + size + b"\0\0\0\0" + payload)

    def receive(self, patience=PATIENCE):
        """The next text message.

        Raises Closed, and TimeoutError when nothing arrives."""
        deadline = time.monotonic() + patience
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            opcode, payload = self._frame()
            if opcode == CLOSE:
                code = struct.unpack(">H", payload[:2])[0] if len(payload) > 1 else 1005
                raise Closed(code, payload[2:].decode(errors="replace"))
            if opcode == PING:
                self.frame(PONG, payload)
            elif opcode in (TEXT, BINARY):
                return payload.decode(errors="replace")

    def ask(self, message):
        """Sends a message and returns the next one."""
        self.send(message)
        return self.receive()

    def close(self, code=None):
        """Closes the connection as a client does, with a code or without one."""
        self.frame(CLOSE, b"" if code is None else struct.pack(">H", code))
        try:
            while True:
                self.receive(2)
        except (Closed, TimeoutError, OSError):
            self.socket.close()

    def _fill(self):
        try:
            received = self.socket.recv(65536)
        except ConnectionError:
            received = b""
        if not received:
            raise Closed(None)
        self.buffer += received

    def _take(self, count):
        while len(self.buffer) < count:
            self._fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _head(self):
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(status.split()[1]), headers

    def _frame(self):
        first, second = self._take(2)
        length = second & 0x7F
        if length == 126:
            length = struct.unpack(">H", self._take(2))[0]
        elif length == 127:
            length = struct.unpack(">Q", self._take(8))[0]
        return first & 0x0F, self._take(length)
