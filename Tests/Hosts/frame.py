#!/usr/bin/env python3
"""Raw Ethernet frames for the scenarios: a guest without a kernel.

WHERE is the path of a door that takes one frame a message on a SOCK_SEQPACKET socket ("bess"); dgram:PATH, of one that
does on a SOCK_DGRAM socket ("dgram"); or mcast:GROUP:PORT[:TTL], a native station as User Mode Linux's eth0=mcast makes
it: one UDP socket, bound to the group, that hears its own frames too.

  number WHERE COUNT     sends frames with the numbers 0 … COUNT-1 in them
  collect WHERE COUNT    succeeds when each of COUNT numbered frames comes exactly once; with COUNT 0, when none comes
  hang WHERE             sends one frame, then never reads
  churn WHERE COUNT      COUNT guests, one after the other, come, send a frame and go
  crowd WHERE COUNT      COUNT guests come and stay; at SIGUSR1 it prints how many are still connected
  together WHERE COUNT   COUNT guests come, send a frame, stay for two seconds and go
  datagrams FILE         prints what UDP datagrams of a pcap file carry: group:port, TTL, frame
  replay WHERE FILE      sends the frames that such a file's datagrams carry

A collector prints "ready" when it can hear.
"""

import argparse
import select
import signal
import socket
import struct
import sys
import time

EXPERIMENT = 0x88B5  # IEEE 802's EtherType for local experiments.
HEADER = struct.Struct("!6s6sHI")  # Destination, source, EtherType, number.
BROADCAST = "ff:ff:ff:ff:ff:ff"
STATION = "02:00:00:00:00:01"
IP_MULTICAST_ALL = 49  # <linux/in.h>; the socket module has no name for it.


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


class Station:
    """Sends and receives one frame at a time."""

    def __init__(self, where):
        self.to = None
        if where.startswith("mcast:"):
            self.join(*where.split(":")[1:])
        elif where.startswith("dgram:"):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            # An address of its own, which the kernel chooses: the door sends to it. It is known by its first frame.
            self.socket.bind("")
            self.socket.connect(where[len("dgram:"):])
            self.socket.send(bytes.fromhex(BROADCAST.replace(":", "") + "02000000ff01" + "88b5").ljust(60, b"\0"))
        else:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.socket.connect(where)

    def join(self, group, port, ttl="1"):
        self.to = (group, int(port))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, int(ttl))
        self.socket.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
        self.socket.bind(self.to)
        anywhere = socket.inet_aton("0.0.0.0")
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + anywhere)

    def send(self, frame):
        if self.to:
            self.socket.sendto(frame, self.to)
        else:
            self.socket.send(frame)

    def receive(self, seconds):
        """A frame; None when none came in that time; empty when the other end closed."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            return self.socket.recv(65536)
        except TimeoutError:
            return None


def numbered(number, options):
    head = HEADER.pack(mac(options.destination), mac(options.source), EXPERIMENT, number)
    return head + bytes([number & 0xFF]) * (options.size - len(head))


def number(options):
    station = Station(options.where)
    began = time.monotonic()
    for i in range(options.count):
        ahead = began + i / options.rate - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        station.send(numbered(i, options))
    # Closing a Unix socket with unread frames resets it, and what the other end has not read yet may go with it.
    time.sleep(0.2)


def collect(options):
    station = Station(options.where)
    print("ready", flush=True)
    times = [0] * options.count
    distinct = damaged = unexpected = 0
    deadline = time.monotonic() + options.seconds
    while time.monotonic() < deadline:
        frame = station.receive(deadline - time.monotonic())
        if frame is None:
            break
        if not frame:
            print("the other end closed")
            return False
        if len(frame) < HEADER.size:
            continue
        _, source, kind, i = HEADER.unpack_from(frame)
        if kind != EXPERIMENT or source != mac(options.source):
            continue
        if i >= options.count:
            unexpected += 1
        elif frame[HEADER.size:] != bytes([i & 0xFF]) * (options.size - HEADER.size):
            damaged += 1
        else:
            times[i] += 1
            distinct += times[i] == 1
            if distinct == options.count:
                # All are here: what comes after them within a moment is a second copy.
                deadline = min(deadline, time.monotonic() + 0.5)
    twice = sum(1 for n in times if n > 1)
    print(f"{distinct} of {options.count} came, {twice} of them more than once,",
          f"{damaged} damaged, {unexpected} not expected")
    well = distinct == options.count and twice == damaged == unexpected == 0
    print("all is well" if well else "not so")
    return well


def hang(options):
    station = Station(options.where)
    station.send(numbered(0, options))
    print("ready", flush=True)
    signal.pause()


def churn(options):
    for i in range(options.count):
        station = Station(options.where)
        options.source = "02:00:00:00:%02x:%02x" % (i >> 8, i & 0xFF)
        station.send(numbered(i, options))
        station.socket.close()


def crowd(options):
    stations = [Station(options.where) for _ in range(options.count)]
    poll = select.poll()
    for station in stations:
        poll.register(station.socket, select.POLLRDHUP)
    signal.signal(signal.SIGUSR1, lambda *_: print(f"connected: {len(stations) - len(poll.poll(0))}", flush=True))
    print(f"ready: {len(stations)}", flush=True)
    while True:
        signal.pause()


def together(options):
    stations = []
    for i in range(options.count):
        stations.append(Station(options.where))
        options.source = "02:00:00:00:%02x:%02x" % (i >> 8, i & 0xFF)
        stations[-1].send(numbered(i, options))
    time.sleep(2)


def read_datagrams(path):
    """(group:port, TTL, frame) of each whole IPv4 UDP datagram of a pcap file with Ethernet headers."""
    with open(path, "rb") as file:
        magic = file.read(24)[:4]
        order = "<" if magic == b"\xd4\xc3\xb2\xa1" else ">"
        while record := file.read(16):
            packet = file.read(struct.unpack(order + "4I", record)[2])
            ip = packet[14:]
            if packet[12:14] != b"\x08\x00" or ip[9] != socket.IPPROTO_UDP:
                continue
            if struct.unpack_from("!H", ip, 6)[0] & 0x3FFF:
                raise SystemExit(f"{path}: a fragment; make the segment's MTU larger")
            udp = ip[(ip[0] & 15) * 4:]
            port, length = struct.unpack_from("!HH", udp, 2)
            yield f"{socket.inet_ntoa(ip[16:20])}:{port}", ip[8], udp[8:length]


def datagrams(options):
    for to, ttl, frame in read_datagrams(options.file):
        if frame[6:12] == mac(options.source):
            print(to, f"ttl {ttl}", frame.hex())


def replay(options):
    station = Station(options.where)
    for _, _, frame in read_datagrams(options.file):
        station.send(frame)
        time.sleep(0.002)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for function, positional in (
        (number, "where count"), (collect, "where count"), (hang, "where"), (churn, "where count"), (crowd, "where count"),
        (together, "where count"),
        (datagrams, "file"), (replay, "where file"),
    ):
        command = commands.add_parser(function.__name__)
        command.set_defaults(function=function)
        for name in positional.split():
            command.add_argument(name, type=int if name == "count" else str)
        command.add_argument("--source", default=STATION, help="source address of the frames")
        command.add_argument("--destination", default=BROADCAST)
        command.add_argument("--size", type=int, default=64, help="bytes a frame, without FCS")
        command.add_argument("--rate", type=float, default=2000, help="frames a second, at most")
        command.add_argument("--seconds", type=float, default=10, help="how long a collector waits")
    options = parser.parse_args()
    return 1 if options.function(options) is False else 0


if __name__ == "__main__":
    sys.exit(main())
