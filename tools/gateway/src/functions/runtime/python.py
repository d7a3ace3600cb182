"""Runtime client for functions in Python: loads the handler that `_HANDLER` names and runs it for one invocation after
another, as awslambdaric does (https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html)."""

import decimal
import importlib
import json
import logging
import os
import socket
import sys
import time
import traceback

RUNTIME = "/2018-06-01/runtime"

# Bytes that are received at once.
CHUNK = 64 * 1024


class Fault(Exception):
    """An error of the runtime, not of the handler."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind = kind
        self.trace = list(trace)


class JsonHandler(logging.Handler):
    """Writes records as JSON lines, which the gateway shows at their level."""

    request_id = None

    def emit(self, record):
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        line = {"level": record.levelname, "message": message, "requestId": self.request_id}
        print(json.dumps(line), flush=True)


class Context:
    """The context object of a handler. What is the same for all invocations is set on the class."""

    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
    function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
    memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
    log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
    client_context = None
    identity = None
    tenant_id = None

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self._deadline = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


class Api:
    """The Lambda Runtime API, over one connection.

    Not with `http.client`, which takes most of the time of a small invocation. The gateway is the only server: its
    responses have a length and are never in chunks, and with `?next` the response to a report is the next invocation.
    """

    def __init__(self):
        host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)))
        # Regardless of the default timeout that a function may set.
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def next(self):
        """The headers and the body of the first invocation."""
        return self._exchange(f"GET {RUNTIME}/invocation/next HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    def respond(self, request_id, result):
        """Sends a result; returns the next invocation."""
        return self._exchange(post(f"invocation/{request_id}/response?next", result))

    def fail(self, request_id, report):
        """Reports a failed invocation; returns the next one."""
        return self._exchange(post(f"invocation/{request_id}/error?next", json.dumps(report)))

    def fail_init(self, report):
        """Reports that the handler cannot be loaded."""
        header = f"Lambda-Runtime-Function-Error-Type: {report['errorType']}\r\n"
        self._exchange(post("init/error", json.dumps(report), header))

    def _exchange(self, request):
        """The headers of the response, by their names in lower case, and its body."""
        self._socket.sendall(request)
        received = self._receive()
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._receive()
        headers = {}
        for line in received[:end].decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        start = end + 4
        chunks, missing = [received[start:]], start + int(headers["content-length"]) - len(received)
        while missing > 0:
            chunks.append(self._receive())
            missing -= len(chunks[-1])
        return headers, b"".join(chunks)

    def _receive(self):
        chunk = self._socket.recv(CHUNK)
        if not chunk:
            raise ConnectionError("the gateway has closed the connection")
        return chunk


def post(resource, body, header=""):
    body = body.encode()
    head = (
        f"POST {RUNTIME}/{resource} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{header}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def load_handler(name):
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': {error}") from None
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None


def plain(value):
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


ENCODER = json.JSONEncoder(default=plain)


def marshal(result):
    try:
        return ENCODER.encode(result)
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def report_of(error, request_id=""):
    if isinstance(error, Fault):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": request_id, "stackTrace": error.trace}
    # Without the frames of this file.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    trace = traceback.format_list(frames)
    return {"errorMessage": str(error), "errorType": type(error).__name__, "requestId": request_id, "stackTrace": trace}


def show(report):
    trace = "".join(report["stackTrace"]).rstrip()
    message = f"[ERROR] {report['errorType']}: {report['errorMessage']}"
    if trace:
        message += f"\nTraceback (most recent call last):\n{trace}"
    print(json.dumps({"level": "ERROR", "message": message, "requestId": report["requestId"]}), flush=True)


def main():
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    log = JsonHandler()
    logging.getLogger().addHandler(log)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL")
    if level:
        logging.getLogger().setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
    api = Api()
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        report = report_of(error)
        show(report)
        api.fail_init(report)
        sys.exit(1)
    headers, event = api.next()
    while request_id := headers.get("lambda-runtime-aws-request-id"):
        log.request_id = request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
        try:
            result = marshal(handler(json.loads(event), Context(headers)))
        except Exception as error:
            report = report_of(error, request_id)
            show(report)
            headers, event = api.fail(request_id, report)
        else:
            headers, event = api.respond(request_id, result)


if __name__ == "__main__":
    try:
        main()
    except ConnectionError:
        # The gateway ends a function by closing its connection.
        sys.exit(1)
