// A broadcast server on npm's `ws`: every message goes to every connection, and nothing else happens. Prints its port.

const { WebSocket, WebSocketServer } = require("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => console.log(server.address().port));

server.on("connection", (socket) => {
  socket.on("message", (data) => {
    const frame = JSON.stringify({ message: JSON.parse(data).message });
    for (const client of server.clients) {
      if (client.readyState === WebSocket.OPEN) {
        client.send(frame);
      }
    }
  });
});
