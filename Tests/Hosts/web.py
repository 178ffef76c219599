#!/usr/bin/env python3
"""Asks an HTTP server what browsers do not.

  web.py get URL [FIELD: VALUE…]    prints the status, the fields and the content
  web.py crowd HOST PORT COUNT      opens connections that say nothing, and prints how many of them the server closed
  web.py endless HOST PORT          sends a head without end; prints the first line that comes back
"""

import http.client
import select
import socket
import sys
from urllib.parse import urlsplit


def get(url, *fields):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    path = parts.path + ("?" + parts.query if parts.query else "")
    connection.request("GET", path, headers=dict(field.split(": ", 1) for field in fields))
    response = connection.getresponse()
    print(response.status, response.reason)
    for name, value in response.getheaders():
        print(f"{name}: {value}")
    print()
    print(response.read().decode(), end="")


def crowd(host, port, count):
    connections = [socket.create_connection((host, int(port)), timeout=10) for _ in range(int(count))]
    # A connection that is accepted later than the others were asked for may push out one more.
    get(f"http://{host}:{port}/")
    closed, _, _ = select.select(connections, [], [], 1)
    print("closed", len(closed))


def endless(host, port):
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            for _ in range(1000):
                connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
        except ConnectionError:
            pass
        try:
            print(connection.recv(1000).split(b"\r\n")[0].decode())
        except ConnectionError:
            print("closed")


if __name__ == "__main__":
    {"get": get, "crowd": crowd, "endless": endless}[sys.argv[1]](*sys.argv[2:])
