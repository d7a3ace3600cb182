"""Rooms of Starlette on uvicorn: rejections before and after the handshake, headers, and JSON in text and binary frames."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute


async def room(websocket):
    token = websocket.query_params.get("token")
    if token is None:
        return await websocket.close()
    if token != "letmein":
        return await websocket.send_denial_response(JSONResponse({"detail": "wrong token"}, status_code=401))
    name = websocket.path_params["name"]
    await websocket.accept(subprotocol="json", headers=[(b"x-room", name.encode())])
    await websocket.send_json({"event": "joined", "room": name, "client": list(websocket.client)})
    while True:
        data = await websocket.receive_json()
        if data == "quit":
            return await websocket.close(3000, "you asked for it")
        await websocket.send_json({"event": "echo", "data": data}, mode=data["mode"])


app = Starlette(routes=[WebSocketRoute("/rooms/{name}", room)])
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
