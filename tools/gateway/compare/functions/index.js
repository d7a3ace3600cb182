// The function of every route: records its event, and does what the client asks for.
const fs = require("fs");
const http = require("http");

const record = (entry) => fs.appendFileSync(process.env.RECORD, JSON.stringify(entry) + "\n");
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The address before `/@connections`: the variable, or the content of the file that it names. */
const callback = () => {
  const address = process.env.CALLBACK;
  return address.startsWith("file://") ? fs.readFileSync(new URL(address), "utf8") : address;
};

/** Posts to a connection; the status of the answer. */
const post = (connectionId, body) =>
  new Promise((resolve, reject) => {
    const url = `${callback()}/@connections/${encodeURIComponent(connectionId)}`;
    const request = http.request(url, { method: "POST" }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    request.on("error", reject);
    request.end(body);
  });

const connect = async (event) => {
  const query = event.queryStringParameters ?? {};
  if (query.pause) await pause(Number(query.pause));
  if (query.fail) throw new Error("asked to fail");
  if (query.post) record({ test: query.test, posted: await post(event.requestContext.connectionId, "early") });
  const headers = query.protocol ? { "Sec-WebSocket-Protocol": query.protocol } : {};
  return { statusCode: Number(query.status ?? 200), headers };
};

exports.handler = async (event) => {
  const { eventType, routeKey, connectionId } = event.requestContext;
  record(event);
  if (eventType === "CONNECT") return connect(event);
  switch (routeKey) {
    case "echo":
      return { statusCode: 200, body: event.body };
    case "pause":
      await pause(600);
      await post(connectionId, "late");
      return { statusCode: 200 };
    case "post":
      await post(connectionId, "posted");
      return { statusCode: 200 };
    case "fail":
      throw new Error("asked to fail");
    case "null":
      return null;
    default:
      return { statusCode: 200 };
  }
};

// Admits clients whose header Auth is "allow".
exports.authorize = async (event) => {
  record({ authorizer: event });
  const header = Object.entries(event.headers).find(([name]) => name.toLowerCase() === "auth");
  const allowed = header?.[1] === "allow";
  const statement = { Action: "execute-api:Invoke", Effect: allowed ? "Allow" : "Deny", Resource: event.methodArn };
  return {
    principalId: "user",
    policyDocument: { Version: "2012-10-17", Statement: [statement] },
    context: { number: 1, flag: true },
  };
};
