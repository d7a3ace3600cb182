// Documents that several people edit, ShareDB 7.
const { Duplex } = require("node:stream");
const ShareDB = require("sharedb");
const { WebSocketServer } = require("ws");

const backend = new ShareDB();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => console.log(server.address().port));
server.on("connection", (client) => {
  const messages = new Duplex({
    objectMode: true,
    read() {},
    write(message, _, done) {
      client.send(JSON.stringify(message), done);
    },
  });
  client.on("message", (data) => messages.push(JSON.parse(data)));
  client.on("close", () => messages.destroy());
  backend.listen(messages);
});
