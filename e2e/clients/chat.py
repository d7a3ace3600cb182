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
        self.epoch, self.seq, self.head = None, 0, 0  # the log, its last entry that was printed, and its last entry
        self.asked = None  # the entry before the page of history that is awaited
        self.unsettled, self.retry = None, asyncio.Event()  # the id of the message that is being delivered

    async def run(self, url):
        delay = 0.5
        while True:
            started = time.monotonic()
            with contextlib.suppress(OSError, WebSocketException):
                async with connect(url, ping_interval=None) as self.socket:
                    await self.send("connected", resume=self.epoch and {"epoch": self.epoch, "after": self.seq})
                    async for frame in self.socket:
                        self.receive(json.loads(frame))
            self.ready.clear()
            delay = 0.5 if time.monotonic() - started > 10 else min(2 * delay, 30)
            await asyncio.sleep(random.uniform(0, delay))

    async def send(self, action, **fields):
        with contextlib.suppress(ConnectionClosed):  # the next connection makes up for it
            await self.socket.send(json.dumps({"action": action, **fields}))

    def receive(self, event):
        kind, is_temporary = event.get("type"), event.get("code") in ("unavailable", "rateLimited")
        if event.get("clientMessageId") == self.unsettled and not is_temporary:
            self.unsettled = None
            self.retry.set()
        if "seq" in event:
            self.head = max(self.head, event["seq"])
            if event["seq"] != self.seq + 1:  # known, or it comes again in the page that follows its predecessor
                return
            self.seq += 1
        elif kind == "history" and (event["epoch"], event.get("after", -1)) == (self.epoch, self.asked):
            self.asked = None
            for entry in event["messages"]:
                self.seq = max(self.seq, entry["seq"] - 1)  # a number that is missing within a page has expired
                self.receive(entry)
            self.seq = max(self.seq, event["head"]) if event["complete"] else self.seq
            return
        elif kind == "connected" and not self.ready.is_set():
            if event["epoch"] != self.epoch:
                self.epoch, self.seq = event["epoch"], event["head"]
            self.head = event["head"]
            self.asked = self.seq if self.head > self.seq else None  # the back end sends the first page by itself
            self.ready.set()
            self.retry.set()
        elif kind == "pong":
            self.head = event["head"]
        elif is_temporary:
            self.asked = None
            asyncio.get_running_loop().call_later(event.get("retryAfterMs", 2000) / 1000, self.retry.set)
        print(json.dumps(event, ensure_ascii=False), flush=True)

    async def deliver(self, message):
        self.unsettled = message["clientMessageId"]
        while self.unsettled:
            await self.ready.wait()
            self.retry.clear()
            await self.send(**message)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.retry.wait(), 25)

    async def read(self, lines):
        while line := await asyncio.to_thread(lines.readline):
            action = json.loads(line)
            await self.ready.wait()
            if action["action"] == "sendMessage":
                await self.deliver({"clientMessageId": str(uuid.uuid4()), **action})
            else:
                await self.send(**action)

    async def tick(self):
        for tick in itertools.count(1):
            await asyncio.sleep(0.3)
            if self.ready.is_set() and self.head > self.seq and self.asked is None:
                self.asked = self.seq
                await self.send("history", after=self.seq)
            if self.ready.is_set() and tick % 900 == 0:
                await self.send("ping")


async def main():
    chat = Chat()
    tasks = [asyncio.create_task(task) for task in (chat.read(sys.stdin), chat.run(sys.argv[1]), chat.tick())]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    done.pop().result()


asyncio.run(main())
