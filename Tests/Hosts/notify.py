#!/usr/bin/env python3
"""Stands in for the service manager: takes the messages of sd_notify(3).

  notify.py listen SOCKET      prints the messages that come
  notify.py time COMMAND…      milliseconds from the start of a command to its READY=1; then the command is ended
"""

import os
import socket
import subprocess
import sys
import tempfile
import time


def listen(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
        notifications.bind(path)
        while True:
            print(notifications.recv(65536).decode(), flush=True)


def time_to_ready(command):
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
        path = os.path.join(directory, "notify")
        notifications.bind(path)
        notifications.settimeout(10)
        began = time.monotonic()
        child = subprocess.Popen(command, env=dict(os.environ, NOTIFY_SOCKET=path), stdout=sys.stderr)
        try:
            while b"READY=1" not in notifications.recv(65536).split(b"\n"):
                pass
            return (time.monotonic() - began) * 1000
        finally:
            child.terminate()
            child.wait()


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        listen(sys.argv[2])
    else:
        print(round(time_to_ready(sys.argv[2:])))
