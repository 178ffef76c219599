#!/usr/bin/env python3
"""Clients of a VDE switch that do not behave. DIRECTORY is the switch's.

  idle DIRECTORY COUNT     COUNT connections that send half a request and stay; reconnects those that are closed
  malformed DIRECTORY      succeeds when each of some malformed requests is answered with a closed connection
"""

import os
import socket
import struct
import sys
import time

MAGIC = 0xFEEDFACE


def connected(directory):
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect(directory + "/ctl")
    return control


def request(path, magic=MAGIC, version=3, kind=0, family=socket.AF_UNIX):
    return struct.pack("=IIIH108s", magic, version, kind, family, path.encode())


def idle(directory, count):
    half = request("/nowhere")[:60]
    crowd = [connected(directory) for _ in range(count)]
    for control in crowd:
        control.sendall(half)
    print("ready", flush=True)
    while True:
        for i, control in enumerate(crowd):
            control.settimeout(0.05)
            try:
                if not control.recv(1):
                    crowd[i] = connected(directory)
                    crowd[i].sendall(half)
            except TimeoutError:
                pass
            except ConnectionError:
                time.sleep(0.05)


def malformed(directory):
    own = f"{directory}/.malformed-{os.getpid()}"
    data = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    data.bind(own)
    link = own + "-link"
    os.symlink(own, link)
    faults = {
        "no magic": b"GET / HTTP/1.0\r\n\r\n",
        "version 0": request(own, magic=0),
        "version 2": request(own, version=2),
        "version 4": request(own, version=4),
        "type 7": request(own, kind=7),
        "an IPv4 address": request(own, family=socket.AF_INET),
        "too long": request(own) + b"d" * 200,
        "no such path": request(own + "-not"),
        "a symbolic link": request(link),
        "the switch itself": request(directory + "/ctl"),
        "a relative path": request("guest"),
        "an abstract name of nobody": request("\0nobody"),
    }
    well = True
    for name, bytes in faults.items():
        control = connected(directory)
        control.settimeout(3)
        try:
            control.sendall(bytes)
            reply = control.recv(200)
        except (BrokenPipeError, ConnectionResetError):
            reply = b""
        except TimeoutError:
            reply = None
        if reply != b"":
            well = False
            print(f"{name}: {reply!r}")
    os.unlink(link)
    os.unlink(own)
    return well


if __name__ == "__main__":
    if sys.argv[1] == "idle":
        idle(sys.argv[2], int(sys.argv[3]))
    sys.exit(0 if malformed(sys.argv[2]) else 1)
