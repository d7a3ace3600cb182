"""A subscription of Strawberry GraphQL, over the protocol of graphql-ws and the older one of subscriptions-transport-ws."""

import socket
from collections.abc import AsyncGenerator

import strawberry
import uvicorn
from strawberry.asgi import GraphQL


@strawberry.type
class Query:
    hello: str = "world"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def countdown(self, start: int) -> AsyncGenerator[int, None]:
        for n in range(start, -1, -1):
            yield n


app = GraphQL(strawberry.Schema(Query, subscription=Subscription), keep_alive=True, keep_alive_interval=0.05)
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
