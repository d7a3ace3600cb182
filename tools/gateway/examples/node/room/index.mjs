// Stores connections, echoes and broadcasts. The same code runs on AWS and locally.

import { call, dynamodb } from "./aws.mjs";

const TABLE = process.env.TABLE_NAME;

const routes = {
  async $connect(_event, id) {
    await dynamodb("PutItem", { TableName: TABLE, Item: { id: { S: id } } });
    return { statusCode: 200 };
  },
  async $disconnect(_event, id) {
    await remove(id);
    return { statusCode: 200 };
  },
  async echo(event, id) {
    await post(id, text(event));
    return { statusCode: 200 };
  },
  async broadcast(event) {
    const { Items } = await dynamodb("Scan", { TableName: TABLE, ConsistentRead: true });
    await Promise.all(Items.map((row) => post(row.id.S, text(event))));
    return { statusCode: 200 };
  },
};

export async function handler(event) {
  const { routeKey, connectionId } = event.requestContext;
  return routes[routeKey](event, connectionId);
}

// Sends to one client. A connection that is gone (410) is deleted; any other error is thrown.
async function post(id, message) {
  const address = `${process.env.ENDPOINT}/@connections/${encodeURIComponent(id)}`;
  const { status, body } = await call("execute-api", address, message);
  if (status === 410) await remove(id);
  else if (status !== 200) throw new Error(`posting to ${id} failed with ${status}: ${body}`);
}

async function remove(id) {
  await dynamodb("DeleteItem", { TableName: TABLE, Key: { id: { S: id } } });
}

function text(event) {
  return JSON.parse(event.body).text;
}
