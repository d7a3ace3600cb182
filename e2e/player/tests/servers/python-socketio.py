"""Socket.IO in Python, python-socketio 5 on aiohttp: a login, a room, a namespace, and binary attachments."""

import asyncio

import socketio
from aiohttp import web

server = socketio.AsyncServer(async_mode="aiohttp", ping_interval=1)


@server.event
async def connect(sid, environ, auth):
    if auth != {"token": "letmein"}:
        raise socketio.exceptions.ConnectionRefusedError("not allowed")
    await server.enter_room(sid, "lobby")


@server.event
async def say(sid, text):
    await server.emit("said", {"from": sid, "text": text}, room="lobby")


@server.event
async def upload(sid, file):
    return {"size": len(file), "first": file[:2]}


@server.on("connect", namespace="/admin")
async def connect_admin(sid, environ):
    await server.emit("users", 1, to=sid, namespace="/admin")


async def main():
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
