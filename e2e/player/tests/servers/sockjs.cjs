// An echo server, SockJS 0.3.
const { createServer } = require("node:http");
const sockjs = require("sockjs");

const echo = sockjs.createServer({ log: () => {} });
echo.on("connection", (connection) => connection.on("data", (text) => connection.write(text)));
const http = createServer();
echo.installHandlers(http, { prefix: "/echo" });
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
