#!/usr/bin/env python3
"""Super-frames with a VLAN tag, by packet sockets with a struct virtio_net_hdr: a kernel without VLAN devices has no
other. They are segments of one TCP connection that nobody makes; sender and receiver keep in step by a FIFO.

  send INTERFACE MAC FILE FIFO      sends the file, and waits for the receiver after each MiB
  receive INTERFACE FIFO BYTES      takes so many bytes, in whatever segments they come, and prints their SHA-256

The FIFO carries the number of bytes that have come in order, 8 bytes at a time.
"""

import hashlib
import os
import random
import socket
import struct
import sys

PACKET_VNET_HDR = 15  # <linux/if_packet.h>
PACKET_AUXDATA = 8
SOL_PACKET = 263
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
NEEDS_CHECKSUM, TCPV4 = 1, 1  # <linux/virtio_net.h>
VLAN = 7
MSS = 1400
WINDOW = 1 << 20
STATION = bytes.fromhex("020000000042")


def packet_socket(interface):
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    packets.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    packets.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    packets.bind((interface, 0))
    return packets


def folded(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def super_frame(mac, sequence, payload):
    addresses = bytes([10, 44, 0, 1, 10, 44, 0, 2])
    length = 20 + len(payload)
    network = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, sequence >> 10 & 0xFFFF, 0x4000, 64, 6, 0)
    network = network[:10] + struct.pack("!H", 0xFFFF ^ folded(network + addresses)) + addresses
    pseudo = folded(addresses + struct.pack("!HH", 6, length))
    transport = struct.pack("!HHIIBBHHH", 4000, 5000, sequence, 0, 0x50, 0x18, 512, pseudo, 0)
    link = mac + STATION + struct.pack("!HHH", 0x8100, VLAN, 0x0800)
    offload = struct.pack("=BBHHHH", NEEDS_CHECKSUM, TCPV4 if len(payload) > MSS else 0, 58,
                          MSS if len(payload) > MSS else 0, 38, 16)
    return offload + link + network + transport + payload


def send(interface, mac, file, fifo):
    packets = packet_socket(interface)
    mac = bytes.fromhex(mac.replace(":", ""))
    random.seed(7)
    with open(file, "rb") as source, open(fifo, "rb", buffering=0) as answers:
        sent = arrived = 0
        while payload := source.read(random.randint(1, 60_000)):
            packets.send(super_frame(mac, sent, payload))
            sent += len(payload)
            while sent - arrived > WINDOW:
                arrived = struct.unpack("Q", answers.read(8))[0]
        while arrived < sent:
            arrived = struct.unpack("Q", answers.read(8))[0]


def segment(offload, data, is_tagged):
    """The sequence number and payload of one that belongs here, checked where its checksum is to be complete."""
    offset = 18 if data[12:16] == struct.pack("!HH", 0x8100, VLAN) else 14
    if data[6:12] != STATION or not (is_tagged or offset == 18) or data[offset - 2:offset] != b"\x08\x00":
        return None
    total = struct.unpack_from("!H", data, offset + 2)[0]
    packet = data[offset:offset + total]
    if folded(packet[:20]) != 0xFFFF:
        sys.exit("the IPv4 checksum is wrong")
    transport = packet[20:]
    if not offload[0] & NEEDS_CHECKSUM:
        padded = transport + b"\0" * (len(transport) & 1)
        if folded(packet[12:20] + struct.pack("!HH", 6, len(transport)) + padded) != 0xFFFF:
            sys.exit("the TCP checksum is wrong")
    return struct.unpack_from("!I", transport, 4)[0], transport[20:]


def receive(interface, fifo, size):
    packets = packet_socket(interface)
    packets.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    packets.settimeout(20)
    digest = hashlib.sha256()
    arrived = told = 0
    print("ready", flush=True)
    with open(fifo, "wb", buffering=0) as answers:
        while arrived < size:
            data, control, _, _ = packets.recvmsg(70_000, 128)
            # The kernel takes the tag out of what it receives: struct tpacket_auxdata has it.
            is_tagged = any(len(value) >= 20 and struct.unpack_from("=H", value, 16)[0] & 0xFFF == VLAN
                           for _, _, value in control)
            found = segment(data[:10], data[10:], is_tagged)
            if not found:
                continue
            if found[0] != arrived:
                sys.exit(f"byte {found[0]} came where {arrived} was to come")
            digest.update(found[1])
            arrived += len(found[1])
            if arrived - told > WINDOW // 4 or arrived == size:
                answers.write(struct.pack("Q", arrived))
                told = arrived
    print(digest.hexdigest())


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(*sys.argv[2:6])
    else:
        receive(sys.argv[2], sys.argv[3], int(sys.argv[4]))
