#!/usr/bin/env python3
"""Opens a TAP in the network it is started in, and becomes another program that has it as a descriptor.

  tap.py NAME MAC ADDRESS/LENGTH COMMAND…     "{tap}" in the command's words becomes the descriptor's number

The interface is up, has that address and no IPv6, and goes when the last holder of the descriptor does.
"""

import fcntl
import os
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA  # <linux/if_tun.h>
IFF_TAP_NO_PI = 0x1002


def main():
    name, mac, address = sys.argv[1:4]
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_NO_PI))
    commands = (f"link set {name} address {mac} addrgenmode none", f"address add {address} broadcast + dev {name}",
                f"link set {name} up")
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)
    os.set_inheritable(tap, True)
    command = [word.replace("{tap}", str(tap)) for word in sys.argv[4:]]
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
