// A STOMP broker, stomp-broker-js 1.
const { createServer } = require("node:http");
const StompServer = require("stomp-broker-js");

const http = createServer();
new StompServer({ server: http, path: "/stomp" });
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
