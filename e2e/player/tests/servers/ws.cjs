// Plain ws 8: a sub-protocol, a ticker, binary frames, close codes, and a login.
const { createServer } = require("node:http");
const { WebSocketServer } = require("ws");

const http = createServer();
const server = new WebSocketServer({ noServer: true, handleProtocols: (offered) => (offered.has("v2") ? "v2" : false) });
http.on("upgrade", (request, socket, head) => {
  if (request.headers.authorization !== "Bearer letmein") {
    const body = JSON.stringify({ error: "login required" });
    socket.end(`HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    return;
  }
  server.handleUpgrade(request, socket, head, (client) => {
    let tick = 0;
    const timer = setInterval(() => client.send(JSON.stringify({ type: "tick", n: tick++ })), 20);
    client.on("close", () => clearInterval(timer));
    client.on("message", (data, isBinary) => {
      if (isBinary) return client.send(data);
      const { action, ...rest } = JSON.parse(data);
      if (action === "price") client.send(JSON.stringify({ type: "price", value: 20.47, at: new Date().toISOString() }));
      if (action === "leave") client.close(4001, "bye");
    });
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
