// Creates the table of the handlers.

const { CreateTableCommand, DynamoDBClient } = require("@aws-sdk/client-dynamodb");

const client = new DynamoDBClient({ region: "us-east-1", endpoint: process.env.DYNAMODB_ENDPOINT });
client.send(
  new CreateTableCommand({
    TableName: "connections",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "connectionId", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "connectionId", KeyType: "HASH" }],
  }),
);
