"""Twenty behaviours of API Gateway, as FIDELITY.md describes them with their sources. Each is a function that raises
AssertionError with what the emulator did instead."""

import http.client
import itertools
import json
import re
import time
import urllib.parse

from websocket import BINARY, CONTINUATION, TEXT, Client, Closed, Refused

#: The behaviours in the order of their definition, as pairs of the sentence and the function.
ALL = []

#: The header that the authorizer admits.
ADMITTED = [("Auth", "allow")]

numbers = itertools.count()


def behaviour(sentence):
    def add(check):
        ALL.append((sentence, check))
        return check

    return add


def connect(emulator, headers=(), **query):
    """A connection, with a query if there is any."""
    path = emulator.path + ("?" + urllib.parse.urlencode(query) if query else "")
    return Client(emulator.address, path, [*ADMITTED, *headers])


def refusal(connecting):
    """The status that a handshake is refused with."""
    try:
        connecting().abandon()
    except Refused as refused:
        return refused.status
    except Closed:
        return "no answer"
    return 101


def recorded(emulator, wanted, patience=10):
    """The newest entry of the functions' record that is `wanted`, waited for."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        for entry in reversed(emulator.events()):
            if wanted(entry):
                return entry
        time.sleep(0.05)
    raise AssertionError("the function was not invoked")


def context(entry):
    return entry.get("requestContext", {})


def connected(emulator, headers=(), **query):
    """A connection and its CONNECT event, found by a number in the query."""
    number = str(next(numbers))
    client = connect(emulator, headers, test=number, **query)
    query = lambda entry: entry.get("queryStringParameters") or {}
    event = recorded(
        emulator, lambda entry: context(entry).get("eventType") == "CONNECT" and query(entry).get("test") == number
    )
    return client, event


def identifier(event):
    return event["requestContext"]["connectionId"]


def later(emulator, connection, kind):
    """The event of this type of a connection."""
    of = lambda entry: (context(entry).get("connectionId"), context(entry).get("eventType"))
    return recorded(emulator, lambda entry: of(entry) == (connection, kind))


def manage(emulator, method, connection, body=None):
    """A call to `@connections`: status, headers in lower case, body."""
    management = http.client.HTTPConnection(*emulator.address, timeout=15)
    path = f"{emulator.management}/@connections/{urllib.parse.quote(connection, safe='')}"
    try:
        management.request(method, path, body)
        answer = management.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode(errors="replace")
    finally:
        management.close()


def equal(found, wanted):
    assert found == wanted, str(found)


def closed_with(client):
    """The code with which the server closes the connection, or what it does instead."""
    try:
        client.receive(3)
        return "delivered"
    except Closed as closed:
        return closed.code or "closes without a frame"
    except TimeoutError:
        return "stays open"


def heard(client, patience=3):
    try:
        return client.receive(patience)
    except TimeoutError:
        return "silence"
    except Closed as closed:
        return f"closed with {closed.code}"


@behaviour("a handshake waits for `$connect`")
def handshake_waits(emulator):
    start = time.monotonic()
    connect(emulator, pause="700").abandon()
    assert time.monotonic() - start >= 0.6, "101 at once"


@behaviour("the status that `$connect` returns is the status of the handshake")
def status_of_connect(emulator):
    equal(refusal(lambda: connect(emulator, status="418")), 418)


@behaviour("a `$connect` that throws gives 502")
def failing_connect(emulator):
    equal(refusal(lambda: connect(emulator, fail="1")), 502)


@behaviour("a sub-protocol is confirmed only when `$connect` returns it")
def sub_protocol(emulator):
    offer = [("Sec-WebSocket-Protocol", "one, two")]
    with connect(emulator, offer) as client:
        found = client.headers.get("sec-websocket-protocol")
        assert found is None, f"confirms {found} unasked"
    with connect(emulator, offer, protocol="two") as client:
        found = client.headers.get("sec-websocket-protocol")
        assert found == "two", f"confirms {found or 'none'} when two is returned"


@behaviour("without the authorizer's identity source the handshake is 401 and no function runs")
def identity_source(emulator):
    before = len(emulator.events())
    equal(refusal(lambda: Client(emulator.address, emulator.path)), 401)
    assert len(emulator.events()) == before, "401, but a function ran"


@behaviour("the authorizer's context is in every later event, as strings")
def authorizer_context(emulator):
    client, event = connected(emulator)
    with client:
        client.ask({"action": "echo"})
        for event in (event, later(emulator, identifier(event), "MESSAGE")):
            found = context(event).get("authorizer") or {}
            wanted = {"principalId": "user", "number": "1", "flag": "true"}
            equal({name: found.get(name) for name in wanted}, wanted)


@behaviour("CONNECT has the recorded keys, and none for a query when there is none")
def keys_of_connect(emulator):
    with connect(emulator) as client:
        client.ask({"action": "echo"})
        event = recorded(emulator, lambda entry: context(entry).get("eventType") == "CONNECT")
        wanted = {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}
        assert set(event) == wanted, f"also {', '.join(sorted(set(event) ^ wanted))}"


@behaviour("MESSAGE has only `requestContext`, `body` and `isBase64Encoded`")
def keys_of_message(emulator):
    client, event = connected(emulator)
    with client:
        client.ask({"action": "echo"})
        message = later(emulator, identifier(event), "MESSAGE")
        wanted = {"requestContext", "body", "isBase64Encoded"}
        assert set(message) == wanted, f"also {', '.join(sorted(set(message) ^ wanted))}"


@behaviour("`$disconnect` of a client that closes without a code reports 1005 and AWS's reason")
def disconnect(emulator):
    client, event = connected(emulator)
    client.close()
    found = context(later(emulator, identifier(event), "DISCONNECT"))
    code, reason = found.get("disconnectStatusCode"), found.get("disconnectReason")
    wanted = (1005, "Client-side close frame status not set")
    assert (code, reason) == wanted, f"code {code or 'missing'}, reason {reason or 'missing'}"


@behaviour("connection ids have 16 characters and end with `=`")
def ids(emulator):
    client, event = connected(emulator)
    with client:
        found = identifier(event)
        assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", found), f"`{found}`"


@behaviour("keys without quotes select a route")
def unquoted_keys(emulator):
    with connect(emulator) as client:
        client.send('{action: "echo"}')
        equal(heard(client), '{action: "echo"}')


FRAME = r'\{"message": "%s", "connectionId":"[^" ]+", "requestId":"[^" ]+"\}'


@behaviour("a message without a route is answered with AWS's `Forbidden` frame")
def forbidden(emulator):
    with connect(emulator) as client:
        client.send({"action": "unknown"})
        found = heard(client)
        assert re.fullmatch(FRAME % "Forbidden", found), found[:40]


@behaviour("a function that throws is answered with `Internal server error`")
def internal_server_error(emulator):
    with connect(emulator) as client:
        client.send({"action": "fail"})
        found = heard(client)
        assert re.fullmatch(FRAME % "Internal server error", found), found if len(found) < 40 else "a frame of another form"


@behaviour("messages of one connection run at the same time")
def concurrent(emulator):
    with connect(emulator) as client:
        client.send({"action": "pause"})
        client.send({"action": "echo"})
        first, second = heard(client), heard(client)
        assert (first, second) == ('{"action": "echo"}', "late"), "one after the other"


@behaviour("a frame over 32 KB closes the connection with 1009")
def large_frame(emulator):
    with connect(emulator) as client:
        text = json.dumps({"action": "echo", "text": "x" * 33 * 1024})
        client.frame(TEXT, text.encode())
        equal(closed_with(client), 1009)


@behaviour("a message of 100 KB in frames of 30 KB is delivered, one over 128 KB closes with 1009")
def fragments(emulator):
    def send(client, size):
        text = json.dumps({"action": "echo", "text": "x" * size}).encode()
        parts = [text[start : start + 30 * 1024] for start in range(0, len(text), 30 * 1024)]
        for index, part in enumerate(parts):
            client.frame(CONTINUATION if index else TEXT, part, final=index == len(parts) - 1)
        return text.decode()

    with connect(emulator) as client:
        text = send(client, 100 * 1024)
        found = heard(client)
        assert found == text, f"100 KB: {found[:30]}"
        try:
            send(client, 130 * 1024)
        except OSError:
            pass
        equal(closed_with(client), 1009)


@behaviour("a binary frame closes the connection with 1003")
def binary(emulator):
    with connect(emulator) as client:
        client.frame(BINARY, b'{"action": "echo"}')
        equal(closed_with(client), 1003)


@behaviour("posting to a connection inside its `$connect` gives 410")
def post_inside_connect(emulator):
    client, event = connected(emulator, post="1")
    with client:
        number = event["queryStringParameters"]["test"]
        entry = recorded(emulator, lambda entry: entry.get("test") == number)
        equal(entry["posted"], 410)


@behaviour("posting to a connection that is gone gives 410 with `GoneException` in a header and no body")
def gone(emulator):
    client, event = connected(emulator)
    client.close()
    later(emulator, identifier(event), "DISCONNECT")
    status, headers, body = manage(emulator, "POST", identifier(event), "x")
    equal(status, 410)
    assert headers.get("x-amzn-errortype") == "GoneException", "410 without the header"
    assert not body, f"410 with the body {body}"


@behaviour("`DELETE` closes with 1000 and answers 204; more than 128 KB in a `POST` is 413")
def delete(emulator):
    client, event = connected(emulator)
    with client:
        status, _, _ = manage(emulator, "POST", identifier(event), "x" * (128 * 1024 + 1))
        assert status == 413, f"{status} for 128 KB and a byte"
        status, _, _ = manage(emulator, "DELETE", identifier(event))
        equal((status, closed_with(client)), (204, 1000))
