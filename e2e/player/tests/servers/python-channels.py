"""A chat of Django Channels 4 on Daphne: rooms, a group for each, and a room that rejects."""

import django
from django.conf import settings

LAYER = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
settings.configure(ALLOWED_HOSTS=["*"], INSTALLED_APPS=["channels"], CHANNEL_LAYERS={"default": LAYER})
django.setup()

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from daphne.server import Server
from django.urls import path


class Chat(AsyncJsonWebsocketConsumer):
    async def connect(self):
        self.room = self.scope["url_route"]["kwargs"]["room"]
        if self.room == "closed":
            return await self.close()
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()
        if self.room == "full":
            await self.close(4003)

    async def receive_json(self, content):
        if "message" not in content:
            return await self.send_json({"error": {"required": ["message"]}})
        await self.channel_layer.group_send(self.room, {"type": "chat.message", "message": content["message"]})

    async def chat_message(self, event):
        await self.send_json({"message": event["message"]})

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.room, self.channel_name)


routes = URLRouter([path("ws/chat/<str:room>/", Chat.as_asgi())])
server = Server(ProtocolTypeRouter({"websocket": routes}), endpoints=["tcp:port=0:interface=127.0.0.1"])
server.ready_callable = lambda: print(server.listening_addresses[0][1], flush=True)
server.run()
