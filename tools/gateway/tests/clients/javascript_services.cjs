// Uses a queue and invokes a function through the AWS SDK for JavaScript, and prints the results as JSON.
//
// Usage: node javascript_services.cjs ENDPOINT QUEUE FUNCTION

const sqs = require("@aws-sdk/client-sqs");
const lambda = require("@aws-sdk/client-lambda");

const [endpoint, QueueName, FunctionName] = process.argv.slice(2);
const credentials = { accessKeyId: "local", secretAccessKey: "local" };
const settings = { endpoint, region: "us-east-1", credentials, maxAttempts: 1 };

async function main() {
  const queues = new sqs.SQSClient(settings);
  const { QueueUrl } = await queues.send(new sqs.GetQueueUrlCommand({ QueueName }));
  const MessageAttributes = { text: { DataType: "String", StringValue: "olá <&>" } };
  // The SDK compares the digests of what it sends and receives with its own.
  await queues.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "one\r\n<two>", MessageAttributes }));
  const receive = new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5, MessageAttributeNames: ["All"] });
  const [received] = (await queues.send(receive)).Messages;
  const results = { body: received.Body, attribute: received.MessageAttributes.text.StringValue };
  await queues.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: received.ReceiptHandle }));
  try {
    await queues.send(new sqs.GetQueueUrlCommand({ QueueName: "absent" }));
  } catch (refused) {
    results.absent = refused.constructor.name;
  }

  const functions = new lambda.LambdaClient(settings);
  const invoke = (more) => functions.send(new lambda.InvokeCommand({ FunctionName, Payload: JSON.stringify({ Records: [] }), ...more }));
  const answer = await invoke({});
  results.invoke = [answer.StatusCode, JSON.parse(answer.Payload.transformToString())];
  results.event = (await invoke({ InvocationType: "Event" })).StatusCode;
  try {
    await functions.send(new lambda.InvokeCommand({ FunctionName: "absent" }));
  } catch (refused) {
    results.unknown = refused.constructor.name;
  }
  console.log(JSON.stringify(results));
}

main();
