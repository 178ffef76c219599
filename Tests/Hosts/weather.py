#!/usr/bin/env python3
"""What a bad path does to packets: a TUN device that a router sends them into, and that gives them back.

  weather.py DEVICE WHAT=PERCENT…

  duplicate   a packet comes twice
  reorder     a packet is overtaken by up to 20 others
  replay      one of the last 4,096 packets comes once more
  cut         a copy comes as well that ends early: its IP and UDP headers are valid and say so

Prints "ready" when the device is up, and at its end how many packets it has done what to.
"""

import fcntl
import heapq
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA  # <linux/if_tun.h>
IFF_TUN_NO_PI = 0x1001
HELD_SECONDS = 0.005  # What nobody overtakes within this time goes on.

device = sys.argv[1]
chances = {what: int(percent) / 100 for what, percent in (word.split("=") for word in sys.argv[2:])}
counts = dict.fromkeys(chances, 0)
tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN_NO_PI))
subprocess.run(["ip", "link", "set", device, "up"], check=True)
passed = 0
past = []
held = []  # (the number of the packet after which it goes on, a tie breaker, packet)


def happens(what):
    if random.random() >= chances.get(what, 0):
        return False
    counts[what] += 1
    return True


def write(packet):
    try:
        os.write(tun, packet)
    except BlockingIOError:
        pass


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def cut(packet):
    """An IPv4 UDP packet with less in it, and without a UDP checksum; None for others."""
    length = (packet[0] & 15) * 4
    if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_UDP or len(packet) <= length + 8:
        return None
    short = bytearray(packet[:random.randrange(length + 8, len(packet))])
    struct.pack_into("!H", short, 2, len(short))
    struct.pack_into("!H", short, 10, 0)
    struct.pack_into("!H", short, 10, checksum(bytes(short[:length])))
    struct.pack_into("!HH", short, length + 4, len(short) - length, 0)
    return bytes(short)


def release(limit):
    while held and held[0][0] <= limit:
        write(heapq.heappop(held)[2])


def take(packet):
    global passed
    passed += 1
    if happens("reorder"):
        heapq.heappush(held, (passed + random.randint(1, 20), passed, packet))
    else:
        write(packet)
    if happens("duplicate"):
        write(packet)
    if happens("cut") and (short := cut(packet)) is not None:
        write(short)
    if past and happens("replay"):
        write(random.choice(past))
    if len(past) < 4096:
        past.append(packet)
    else:
        past[passed % 4096] = packet
    release(passed)


def end(*_):
    print(f"{passed} packets passed,", ", ".join(f"{what}: {count}" for what, count in counts.items()), flush=True)
    sys.exit()


signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    if not select.select([tun], [], [], HELD_SECONDS if held else None)[0]:
        release(passed + 20)
        continue
    try:
        take(os.read(tun, 65536))
    except BlockingIOError:
        pass
