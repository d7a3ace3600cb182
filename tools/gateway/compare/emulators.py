"""The emulators that are compared, each running the same functions.

Each has the attributes `address` (host and port), `path` (of the API, for handshakes), `management` (the path before
`/@connections`) and `events()`, what the functions have recorded. All listen on the loopback interface only and end with
their processes' group.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).parent
FUNCTIONS = HERE / "functions"

#: The packages that are compared, with the versions that the README's table shows.
SERVERLESS_OFFLINE = "serverless-offline@14.8.2"
#: The fork of Serverless Framework 3 that runs without an account; serverless-offline is a plugin of it.
FRAMEWORK = "osls@4.3.1"
MINISTACK = "ministack==1.5.33"

ROUTES = ["echo", "pause", "post", "fail", "null"]
#: Routes whose function answers the sender.
TWO_WAY = ["echo", "python"]

#: Longest start of an emulator, in seconds.
START = 120


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Emulator:
    """A running emulator."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="compare-"))
        self.record = self.folder / "record"
        self.record.touch()
        self.log = self.folder / "log"
        self.process = None

    def start(self):
        """Starts it and waits until it serves."""
        raise NotImplementedError

    def run(self, command, environment=None):
        """Starts the process in a new process group."""
        self.process = subprocess.Popen(
            [str(argument) for argument in command],
            cwd=self.folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=open(self.log, "wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_until(self, ready):
        """Waits until `ready()` is true; an OSError counts as false."""
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if ready():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit(f"{self.name} does not start:\n{self.log.read_text(errors='replace')}")

    def accepts(self, address):
        with socket.create_connection(address, timeout=5):
            return True

    def events(self):
        """Everything that the functions have recorded."""
        return [json.loads(line) for line in self.record.read_text().splitlines()]

    def version(self):
        raise NotImplementedError

    def stop(self):
        if self.process:
            for sign in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(self.process.pid, sign)
                    self.process.wait(10)
                except (ProcessLookupError, subprocess.TimeoutExpired):
                    pass
        shutil.rmtree(self.folder, ignore_errors=True)


class Gateway(Emulator):
    """This gateway, from a CloudFormation template."""

    name = "gateway"

    def __init__(self, program):
        super().__init__()
        port = free_port()
        self.program = program
        self.address, self.path = ("127.0.0.1", port), "/dev"
        self.management = "/dev"

    def start(self):
        port = self.address[1]
        body = template(self.record, f"http://127.0.0.1:{port}/dev")
        (self.folder / "template.json").write_text(json.dumps(body))
        self.run([self.program, "--template", "template.json", "--listen", f"127.0.0.1:{port}"])
        self.wait_until(lambda: self.accepts(self.address))

    def version(self):
        return subprocess.check_output([self.program, "--version"], text=True).split()[-1]


class ServerlessOffline(Emulator):
    """serverless-offline, from a serverless.yml."""

    name = "serverless-offline"

    def __init__(self, modules):
        super().__init__()
        self.modules = modules
        self.address, self.path, self.management = ("127.0.0.1", free_port()), "/", ""

    def start(self):
        port = self.address[1]
        (self.folder / "node_modules").symlink_to(self.modules)
        for file in FUNCTIONS.iterdir():
            (self.folder / file.name).write_text(file.read_text())
        service = self.service(f"http://127.0.0.1:{port}")
        (self.folder / "serverless.json").write_text(json.dumps(service))
        others = ["--httpPort", free_port(), "--lambdaPort", free_port()]
        environment = {"SLS_TELEMETRY_DISABLED": "1", "SLS_NOTIFICATIONS_MODE": "off"}
        program = self.folder / "node_modules/osls/bin/serverless.js"
        self.run(["node", program, "offline", "start", "--websocketPort", port, *others], environment)
        self.wait_until(lambda: self.accepts(self.address))

    def service(self, callback):
        def event(route, **more):
            answers = {"routeResponseSelectionExpression": "$default"} if route in TWO_WAY else {}
            return {"websocket": {"route": route, **answers, **more}}

        authorizer = {"name": "authorize", "identitySource": ["route.request.header.Auth"]}
        events = [event("$connect", authorizer=authorizer), event("$disconnect"), *map(event, ROUTES)]
        return {
            "service": "compare",
            "provider": {
                "name": "aws",
                "runtime": "nodejs20.x",
                "stage": "dev",
                "websocketsApiRouteSelectionExpression": "$request.body.action",
                "environment": {"RECORD": str(self.record), "CALLBACK": callback},
            },
            "plugins": ["serverless-offline"],
            "functions": {
                "all": {"handler": "index.handler", "events": events},
                "authorize": {"handler": "index.authorize"},
                "python": {"handler": "index.handler", "runtime": "python3.13", "events": [event("python")]},
            },
        }

    def version(self):
        return json.loads((self.modules / "serverless-offline/package.json").read_text())["version"]


class Ministack(Emulator):
    """ministack, from the same CloudFormation template as the gateway."""

    name = "ministack"

    def __init__(self, python):
        super().__init__()
        self.python = python
        self.address = ("127.0.0.1", free_port())

    def start(self):
        port = self.address[1]
        environment = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "TMPDIR": str(self.folder)}
        self.run([self.python, "-m", "ministack"], environment)
        self.wait_until(lambda: self.accepts(self.address))
        self.path = self.management = self._deploy(f"http://127.0.0.1:{port}")

    def _deploy(self, url):
        # The functions must know their API's address before it has an id: they read it from a file.
        callback = self.folder / "callback"
        body = template(self.record, f"file://{callback}")
        # Types that it does not know. It deploys and answers without them.
        unknown = ("AWS::ApiGatewayV2::Deployment", "AWS::ApiGatewayV2::RouteResponse")
        resources = body["Resources"]
        body["Resources"] = {name: value for name, value in resources.items() if value["Type"] not in unknown}
        stage = body["Resources"]["Stage"]["Properties"]
        del stage["DeploymentId"]
        stage["AutoDeploy"] = True
        self._call(url, Action="CreateStack", StackName="compare", TemplateBody=json.dumps(body))
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            answer = self._call(url, Action="DescribeStacks", StackName="compare")
            found = {element.tag.split("}")[-1]: element.text for element in answer.iter()}
            status = found["StackStatus"]
            if status == "CREATE_COMPLETE":
                path = f"/_aws/execute-api/{found['OutputValue']}/dev"
                callback.write_text(url + path)
                return path
            if not status.endswith("IN_PROGRESS"):
                break
            time.sleep(0.2)
        raise SystemExit(f"ministack does not deploy the template:\n{self.log.read_text(errors='replace')}")

    def _call(self, url, **parameters):
        parameters = {"Version": "2010-05-15", "Capabilities.member.1": "CAPABILITY_IAM", **parameters}
        scope = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request"
        headers = {"Authorization": f"{scope}, SignedHeaders=host, Signature=0"}
        data = urllib.parse.urlencode(parameters).encode()
        with urllib.request.urlopen(urllib.request.Request(url + "/", data, headers), timeout=60) as answer:
            return ElementTree.fromstring(answer.read())

    def version(self):
        query = "import importlib.metadata as m; print(m.version('ministack'))"
        return subprocess.check_output([str(self.python), "-c", query], text=True).strip()


def template(record, callback):
    """The stack as CloudFormation describes it, with the functions inline."""
    def function(runtime, file, handler, timeout=10):
        return {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": runtime,
                "Handler": f"index.{handler}",
                "Timeout": timeout,
                "Role": "arn:aws:iam::123456789012:role/any",
                "Code": {"ZipFile": (FUNCTIONS / file).read_text()},
                "Environment": {"Variables": {"RECORD": str(record), "CALLBACK": callback}},
            },
        }

    def uri(name):
        path = f"arn:aws:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{name}.Arn}}/invocations"
        return {"Fn::Sub": path}

    api = {"ApiId": {"Ref": "Api"}}
    resources = {
        "Api": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": "compare",
                "ProtocolType": "WEBSOCKET",
                "RouteSelectionExpression": "$request.body.action",
            },
        },
        "All": function("nodejs20.x", "index.js", "handler"),
        "Authorize": function("nodejs20.x", "index.js", "authorize"),
        "Python": function("python3.13", "index.py", "handler"),
        "Authorizer": {
            "Type": "AWS::ApiGatewayV2::Authorizer",
            "Properties": {
                **api,
                "Name": "header",
                "AuthorizerType": "REQUEST",
                "AuthorizerUri": uri("Authorize"),
                "IdentitySource": ["route.request.header.Auth"],
            },
        },
    }
    for name in ("All", "Python"):
        resources[f"{name}Integration"] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {**api, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri(name)},
        }
    for name in ("All", "Python", "Authorize"):
        resources[f"{name}Permission"] = {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": name},
                "Principal": "apigateway.amazonaws.com",
            },
        }
    routes = []
    for key in ["$connect", "$disconnect", *ROUTES, "python"]:
        name = f"Route{key.strip('$').capitalize()}"
        integration = "PythonIntegration" if key == "python" else "AllIntegration"
        properties = {**api, "RouteKey": key, "Target": {"Fn::Sub": f"integrations/${{{integration}}}"}}
        if key == "$connect":
            properties |= {"AuthorizationType": "CUSTOM", "AuthorizerId": {"Ref": "Authorizer"}}
        if key in TWO_WAY:
            properties["RouteResponseSelectionExpression"] = "$default"
            resources[f"{name}Response"] = {
                "Type": "AWS::ApiGatewayV2::RouteResponse",
                "Properties": {**api, "RouteId": {"Ref": name}, "RouteResponseKey": "$default"},
            }
        resources[name] = {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}
        routes.append(name)
    resources["Deployment"] = {"Type": "AWS::ApiGatewayV2::Deployment", "DependsOn": routes, "Properties": api}
    resources["Stage"] = {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {**api, "StageName": "dev", "DeploymentId": {"Ref": "Deployment"}},
    }
    return {"Resources": resources, "Outputs": {"Api": {"Value": {"Ref": "Api"}}}}


def install(cache):
    """Installs the packages into a folder, unless they are there; returns `node_modules` and ministack's Python."""
    modules = cache / "node" / "node_modules"
    # The plugin names the framework that it is tested with as a peer, which needs an account.
    options = ["--prefix", str(modules.parent), "--legacy-peer-deps", "--no-audit", "--no-fund", "--silent"]
    packages = [SERVERLESS_OFFLINE, FRAMEWORK]
    install_once(modules.parent, packages, [["npm", "install", *options, *packages]])
    python = cache / "ministack" / "bin" / "python"
    venv = [sys.executable, "-m", "venv", str(python.parent.parent)]
    install_once(python.parent.parent, [MINISTACK], [venv, [str(python), "-m", "pip", "install", "--quiet", MINISTACK]])
    return modules, python


def install_once(folder, packages, commands):
    """Runs the commands, unless they have installed these versions before. A file says so, written at the end."""
    installed = folder / "installed"
    wanted = "\n".join(packages)
    if installed.is_file() and installed.read_text() == wanted:
        return
    print(f"installing {', '.join(packages)} into {folder}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        if subprocess.run(command).returncode != 0:
            raise SystemExit(f"could not install {', '.join(packages)}: {' '.join(command)} failed, see above")
    installed.write_text(wanted)
