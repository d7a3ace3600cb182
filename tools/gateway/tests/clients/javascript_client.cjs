// Calls @connections through the AWS SDK for JavaScript and prints its interpretation of each answer as JSON.
//
// Usage: node javascript_client.cjs ENDPOINT CONNECTION_ID

const sdk = require("@aws-sdk/client-apigatewaymanagementapi");

const [endpoint, ConnectionId] = process.argv.slice(2);
const credentials = { accessKeyId: "local", secretAccessKey: "local" };

function client(address) {
  return new sdk.ApiGatewayManagementApiClient({ endpoint: address, region: "us-east-1", credentials, maxAttempts: 1 });
}

// The name of the class that the SDK throws, which is that of the model where the SDK recognises the error.
async function error(api, command) {
  try {
    await api.send(command);
  } catch (refused) {
    return refused.constructor.name;
  }
  return "no error";
}

async function main() {
  const api = client(endpoint);
  const status = (answer) => answer.$metadata.httpStatusCode;
  const post = (Data) => new sdk.PostToConnectionCommand({ ConnectionId, Data });
  const answers = { post: status(await api.send(post(Buffer.from("olá from JavaScript")))) };
  const get = new sdk.GetConnectionCommand({ ConnectionId });
  const described = await api.send(get);
  answers.get = {
    status: status(described),
    sourceIp: described.Identity.SourceIp,
    activeSinceConnected: described.LastActiveAt >= described.ConnectedAt,
  };
  answers["too large"] = await error(api, post(Buffer.alloc(128 * 1024 + 1, "x")));
  const elsewhere = client(endpoint.replace(/[^/]*$/, "other"));
  answers["other stage"] = await error(elsewhere, post(Buffer.from("x")));
  const remove = new sdk.DeleteConnectionCommand({ ConnectionId });
  answers.delete = status(await api.send(remove));
  answers["post when gone"] = await error(api, post(Buffer.from("x")));
  answers["get when gone"] = await error(api, get);
  answers["delete when gone"] = await error(api, remove);
  console.log(JSON.stringify(answers));
}

main();
