// Queries and a subscription over graphql-ws 6.
const { WebSocketServer } = require("ws");
const { useServer } = require("graphql-ws/use/ws");
const { buildSchema } = require("graphql");

const schema = buildSchema("type Query { hello: String } type Subscription { countdown(from: Int!): Int }");
const roots = {
  query: { hello: () => "world" },
  subscription: {
    countdown: async function* ({ from }) {
      for (let n = from; n >= 0; n--) yield { countdown: n };
    },
  },
};
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/graphql" });
useServer({ schema, roots }, server);
server.on("listening", () => console.log(server.address().port));
