// JSON-RPC 2.0 of rpc-websockets 10.
const { Server } = require("rpc-websockets");

const server = new Server({ port: 0, host: "127.0.0.1" });
server.register("sum", ([a, b]) => a + b);
server.event("news");
server.register("publish", ([text]) => {
  server.emit("news", text);
  return "published";
});
server.on("listening", () => console.log(server.wss.address().port));
