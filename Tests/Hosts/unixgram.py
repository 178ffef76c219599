#!/usr/bin/env python3
"""A virtual machine monitor of the family of libkrun and vfkit, which Debian has none of: a Unix datagram socket with a
name of its own, connected to the door, that greets with "VFKT" and then carries one frame a datagram.

  unixgram.py TAP DOOR NAME     TAP: a descriptor, DOOR: the socket to join at, NAME: the path of its own
"""

import os
import select
import socket
import sys


def main():
    tap, door, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    if os.path.exists(name):
        os.unlink(name)
    network = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    network.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    network.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    network.bind(name)
    network.connect(door)
    network.send(b"VFKT")
    poll = select.poll()
    poll.register(tap, select.POLLIN)
    poll.register(network, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready == tap:
                network.send(os.read(tap, 65536))
            else:
                os.write(tap, network.recv(65536))


if __name__ == "__main__":
    main()
