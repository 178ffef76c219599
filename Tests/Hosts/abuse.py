#!/usr/bin/env python3
"""Clients of an agent's control socket that do what they should not.

  abuse.py WHAT SOCKET

WHAT is one of the functions below. Succeeds when the agent answers as it should, and still answers afterwards.
"""

import json
import random
import socket
import sys
import threading
import time

INTERFACE = "org.umbel.Agent."


def connect():
    for _ in range(500):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(10)
        try:
            client.connect(sys.argv[2])
            return client
        except BlockingIOError:  # The backlog is full.
            client.close()
            time.sleep(0.01)
    raise SystemExit("the agent accepts nobody")


def request(method, more=False, **parameters):
    return json.dumps({"method": INTERFACE + method, "parameters": parameters, "more": more}).encode() + b"\0"


def answer(client):
    """One reply; empty when the agent closed."""
    text = b""
    while not text.endswith(b"\0"):
        try:
            piece = client.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return b""
        text += piece
    return text[:-1]


def ask(*arguments, **parameters):
    with connect() as client:
        client.sendall(request(*arguments, **parameters))
        return answer(client)


def silence():
    clients = [connect() for _ in range(300)]
    refused = [answer(client) for client in clients[256:]]
    for client in clients:
        client.close()
    return all(b"LimitReached" in text and b"256" in text for text in refused)


def garbage():
    closed = True
    for text in (b"", b"{}", b"garbage", b"[]", b"null", b'{"method":5}', b"[" * 100_000, b'{"a":' * 50_000,
                 b"x" * (1 << 20)):
        with connect() as client:
            client.sendall(text + b"\0")
            closed = closed and answer(client) == b""
    with connect() as client:
        client.sendall(b'{"method":"org.umbel.Agent.ListPorts","parameters":{"lan":5}}\0')
        return closed and b"InvalidParameter" in answer(client)


def deaf():
    clients = []
    for _ in range(20):
        client = connect()
        client.setblocking(False)
        try:
            for _ in range(2000):
                client.send(request("Status") * 10)
        except BlockingIOError:
            pass
        clients.append(client)
    began = time.monotonic()
    answered = b"lans" in ask("Status")
    return answered and time.monotonic() - began < 2


def descriptors():
    with connect() as client:
        for _ in range(50):
            socket.send_fds(client, [request("ListLans")], [0, 1, 2] * 80)
            if b"lans" not in answer(client):
                return False
    return True


def leave():
    for i in range(1000):
        with connect() as client:
            client.sendall(request("ListPorts", more=True)[:i % 60])
    for i in range(300):
        with connect() as client:
            client.sendall(request("Attach", lan="default", kind=("seqpacket", "stream")[i % 2], endWithCaller=False))
    return True


def race():
    calls = [request("AddLan", name="brief"), request("RemoveLan", name="brief"), request("RemoveLan", name="brief"),
             request("Attach", lan="brief", kind="seqpacket", endWithCaller=True), request("ListPorts"),
             request("AddPort", lan="brief", transport="mcast", options={"port": ["1200"]}),
             request("ListStations", lan="brief"), request("Status")]
    deadline = time.monotonic() + 5
    silent = []

    def client(seed):
        chosen = random.Random(seed)
        while time.monotonic() < deadline:
            with connect() as connection:
                connection.sendall(chosen.choice(calls))
                if not answer(connection):
                    return silent.append(seed)

    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ask("RemoveLan", name="brief")
    return not silent


if __name__ == "__main__":
    well = {"silence": silence, "garbage": garbage, "deaf": deaf, "descriptors": descriptors, "leave": leave,
            "race": race}[sys.argv[1]]()
    sys.exit(0 if well and b'"lans"' in ask("Status") else "not so")
