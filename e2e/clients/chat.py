"""A chat client after docs/protocol.md: reads actions from standard input and prints events, one JSON object per line.

    pip install websockets
    echo '{"action": "sendMessage", "message": "Olá"}' | python chat.py ws://127.0.0.1:3001/dev

Over any number of connections it prints each message once, in the order of the log, and resends its own until they are stored.
"""
import asyncio, contextlib, itertools, json, random, sys, time, uuid
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException


class Chat:
    def __init__(self):
        self.socket, self.ready = None, asyncio.Event()
        self.epoch, self.seq = None, 0  # the log, and the number up to which its entries were printed
        self.held, self.asked = {}, -1  # entries whose predecessors are missing; where the awaited page begins
        self.outbox, self.due = {}, 0  # messages that are not stored yet, by id; when to send the first of them (again)

    async def run(self, url):
        attempt = 0
        while True:
            started = time.monotonic()
            with contextlib.suppress(OSError, WebSocketException):
                async with connect(url, ping_interval=None) as self.socket:
                    await self.send("connected", resume=self.epoch and {"epoch": self.epoch, "after": self.seq})
                    async for frame in self.socket:
                        await self.receive(json.loads(frame))
                        await self.transmit()
            self.ready.clear()
            attempt = 0 if time.monotonic() - started > 10 else min(attempt + 1, 6)
            await asyncio.sleep(random.uniform(0, min(30, 0.5 * 2**attempt)))

    async def send(self, action, **fields):
        with contextlib.suppress(ConnectionClosed):  # the next connection makes up for it
            await self.socket.send(json.dumps({"action": action, **fields}))

    async def fetch(self):
        self.asked = self.seq
        await self.send("history", after=self.seq)

    async def receive(self, event):
        kind, id = event.get("type"), event.get("clientMessageId")
        if kind == "history" and (event.get("after"), event["epoch"]) == (self.asked, self.epoch):
            self.asked = -1
            for entry in event["messages"]:
                self.seq = max(self.seq, entry["seq"] - 1)  # a number that is missing within a page has expired
                self.take(entry)
            return None if event["complete"] else await self.fetch()
        if "seq" in event:
            return self.take(event)
        print(json.dumps(event, ensure_ascii=False), flush=True)
        if kind == "connected" and not self.ready.is_set():
            if event["epoch"] != self.epoch:  # another log
                self.epoch, self.seq, self.held = event["epoch"], event["head"], {}
            self.asked, self.due = self.seq if event["head"] > self.seq else -1, 0  # the first missed page follows
            self.ready.set()
        elif kind == "pong" and event["head"] > self.seq:
            await self.fetch()
        elif kind == "error" and event["code"] in ("unavailable", "rateLimited") and id in self.outbox:
            self.due = time.monotonic() + event.get("retryAfterMs", 2000) / 1000
        elif kind == "error":
            self.settle(id)

    def take(self, entry):
        self.settle(entry.get("clientMessageId"))
        self.held[entry["seq"]] = entry
        while self.held and min(self.held) <= self.seq + 1:
            entry = self.held.pop(min(self.held))
            if entry["seq"] > self.seq:  # not printed before
                self.seq = entry["seq"]
                print(json.dumps(entry, ensure_ascii=False), flush=True)

    def settle(self, id):
        if self.outbox.pop(id, None):
            self.due = 0

    async def transmit(self):
        if self.outbox and time.monotonic() >= self.due:
            self.due = time.monotonic() + 25
            await self.send(**next(iter(self.outbox.values())))

    async def tick(self):
        for tick in itertools.count(1):
            await asyncio.sleep(0.3)
            if self.ready.is_set():
                await self.transmit()
                if self.held:
                    await self.fetch()
                if tick % 900 == 0:
                    await self.send("ping")

    async def read(self, lines):
        while line := await asyncio.to_thread(lines.readline):
            action = json.loads(line)
            await self.ready.wait()
            if action["action"] == "sendMessage":
                self.outbox[action.setdefault("clientMessageId", str(uuid.uuid4()))] = action
                await self.transmit()
            else:
                await self.send(**action)
        while self.outbox:
            await asyncio.sleep(0.1)


async def main():
    chat = Chat()
    tasks = [asyncio.create_task(task) for task in (chat.read(sys.stdin), chat.run(sys.argv[1]), chat.tick())]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    done.pop().result()


asyncio.run(main())
