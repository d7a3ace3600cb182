// The function: remembers who is there, echoes, broadcasts. A handler as AWS runs it, with nothing local about it.

import { call, dynamodb } from "./aws.mjs";

const TABLE = process.env.TABLE_NAME;

const routes = {
  async $connect(_event, id) {
    await dynamodb("PutItem", { TableName: TABLE, Item: { id: { S: id } } });
    return { statusCode: 200 };
  },
  async $disconnect(_event, id) {
    await forget(id);
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

// Whoever is gone (410) is forgotten; any other refusal is an error.
async function post(id, message) {
  const address = `${process.env.ENDPOINT}/@connections/${encodeURIComponent(id)}`;
  const { status, body } = await call("execute-api", address, message);
  if (status === 410) await forget(id);
  else if (status !== 200) throw new Error(`posting to ${id} was answered with ${status}: ${body}`);
}

async function forget(id) {
  await dynamodb("DeleteItem", { TableName: TABLE, Key: { id: { S: id } } });
}

function text(event) {
  return JSON.parse(event.body).text;
}
