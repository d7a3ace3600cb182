// A chat room of Socket.IO 4.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer();
const io = new Server(http, { pingInterval: 60000 });
io.on("connection", (socket) => {
  socket.emit("welcome", { id: socket.id });
  socket.on("say", (text, ack) => {
    io.emit("said", { from: socket.id, text });
    if (ack) ack({ delivered: true });
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
