#!/usr/bin/env python3
"""Calls a method of an agent's control interface, as any Varlink client may.

  varlink.py SOCKET METHOD [EXPRESSION]

METHOD is one of org.umbel.Agent without parameters. Prints the reply, or the value of a Python expression in which the
reply's members are variables, for example: sum(1 for p in ports if p["role"] == "guest")
"""

import json
import socket
import sys


def call(path, method):
    """The members of all replies; lists that come in several replies are joined."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(10)
        control.connect(path)
        request = {"method": "org.umbel.Agent." + method, "parameters": {}, "more": True}
        control.sendall(json.dumps(request).encode() + b"\0")
        members, pending = {}, b""
        while True:
            while b"\0" not in pending:
                chunk = control.recv(65536)
                if not chunk:
                    raise SystemExit("the agent closed the connection")
                pending += chunk
            text, _, pending = pending.partition(b"\0")
            reply = json.loads(text)
            if "error" in reply:
                raise SystemExit(text.decode())
            for name, value in reply.get("parameters", {}).items():
                members[name] = members[name] + value if name in members else value
            if not reply.get("continues"):
                return members


if __name__ == "__main__":
    reply = call(sys.argv[1], sys.argv[2])
    print(eval(sys.argv[3], reply) if len(sys.argv) > 3 else json.dumps(reply, indent=2))
