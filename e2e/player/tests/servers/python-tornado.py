"""A chat of Tornado 6: it checks the origin, compresses, and selects the last sub-protocol."""

import asyncio
import json
import uuid

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application
from tornado.websocket import WebSocketHandler

members = set()


class Chat(WebSocketHandler):
    def check_origin(self, origin):
        return origin == "https://chat.example.com"

    def get_compression_options(self):
        return {}

    def select_subprotocol(self, subprotocols):
        return subprotocols[-1] if subprotocols else None

    def open(self):
        members.add(self)

    def on_close(self):
        members.remove(self)

    def on_message(self, message):
        body = json.loads(message)["body"]
        id = str(uuid.uuid4())
        for member in members:
            member.write_message({"id": id, "body": body, "html": f'<div id="m{id}">{body}</div>\n'})


async def main():
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(Application([("/chatsocket", Chat)])).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
