// An MQTT broker, Aedes 1.
const { createServer } = require("node:http");
const { Aedes } = require("aedes");
const websocket = require("websocket-stream");

Aedes.createBroker().then((broker) => {
  const http = createServer();
  websocket.createServer({ server: http }, broker.handle);
  http.listen(0, "127.0.0.1", () => console.log(http.address().port));
});
