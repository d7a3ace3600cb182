// tRPC 11 over WebSocket: queries, a subscription, and keep-alive.
const { initTRPC } = require("@trpc/server");
const { applyWSSHandler } = require("@trpc/server/adapters/ws");
const { WebSocketServer } = require("ws");

const { router, procedure } = initTRPC.create();
const add = procedure.input((input) => input).query(({ input: [a, b] }) => a + b);
const count = procedure.input((input) => input).subscription(async function* ({ input: to }) {
  for (let n = 1; n <= to; n++) yield { n };
});
const wss = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => console.log(wss.address().port));
applyWSSHandler({ wss, router: router({ add, count }), keepAlive: { enabled: true, pingMs: 50, pongWaitMs: 60000 } });
