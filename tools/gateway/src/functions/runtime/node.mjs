// Runtime client for functions in JavaScript: loads the handler that `_HANDLER` names and runs it for one invocation after
// another, as the runtime of AWS does (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html).

import { existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const { env } = process;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const runtimeVersion = Number(/nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV ?? '')?.[1] ?? 0);

let requestId;

// The gateway shows JSON lines with a level and a message at their level.
for (const [method, level] of Object.entries({
  debug: 'DEBUG', error: 'ERROR', info: 'INFO', log: 'INFO', trace: 'TRACE', warn: 'WARN',
})) {
  console[method] = (...values) => {
    process.stdout.write(JSON.stringify({ level, requestId, message: format(...values) }) + '\n');
  };
}

class RuntimeError extends Error {
  constructor(name, message, cause) {
    super(message);
    this.name = name;
    if (cause) this.stack = `${name}: ${message}\n${cause.stack ?? ''}`;
  }
}

function call(method, resource, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/${resource}` };
    options.headers = body === undefined ? headers
      : { ...headers, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

function report(error) {
  const isError = error instanceof Error || (error?.name && error?.message !== undefined && error?.stack);
  return isError
    ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: format('%s', error), trace: [] };
}

function postError(resource, error) {
  const body = report(error);
  return call('POST', resource, JSON.stringify(body), { 'Lambda-Runtime-Function-Error-Type': body.errorType });
}

// Loading the handler.

async function load(folder, name) {
  const file = path.join(folder, name);
  const found = ['', '.js', '.mjs', '.cjs'].map((extension) => file + extension)
    .find((candidate) => existsSync(candidate) && path.extname(candidate));
  if (!found) {
    const require = createRequire(path.join(folder, 'index.js'));
    return require(require.resolve(name.startsWith('.') ? name : `./${name}`, { paths: [folder] }));
  }
  if (found.endsWith('.mjs')) return import(pathToFileURL(found));
  try {
    return createRequire(found)(found);
  } catch (error) {
    // A module in a package of type `module`, or one with a top-level `await`.
    if (['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'].includes(error.code)) return import(pathToFileURL(found));
    throw error;
  }
}

async function loadHandler() {
  const handler = env._HANDLER;
  const base = path.basename(handler);
  const folder = handler.slice(0, handler.length - base.length);
  const match = /^([^.]*)\.(.+)$/.exec(base);
  if (!match || handler.includes('..')) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  const [, name, members] = match;
  let module;
  try {
    module = await load(path.resolve(env.LAMBDA_TASK_ROOT, folder), name);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuntimeError('Runtime.UserCodeSyntaxError', String(error), error);
    if (['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error?.code)) {
      throw new RuntimeError('Runtime.ImportModuleError', String(error), error);
    }
    throw error;
  }
  const find = (root) => members.split('.').reduce((value, member) => value?.[member], root);
  const found = find(module) ?? find(module?.default);
  if (found === undefined) {
    throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  if (typeof found !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is not a function`);
  if (runtimeVersion >= 24 && found.length >= 3) {
    throw new RuntimeError('Runtime.CallbackHandlerDeprecated',
      'ERROR: AWS Lambda does not support callback-based function handlers from Node.js 24 on; use an async handler');
  }
  return found;
}

// Running it.

function parse(text) {
  return text ? JSON.parse(text) : undefined;
}

function makeContext(headers, finish) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parse(headers['lambda-runtime-client-context']),
    identity: parse(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, result) => finish(error, result),
    fail: (error) => finish(error ?? 'handled'),
    succeed: (result) => finish(null, result),
  };
}

// Settles with what comes first: the handler's promise, its callback or a method of its context; with null when nothing is
// left to do. A callback inside an async function thus wins over its promise, as in AWS's own client
// (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client, `onlyAllowFirstCall`), although it may settle later.
function invoke(handler, event, headers) {
  return new Promise((resolve, reject) => {
    let decided = false;
    let whenIdle = () => resolve(null);
    const settle = (error, result) => {
      process.off('beforeExit', whenIdle);
      if (error !== null && error !== undefined) reject(error);
      else resolve(result);
    };
    const settleWhenIdle = (result) => {
      process.off('beforeExit', whenIdle);
      whenIdle = () => resolve(result);
      process.once('beforeExit', whenIdle);
    };
    const once = (decide) => (...values) => {
      if (!decided) decide(...values);
      decided = true;
    };
    process.once('beforeExit', whenIdle);
    const context = makeContext(headers, once(settle));
    const callback = once((error, result) => {
      const failed = error !== null && error !== undefined;
      if (failed || !context.callbackWaitsForEmptyEventLoop) settle(error, result);
      else settleWhenIdle(result);
    });
    try {
      const result = handler(event, context, callback);
      if (typeof result?.then === 'function') result.then(context.succeed, context.fail);
    } catch (error) {
      callback(error);
    }
  });
}

function marshal(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch (error) {
    throw new RuntimeError('Runtime.MarshalError', `Unable to stringify response body: ${error.message}`, error);
  }
}

async function crash(kind, error, status) {
  console.error(kind, error);
  const body = report(error);
  if (kind === 'Unhandled Promise Rejection') {
    body.errorType = 'Runtime.UnhandledPromiseRejection';
    body.errorMessage = String(error);
  }
  await call('POST', requestId ? `invocation/${requestId}/error` : 'init/error', JSON.stringify(body));
  process.exit(status);
}
process.on('uncaughtException', (error) => void crash('Uncaught Exception', error, 129));
process.on('unhandledRejection', (error) => void crash('Unhandled Promise Rejection', error, 128));

async function main() {
  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    console.error(error);
    await postError('init/error', error);
    process.exit(1);
  }
  for (;;) {
    const { headers, body } = await call('GET', 'invocation/next');
    requestId = headers['lambda-runtime-aws-request-id'];
    if (!requestId) process.exit(0);
    env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    try {
      const result = marshal(await invoke(handler, JSON.parse(body), headers));
      await call('POST', `invocation/${requestId}/response`, result);
    } catch (error) {
      console.error('Invoke Error', error);
      await postError(`invocation/${requestId}/error`, error);
    }
  }
}

// The gateway ends a function by closing its connection.
main().catch(() => process.exit(1));
