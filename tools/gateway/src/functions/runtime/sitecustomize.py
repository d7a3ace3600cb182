"""Redirects connections of a function to AWS hosts to the gateway, so that code that builds the public address of the API
reaches it, and nothing reaches AWS by accident. Python imports a module of this name at its start."""

import os
import socket

_address = os.environ.get("GATEWAY_AWS_ADDRESS", "")
_hosts = os.environ.get("GATEWAY_AWS_HOSTS")
_suffixes = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "on.aws")
_getaddrinfo = socket.getaddrinfo


def _is_aws(name):
    if isinstance(name, bytes):
        name = name.decode(errors="replace")
    if not isinstance(name, str):
        return False
    if _hosts is not None:
        return name in _hosts.split(",")
    name = name.rstrip(".").lower()
    return any(name == suffix or name.endswith("." + suffix) for suffix in _suffixes)


def _redirected(host, port, *args, **kwargs):
    if _is_aws(host):
        host, port = _address.rsplit(":", 1)
    return _getaddrinfo(host, port, *args, **kwargs)


if _address:
    socket.getaddrinfo = _redirected
