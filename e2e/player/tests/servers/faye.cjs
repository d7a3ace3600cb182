// A Bayeux server, Faye 1.
const { createServer } = require("node:http");
const faye = require("faye");

const http = createServer();
new faye.NodeAdapter({ mount: "/faye" }).attach(http);
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
