"""Network namespaces and processes of one measurement: made for it, gone after it."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
from typing import Iterator


# Frames that a Unix datagram socket queues. Every host that systemd has started has this; in a new network it is the
# kernel's 10, with which vde_switch loses most frames and uml_switch carries two thirds.
DATAGRAM_QUEUE = 512


class World:
    """Hosts (network namespaces) and the processes on them. Everything ends with `close`."""

    def __init__(self, build: pathlib.Path) -> None:
        self.build = build
        # In contrib/bench's own /run, so that whatever ends a run, nothing is left.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="bench.", dir="/run"))
        self.datagram_queue = DATAGRAM_QUEUE
        self.hosts: list[str] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.set_datagram_queue(None)

    def host(self, name: str) -> str:
        """A network namespace with `lo` up."""
        run(["ip", "netns", "add", name])
        self.hosts.append(name)
        self.set_datagram_queue(name)
        run(["ip", "-n", name, "link", "set", "lo", "up"])
        return name

    def set_datagram_queue(self, host: str | None) -> None:
        run(["sysctl", "-qw", f"net.unix.max_dgram_qlen={self.datagram_queue}"], host)

    def wire(self, first: str, second: str, name: str = "eth0", mtu: int = 1500) -> None:
        """A veth pair between two hosts, called the same on both; the MTU in bytes."""
        run(["ip", "link", "add", name, "mtu", str(mtu), "netns", first, "type", "veth",
             "peer", "name", name, "mtu", str(mtu), "netns", second])
        for host in (first, second):
            run(["ip", "-n", host, "link", "set", name, "up"])

    def start(self, command: list[str], host: str | None = None, **options) -> subprocess.Popen[bytes]:
        """A process in the background, in a session of its own, on a host; ended with the world."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", open(self.directory / "log", "ab"))
        options.setdefault("stderr", subprocess.STDOUT)
        process = subprocess.Popen(on(host, command), start_new_session=True, **options)
        self.processes.append(process)
        return process

    def agent(self, name: str, configuration: str, host: str | None = None, prefix: tuple[str, ...] = ()
              ) -> tuple[subprocess.Popen[bytes], pathlib.Path]:
        """umbeld, ready; with its runtime directory. The prefix is put before its command, such as "taskset"."""
        directory = self.directory / name
        directory.mkdir()
        (directory / "umbel.yaml").write_text(configuration)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(directory / "manager"))
            manager.settimeout(10)
            process = self.start(
                [*prefix, str(self.build / "umbeld"), "--config", str(directory / "umbel.yaml"),
                 "--runtime-dir", str(directory)],
                host, env={**os.environ, "NOTIFY_SOCKET": str(directory / "manager")})
            try:
                while b"READY=1" not in manager.recv(65_536):
                    pass
            except TimeoutError:
                raise RuntimeError(f"umbeld is not ready: {(self.directory / 'log').read_text()}") from None
        return process, directory

    def close(self) -> None:
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for host in self.hosts:
            run(["ip", "netns", "delete", host])
        subprocess.run(["rm", "-rf", str(self.directory)], check=False)


@contextlib.contextmanager
def world(build: pathlib.Path) -> Iterator[World]:
    """A world for the length of a block."""
    made = World(build)
    try:
        yield made
    finally:
        made.close()


def on(host: str | None, command: list[str]) -> list[str]:
    """A command in a host's network."""
    return command if host is None else ["nsenter", f"--net=/run/netns/{host}", "--", *command]


def run(command: list[str], host: str | None = None, seconds: float = 120) -> str:
    """Runs a command to its end and returns what it prints; raises when it fails."""
    result = subprocess.run(
        on(host, command), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=seconds)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip() or result.stdout.strip()}")
    return result.stdout


def wait_for(condition, seconds: float = 10) -> None:
    """Waits until a condition holds; raises when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("what was waited for did not come")
        time.sleep(0.02)


def cpu_seconds(pid: int) -> float:
    """CPU time that all threads of a process have used: its clock, see clock_getcpuclockid(3)."""
    return time.clock_gettime((~pid) << 3 | 2)


def machine_cpu_seconds() -> float:
    """CPU time that the whole machine has used, the kernel's for others included: user, nice, system, irq, softirq."""
    fields = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / os.sysconf("SC_CLK_TCK")
