"""Redirects connections of a function to AWS hosts to the gateway, so that code that builds the public address of the API
reaches it, and nothing reaches AWS by accident. Python imports a module of this name at its start."""

import os
import socket

_address = os.environ.get("GATEWAY_AWS_ADDRESS", "")
# With --allow-aws, only the services that the gateway emulates are redirected, in any region.
_services = os.environ.get("GATEWAY_AWS_SERVICES")
_suffixes = ("amazonaws.com", "amazonaws.com.cn", "aws.amazon.com", "api.aws", "on.aws")
_getaddrinfo = socket.getaddrinfo


def _is_aws(name):
    if isinstance(name, bytes):
        name = name.decode(errors="replace")
    if not isinstance(name, str):
        return False
    name = name.rstrip(".").lower()
    if _services is not None:
        host = name.removesuffix(".cn").removesuffix(".amazonaws.com")
        return host != name and host.rpartition(".")[0] in _services.split(",")
    return any(name == suffix or name.endswith("." + suffix) for suffix in _suffixes)


def _redirected(host, port, *args, **kwargs):
    if _is_aws(host):
        host, port = _address.rsplit(":", 1)
    return _getaddrinfo(host, port, *args, **kwargs)


if _address:
    socket.getaddrinfo = _redirected
