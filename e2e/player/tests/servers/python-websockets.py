"""A chat of websockets 17: a login, sub-protocols, broadcasts, messages in fragments, and a limit for their size."""

import asyncio
import json
from http import HTTPStatus

from websockets.asyncio.server import broadcast, serve

members = set()


def login(connection, request):
    if request.headers.get("Authorization") != "Bearer letmein":
        return connection.respond(HTTPStatus.UNAUTHORIZED, "log in first\n")


async def chat(client):
    members.add(client)
    await client.send(json.dumps({"type": "joined", "path": client.request.path, "members": len(members)}))
    async for message in client:
        if isinstance(message, bytes):
            await client.send(message[::-1])
        elif message == "leave":
            await client.close(4000, "see you")
        elif message == "crash":
            raise RuntimeError(message)
        elif message == "poem":
            # A list is sent as one message, in a frame for each item.
            await client.send(["roses are red\n", "violets are blue\n"])
        else:
            broadcast(members, json.dumps({"type": "said", "text": message}))
    members.remove(client)


async def main():
    options = {"process_request": login, "subprotocols": ["chat.v2", "chat.v1"], "max_size": 10_000}
    async with serve(chat, "127.0.0.1", 0, ping_interval=0.1, **options) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


asyncio.run(main())
