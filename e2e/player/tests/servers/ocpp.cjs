// A central system of OCPP 1.6 (charging stations), ocpp-rpc 2: Basic authentication, and calls in both directions.
const { RPCServer } = require("ocpp-rpc");

const server = new RPCServer({ protocols: ["ocpp1.6"], strictMode: true });
server.auth((accept, reject, { password }) => (`${password}` === "letmein" ? accept() : reject(401, "password required")));
server.on("client", (station) => {
  station.handle("BootNotification", () => {
    station.call("ChangeAvailability", { connectorId: 0, type: "Operative" }).catch(() => {});
    return { status: "Accepted", interval: 300, currentTime: new Date().toISOString() };
  });
});
server.listen(0, "127.0.0.1").then((http) => console.log(http.address().port));
