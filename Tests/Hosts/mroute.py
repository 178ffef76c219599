#!/usr/bin/env python3
"""A router with static multicast routes of the kernel, for as long as it runs.

  mroute.py GROUP SOURCE:IN:OUT[,OUT…]…   what SOURCE sends to GROUP and comes in by interface IN leaves by those OUT

Prints "ready" when the routes are in force. Constants and structures: <linux/mroute.h>.
"""

import signal
import socket
import struct
import sys

MRT_INIT, MRT_ADD_VIF, MRT_ADD_MFC = 200, 202, 204
VIFF_USE_IFINDEX = 8
THRESHOLD = 1  # A datagram leaves an interface when its TTL on arrival is greater than this.

group, *routes = sys.argv[1:]
router = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
router.setsockopt(socket.IPPROTO_IP, MRT_INIT, 1)
vifs = {}


def vif(interface):
    """The number by which the kernel's multicast routing knows an interface."""
    if interface not in vifs:
        vifs[interface] = len(vifs)
        vifctl = struct.pack("=HBBIi4x", vifs[interface], VIFF_USE_IFINDEX, THRESHOLD, 0, socket.if_nametoindex(interface))
        router.setsockopt(socket.IPPROTO_IP, MRT_ADD_VIF, vifctl)
    return vifs[interface]


for route in routes:
    source, arrives, leaves = route.split(":")
    parent, thresholds = vif(arrives), bytearray(32)
    for interface in leaves.split(","):
        thresholds[vif(interface)] = THRESHOLD
    mfcctl = struct.pack("=4s4sH32s2x3Ii", socket.inet_aton(source), socket.inet_aton(group), parent, bytes(thresholds), 0, 0, 0, 0)
    router.setsockopt(socket.IPPROTO_IP, MRT_ADD_MFC, mfcctl)

print("ready", flush=True)
signal.pause()
