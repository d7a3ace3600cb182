// The signalling server of PeerJS.
const { PeerServer } = require("peer");
PeerServer({ host: "127.0.0.1", port: 0, path: "/" }, (server) => console.log(server.address().port));
