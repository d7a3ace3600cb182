// The handlers of a chat in the shape of the original: a row per connection, and a Scan and a post per recipient for each
// message. Nothing is stored, numbered, validated or retried.

const { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { DeleteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } = require("@aws-sdk/lib-dynamodb");
const { ApiGatewayManagementApiClient, PostToConnectionCommand } = require("@aws-sdk/client-apigatewaymanagementapi");

const TableName = process.env.TABLE_NAME;
const region = "us-east-1";
const table = DynamoDBDocumentClient.from(new DynamoDBClient({ region, endpoint: process.env.DYNAMODB_ENDPOINT }));
const api = new ApiGatewayManagementApiClient({ region, endpoint: process.env.CALLBACK_ENDPOINT });

exports.connect = async ({ requestContext: { connectionId, connectedAt } }) => {
  await table.send(new PutCommand({ TableName, Item: { connectionId, connectedAt } }));
  return { statusCode: 200 };
};

exports.disconnect = async ({ requestContext: { connectionId } }) => {
  await table.send(new DeleteCommand({ TableName, Key: { connectionId } }));
  return { statusCode: 200 };
};

exports.sendMessage = async ({ body, requestContext: { connectionId, messageId, requestTimeEpoch } }) => {
  const { message } = JSON.parse(body);
  const Data = JSON.stringify({ connectionId, message, messageId, requestTimeEpoch });
  const { Items } = await table.send(new ScanCommand({ TableName }));
  const posts = Items.map((item) => api.send(new PostToConnectionCommand({ ConnectionId: item.connectionId, Data })));
  await Promise.allSettled(posts);
  return { statusCode: 200 };
};
