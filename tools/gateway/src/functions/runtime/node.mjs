// Runtime client for functions in JavaScript: loads the handler that `_HANDLER` names and runs it for one invocation after
// another, as the runtime of AWS does (https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html).

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const { env } = process;
const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
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

// The Lambda Runtime API over one connection. Not with `node:http`, which takes most of the time of a small invocation. The
// gateway is the only server: its responses have a length and are never in chunks, and with `?next` the response to a report is
// the next invocation.
class Api {
  #socket = net.connect({ host, port: Number(port), noDelay: true });
  #chunks = [];
  #received = 0;
  #needed = 0;
  #pending;

  constructor() {
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#pending?.reject(error));
    this.#socket.on('close', () => this.#pending?.reject(new Error('the gateway has closed the connection')));
  }

  /** Sends a request; resolves with the response. */
  send(request) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      // A pending request keeps the process alive, an open connection does not.
      this.#socket.ref();
      this.#socket.write(request);
    });
  }

  #receive(chunk) {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received < this.#needed) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    const headers = parseHeaders(bytes.toString('latin1', 0, end));
    this.#needed = end + 4 + Number(headers['content-length']);
    if (bytes.length < this.#needed) return;
    const body = bytes.toString('utf8', end + 4);
    this.#chunks = [];
    this.#received = this.#needed = 0;
    this.#socket.unref();
    this.#pending.resolve({ headers, body });
  }
}

function parseHeaders(head) {
  const headers = {};
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return headers;
}

const RUNTIME = '/2018-06-01/runtime';
const NEXT = `GET ${RUNTIME}/invocation/next HTTP/1.1\r\nHost: localhost\r\n\r\n`;

function post(resource, body, header = '') {
  return `POST ${RUNTIME}/${resource} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${header}`
    + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function postError(resource, error) {
  // The name of an error is up to the function.
  const type = String(error.errorType).replace(/[^\x20-\x7e]/g, '?');
  return post(resource, JSON.stringify(error), `Lambda-Runtime-Function-Error-Type: ${type}\r\n`);
}

function report(error) {
  const isError = error instanceof Error || (error?.name && error?.message !== undefined && error?.stack);
  return isError
    ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: format('%s', error), trace: [] };
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
  const resource = requestId ? `invocation/${requestId}/error` : 'init/error';
  // The connection of `main` may be waiting for the next invocation.
  await new Api().send(post(resource, JSON.stringify(body)));
  process.exit(status);
}
process.on('uncaughtException', (error) => void crash('Uncaught Exception', error, 129));
process.on('unhandledRejection', (error) => void crash('Unhandled Promise Rejection', error, 128));

async function main() {
  const api = new Api();
  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    console.error(error);
    await api.send(postError('init/error', report(error)));
    process.exit(1);
  }
  let { headers, body } = await api.send(NEXT);
  for (;;) {
    requestId = headers['lambda-runtime-aws-request-id'];
    if (!requestId) process.exit(0);
    env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    let outcome;
    try {
      const result = marshal(await invoke(handler, JSON.parse(body), headers));
      outcome = post(`invocation/${requestId}/response?next`, result);
    } catch (error) {
      console.error('Invoke Error', error);
      outcome = postError(`invocation/${requestId}/error?next`, report(error));
    }
    ({ headers, body } = await api.send(outcome));
  }
}

// The gateway ends a function by closing its connection.
main().catch(() => process.exit(1));
