#!/usr/bin/env python3
"""Asks an HTTP server what browsers do not.

  web.py get URL [FIELD: VALUE…]    prints the status, the fields and the content
  web.py crowd HOST PORT COUNT      opens connections that say nothing, and prints how many of them the server closed
                                    when it answers one more
  web.py endless HOST PORT          sends a head of 10 MB; prints the first line that comes back
  web.py raw HOST PORT TEXT         sends the text, \\r and \\n for line ends; prints what comes until the server closes
  web.py slow HOST PORT             sends a head, a byte a second, until the server closes; prints how many it took
  web.py deaf HOST PORT COUNT       asks without end on so many connections and reads no answer, until the server
                                    has closed them all
  web.py late HOST PORT COUNT WAIT  asks for so much at once that it does not fit into the buffers between, the last with
                                    Connection: close; reads after so many seconds, and prints how many answers came
  web.py flood HOST PORT HEAD       sends the head and up to 200 MiB behind it; prints how many MiB the server took
"""

import http.client
import resource
import select
import socket
import sys
import time
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
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    connections = [socket.create_connection((host, int(port)), timeout=10) for _ in range(int(count))]
    # A connection that is accepted later than the others were asked for may push out one more.
    get(f"http://{host}:{port}/")
    ended = select.poll()
    for connection in connections:
        ended.register(connection, select.POLLIN)
    print(len(ended.poll(1000)))


def endless(host, port):
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            for _ in range(10000):
                connection.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")
        except ConnectionError:
            pass
        try:
            print(connection.recv(1000).split(b"\r\n")[0].decode())
        except ConnectionError:
            print("closed")


def raw(host, port, text):
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(text.replace("\\r", "\r").replace("\\n", "\n").encode())
        while piece := connection.recv(65536):
            print(piece.decode().replace("\r", ""), end="")


def slow(host, port):
    with socket.create_connection((host, int(port)), timeout=1) as connection:
        for sent in range(60):
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nX-More: ".ljust(60, b"x")[sent : sent + 1])
                if not connection.recv(1000):
                    break
            except TimeoutError:
                pass
            except ConnectionError:
                break
    print(sent)


def deaf(host, port, count):
    connections = {socket.create_connection((host, int(port)), timeout=10) for _ in range(int(count))}
    while connections:
        _, ready, _ = select.select([], connections, [], 1)
        for connection in ready:
            try:
                connection.setblocking(False)
                connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500)
            except ConnectionError:
                connections.remove(connection)
    print("closed")


def late(host, port, count, wait):
    connection = socket.socket()
    # Segments that are small keep the server's buffer small.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(10)
    connection.connect((host, int(port)))
    head = b"GET /a HTTP/1.1\r\nHost: localhost\r\n"
    connection.sendall((head + b"\r\n") * (int(count) - 1) + head + b"Connection: close\r\n\r\n")
    time.sleep(float(wait))
    answers = b""
    try:
        while piece := connection.recv(4096):
            answers += piece
            time.sleep(0.001)
    except ConnectionError:
        pass
    print(answers.count(b"/api/state and /api/stations.\n"))


def flood(host, port, head):
    sent = 0
    with socket.create_connection((host, int(port)), timeout=3) as connection:
        try:
            connection.sendall(head.replace("\\r", "\r").replace("\\n", "\n").encode())
            while sent < 200:
                connection.sendall(bytes(1 << 20))
                sent += 1
        except OSError:
            pass
    print(sent)


if __name__ == "__main__":
    commands = [get, crowd, endless, raw, slow, deaf, late, flood]
    {command.__name__: command for command in commands}[sys.argv[1]](*sys.argv[2:])
