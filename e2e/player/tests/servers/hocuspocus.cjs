// Documents of Yjs, Hocuspocus 3: a login in the first message, and updates to all clients.
const { Server } = require("@hocuspocus/server");

const server = new Server({
  port: 0,
  address: "127.0.0.1",
  quiet: true,
  stopOnSignals: false,
  async onAuthenticate({ token }) {
    if (token !== "letmein") throw new Error("who are you?");
  },
});
server.listen().then(() => console.log(server.address.port));
