// A room of @fastify/websocket: a login, compression of every message, and a limit for their size.
const fastify = require("fastify")();
const members = new Set();

const login = async (request, reply) => {
  if (!request.query.token) await reply.code(401).send({ message: "token is missing" });
};
fastify.register(require("@fastify/websocket"), {
  options: { maxPayload: 10_000, perMessageDeflate: { threshold: 0 } },
});
fastify.register(async (app) => {
  app.get("/rooms/:room", { websocket: true, preValidation: login }, (socket, { params }) => {
    members.add(socket);
    socket.on("close", () => members.delete(socket));
    socket.send(JSON.stringify({ type: "joined", room: params.room, members: members.size }));
    socket.on("message", (data, isBinary) => {
      if (isBinary) return socket.send(data);
      const message = JSON.stringify({ type: "message", text: data.toString(), at: Date.now() });
      for (const member of members) member.send(message);
    });
  });
});
fastify.listen({ host: "127.0.0.1", port: 0 }).then((address) => console.log(new URL(address).port));
