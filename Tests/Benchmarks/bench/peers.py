"""Networks across hosts: ours, the peers', the kernel's. Each gives every host a device `lan` with an address.

    10.1.0.1 lan ─ host a ─ eth0 10.0.0.1 ── underlay ── 10.0.0.2 eth0 ─ host b ─ lan 10.1.0.2

All devices have the same MTU, so that a frame of each fits the underlay's 1,500 bytes with everybody's headers.
"""

import pathlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import Callable

from .rows import Missing
from .switches import need, vde
from .world import World, on, run, wait_for

MTU = 1400
GROUP = "239.1.1.42"


@dataclass(frozen=True)
class Underlay:
    """What joins the hosts: the interfaces' settings, in words of ethtool -K."""

    name: str
    title: str
    settings: tuple[str, ...] = ()


# A veth carries super-packets and unfinished checksums as they are. Without these offloads the kernel makes packets of
# at most the MTU of them, as for the wire of a card that cannot; each is received alone.
SEGMENTS = ("tso", "off", "gso", "off", "tx-udp-segmentation", "off", "tx-udp_tnl-segmentation", "off",
            "tx-udp_tnl-csum-segmentation", "off")
VETH = Underlay("veth", "veth as it is")
SEGMENTED = Underlay("segmented", "segmented for the wire", SEGMENTS)
# The receiver merges them again, as a card's driver does, and also what is not for a socket of its own.
MERGED = Underlay("merged", "segmented, GRO with forwarding",
                  (*SEGMENTS, "gro", "on", "rx-udp-gro-forwarding", "on"))
UNDERLAYS = (VETH, SEGMENTED, MERGED)

# Joins hosts that the world has on an underlay; raises Missing.
Network = Callable[[World], None]


def address(host: str) -> str:
    """A host's address on its device `lan`."""
    return f"10.1.0.{number(host)}"


def outer(host: str) -> str:
    """A host's address on the underlay."""
    return f"10.0.0.{number(host)}"


def number(host: str) -> int:
    return ord(host) - ord("a") + 1


def hosts(place: World, count: int = 2, underlay: Underlay = VETH) -> None:
    """Hosts a, b, ... on an underlay: two by a veth, more by a bridge that floods groups."""
    if underlay.settings:
        need("ethtool")
    names = [place.host(chr(ord("a") + index)) for index in range(count)]
    if count == 2:
        place.wire("a", "b")
    else:
        wires = place.host("wires")
        run(["ip", "link", "add", "s1", "type", "bridge", "mcast_snooping", "0"], wires)
        run(["ip", "link", "set", "s1", "up"], wires)
        for name in names:
            run(["ip", "link", "add", "eth0", "netns", name, "type", "veth",
                 "peer", "name", f"to-{name}", "netns", wires])
            run(["ip", "link", "set", f"to-{name}", "master", "s1", "up"], wires)
            run(["ip", "link", "set", "eth0", "up"], name)
    for name in names:
        run(["ip", "address", "add", f"{outer(name)}/24", "dev", "eth0"], name)
        run(["ip", "route", "append", "224.0.0.0/4", "dev", "eth0"], name)
        if underlay.settings:
            run(["ethtool", "-K", "eth0", *underlay.settings], name)


def members(place: World) -> list[str]:
    return [host for host in place.hosts if host != "wires"]


def reach(place: World) -> None:
    """Waits until every host's device is answered by every other's, so that addresses are known everywhere."""
    names = members(place)
    for source in names:
        for target in names:
            if source != target:
                wait_for(lambda: answers(source, address(target)), 20)


def answers(source: str, target: str) -> bool:
    return subprocess.run(on(source, ["ping", "-q", "-c", "1", "-W", "1", target]), capture_output=True).returncode == 0


def device(host: str) -> None:
    """Gives a program's TAP its address and sets it up, once it is there."""
    wait_for(lambda: subprocess.run(on(host, ["ip", "link", "show", "lan"]), capture_output=True).returncode == 0)
    run(["ip", "link", "set", "lan", "mtu", str(MTU), "up"], host)
    run(["ip", "address", "add", f"{address(host)}/24", "dev", "lan"], host)


def umbel(trunk: str = "vxlan", port: str = "", agent: str = "") -> Network:
    """Ours: a LAN with a trunk and a TAP. `port` is more options of the trunk, `agent` more of the agent, in YAML."""
    def join(place: World) -> None:
        for host in members(place):
            peers = ", ".join(outer(other) for other in members(place) if other != host)
            words = {
                "vxlan": f"transport: vxlan, vni: 42, peers: [{peers}]",
                "vxlan-group": f"transport: vxlan, vni: 42, group: {GROUP}, interface: eth0",
                "mcast": f"transport: mcast, group: {GROUP}, port: 1102, interface: eth0",
            }[trunk]
            configuration = (
                f"{agent}lans:\n  bench:\n    doors: [bess]\n    ports:\n"
                f"      - {{name: site, role: trunk, {words}{port}}}\n"
                f"      - {{name: host, transport: tap, device: lan, address: {address(host)}/24, mtu: {MTU}}}\n")
            check(place, configuration)
            place.agent(host, configuration, host)
        reach(place)
    return join


def check(place: World, configuration: str) -> None:
    """Raises Missing when the agent does not take a configuration: an option that this build has not."""
    path = place.directory / "check.yaml"
    path.write_text(configuration)
    result = subprocess.run([place.build / "umbeld", "--check-config", path], capture_output=True, text=True)
    if result.returncode != 0:
        raise Missing((result.stderr or result.stdout).strip().split("\n")[0].replace(str(path), "umbel.yaml"))


def kernel(place: World) -> None:
    """The kernel's VXLAN device: unicast between two hosts, a group for more."""
    for host in members(place):
        others = [other for other in members(place) if other != host]
        words = ["remote", outer(others[0])] if len(others) == 1 else ["group", GROUP, "ttl", "8"]
        run(["ip", "link", "add", "lan", "type", "vxlan", "id", "42", "dstport", "4789", "dev", "eth0", *words], host)
        device(host)
    reach(place)


def bare(place: World, way: str = "tap") -> None:
    """The least that a tunnel between two TAPs can be: Tests/Benchmarks/bare-tunnel. With "spin" it never sleeps."""
    first, second = members(place)
    for own, other in ((first, second), (second, first)):
        bare_tunnel(place, way, "lan", own, other)
        device(own)
    reach(place)


def bare_tunnel(place: World, way: str, name: str, own: str, other: str) -> None:
    """One end of a tunnel between two hosts: from a TAP, or from the guest that comes to a socket's path."""
    place.start([str(place.build / "bare-tunnel"), way, name, outer(own), outer(other), "4790"], own)


def vxvde(place: World) -> None:
    """A plug from a TAP to VDE's distributed VXLAN."""
    need("vde_plug")
    for host in members(place):
        place.start(["vde_plug", "tap://lan", f"vxvde://{GROUP}/v4/if=eth0"], host)
        device(host)
    reach(place)


def tinc(place: World) -> None:
    """tinc as a switch, without cipher, digest and compression."""
    need("tincd")
    names = members(place)
    directories = {host: place.directory / f"tinc-{host}" for host in names}
    for host, directory in directories.items():
        (directory / "hosts").mkdir(parents=True)
        (directory / "tinc.conf").write_text(
            f"Name = {host}\nMode = switch\nDeviceType = tap\nInterface = lan\nPingInterval = 3600\n"
            + "".join(f"ConnectTo = {other}\n" for other in names if other < host))
        (directory / "hosts" / host).write_text(
            f"Address = {outer(host)}\nCipher = none\nDigest = none\nCompression = 0\nPMTUDiscovery = no\n")
        run(["tincd", "--config", str(directory), "--generate-keys=1024"])
    for host, directory in directories.items():
        for other in names:
            if other != host:
                shutil.copy(directories[other] / "hosts" / other, directory / "hosts" / other)
        place.start(["tincd", "--config", str(directory), "--no-detach", f"--pidfile={directory}/pid",
                     f"--logfile={directory}/log"], host)
        device(host)
    reach(place)


def n2n(place: World) -> None:
    """n2n's edges; host a has the supernode, too. Debian's version compresses and enciphers whatever it is told."""
    for program in ("edge", "supernode", "ifconfig"):
        need(program)
    place.start(["supernode", "-l", "7654"], "a")
    for host in members(place):
        place.start(["edge", "-d", "lan", "-a", address(host), "-c", "bench", "-k", "bench", "-l", f"{outer('a')}:7654",
                     "-M", str(MTU), "-m", f"02:00:00:00:00:0{number(host)}", "-u", "0", "-g", "0", "-r"], host)
    reach(place)


def vde_switches(place: World) -> tuple[list[pathlib.Path], list[int]]:
    """A vde_switch for each host, plugged to VDE's distributed VXLAN: their directories, and all processes."""
    need("vde_plug")
    directories, processes = [], []
    for host in members(place):
        # Outside of the host: its clients' sockets have abstract names, which end at a network namespace.
        switch = vde()(place, ())
        directory = pathlib.Path(switch.ways[0].removeprefix("vde:"))
        plug = place.start(["vde_plug", f"vde://{directory}", f"vxvde://{GROUP}/v4/if=eth0"], host)
        directories.append(directory)
        processes += [*switch.processes, plug.pid]
    return directories, processes
