"""How each switch of one host is started, fresh, and how the load generator joins it."""

import contextlib
import pathlib
import shutil
import subprocess
from dataclasses import dataclass
from typing import Callable, Iterator

from .rows import Missing
from .world import World, run, wait_for

# Starts a switch in an empty world; the words are put before its command, such as those of taskset.
Start = Callable[[World, tuple[str, ...]], "Switch"]

# What SO_SNDBUF of 4 MiB makes of a socket's buffer: the kernel doubles what is asked for.
RAISED_BYTES = 8 << 20
RAISED_QUEUE = 10_000
# A descriptor of the network namespace that contrib/bench was called in: net.core.*mem_default cannot be set in others.
MACHINE_NETWORK = 9


@dataclass(frozen=True)
class Switch:
    """A switch that runs."""

    # What umbel-load is told: the sender's way, and the receiver's where it is another.
    ways: tuple[str, ...]
    # Its processes; none where it is the kernel's.
    processes: tuple[int, ...] = ()
    # Where the load runs.
    host: str | None = None
    # Ways of further switches that work at once.
    others: tuple[str, ...] = ()


def need(program: str) -> None:
    if shutil.which(program) is None:
        raise Missing(f"{program} is not installed")


def umbel(options: str = "", lan: str = "", lans: int = 1, door: str = "bess", way: str = "seqpacket") -> Start:
    """umbeld with options of its own and of its LANs, one to a line, and clients by a door."""
    def start(place: World, prefix: tuple[str, ...]) -> Switch:
        lines = [*options.splitlines(), "lans:"]
        for number in range(lans):
            lines += [f"  bench{number}:", f"    doors: [{door}]", *(f"    {line}" for line in lan.splitlines())]
        agent, directory = place.agent("a", "\n".join(lines) + "\n", prefix=prefix)
        ways = tuple(f"{way}:{directory}/bench{number}/{door}" for number in range(lans))
        return Switch(ways[:1], (agent.pid,), others=ways[1:])
    return start


def bare(place: World, prefix: tuple[str, ...]) -> Switch:
    """The least that a learning switch in C can be: Tests/Benchmarks/bare-switch."""
    return listening(place, "bare", lambda path: [str(place.build / "bare-switch"), str(path)], "seqpacket", prefix)


def no_switch(place: World, prefix: tuple[str, ...]) -> Switch:
    """A socket pair."""
    return Switch(("pair",))


def vde(*options: str) -> Start:
    """vde_switch; 32 ports unless an option says more."""
    def start(place: World, prefix: tuple[str, ...]) -> Switch:
        need("vde_switch")
        return listening(place, "vde", lambda path: ["vde_switch", "-s", str(path), *options], "vde", prefix)
    return start


def uml(place: World, prefix: tuple[str, ...]) -> Switch:
    """uml_switch."""
    need("uml_switch")
    return listening(place, "uml", lambda path: ["uml_switch", "-unix", str(path)], "vde", prefix)


def listening(place: World, name: str, command: Callable[[pathlib.Path], list[str]], way: str,
              prefix: tuple[str, ...]) -> Switch:
    """A process with a socket. Its standard input stays open: vde_switch and uml_switch end with theirs."""
    path = place.directory / f"{name}{len(place.processes)}"
    process = place.start([*prefix, *command(path)], stdin=subprocess.PIPE)
    wait_for(lambda: str(path) in run(["ss", "-Hxl"]))
    return Switch((f"{way}:{path}",), (process.pid,))


def several(start: Start, count: int) -> Start:
    """The same switch, so many times."""
    def all_of_them(place: World, prefix: tuple[str, ...]) -> Switch:
        switches = [start(place, prefix) for _ in range(count)]
        ways = tuple(switch.ways[0] for switch in switches)
        return Switch(ways[:1], tuple(pid for switch in switches for pid in switch.processes), others=ways[1:])
    return all_of_them


def bridge(place: World, prefix: tuple[str, ...]) -> Switch:
    """The kernel's bridge with two TAPs, whose other ends the load generator holds."""
    host = place.host("bridge")
    run(["ip", "link", "add", "br0", "type", "bridge"], host)
    run(["ip", "link", "set", "br0", "mtu", "9202", "up"], host)
    return Switch(taps(host, lambda name: run(["ip", "link", "set", name, "master", "br0"], host)), host=host)


def open_vswitch(place: World, prefix: tuple[str, ...]) -> Switch:
    """Open vSwitch's user-space datapath with two TAPs, whose other ends the load generator holds."""
    for program in ("ovsdb-tool", "ovsdb-server", "ovs-vswitchd", "ovs-vsctl"):
        need(program)
    host = place.host("ovs")
    at = place.directory
    environment = ["env", f"OVS_RUNDIR={at}", f"OVS_DBDIR={at}", f"OVS_LOGDIR={at}"]
    run(["ovsdb-tool", "create", f"{at}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema"])
    place.start([*environment, "ovsdb-server", f"{at}/conf.db", f"--remote=punix:{at}/db.sock"], host)
    wait_for((at / "db.sock").is_socket)

    def configure(*words: str) -> None:
        run([*environment, "ovs-vsctl", f"--db=unix:{at}/db.sock", "--timeout=10", *words], host)

    configure("--no-wait", "init")
    process = place.start([*prefix, *environment, "ovs-vswitchd", f"unix:{at}/db.sock", "--disable-system"], host)
    configure("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev")
    return Switch(taps(host, lambda name: configure("add-port", "br0", name)), (process.pid,), host)


def taps(host: str, attach: Callable[[str], object]) -> tuple[str, ...]:
    """Two TAPs of a host, up, for frames of 9,216 bytes, attached to a switch."""
    for name in ("tap0", "tap1"):
        run(["ip", "tuntap", "add", name, "mode", "tap"], host)
        run(["ip", "link", "set", name, "mtu", "9202", "addrgenmode", "none", "up"], host)
        attach(name)
    return ("tap:tap0", "tap:tap1")


@contextlib.contextmanager
def raised_buffers(place: World) -> Iterator[None]:
    """Gives every socket that is made meanwhile, on the whole machine, the buffers that umbeld asks for, and every
    datagram socket of this world a queue of as many frames. What was set before is put back."""
    def set_machine(values: dict[str, str]) -> None:
        subprocess.run(
            ["nsenter", f"--net=/proc/self/fd/{MACHINE_NETWORK}", "sysctl", "-qw",
             *(f"{key}={value}" for key, value in values.items())], pass_fds=[MACHINE_NETWORK], check=True)

    before = {key: pathlib.Path("/proc/sys", key.replace(".", "/")).read_text().strip()
              for key in ("net.core.wmem_default", "net.core.rmem_default")}
    try:
        set_machine(dict.fromkeys(before, str(RAISED_BYTES)))
        place.datagram_queue = RAISED_QUEUE
        place.set_datagram_queue(None)
        yield
    except subprocess.CalledProcessError as error:
        raise Missing("the machine's socket buffers cannot be set") from error
    finally:
        set_machine(before)
