// MessagePack in binary frames: each request gets a session, which later requests name.
const { encode, decode } = require("@msgpack/msgpack");
const { WebSocketServer } = require("ws");

const server = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => console.log(server.address().port));
server.on("connection", (client) => {
  const session = Math.random().toString(36).slice(2, 10).padEnd(8, "x");
  client.on("message", (data) => {
    const { id, as } = decode(data);
    client.send(encode({ re: id, at: Date.now(), session, ok: as === undefined || as === session }));
  });
});
