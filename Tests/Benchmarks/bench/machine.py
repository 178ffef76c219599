"""What a run was made on."""

import datetime
import os
import pathlib
import platform
import subprocess

PACKAGES = ("vde2", "vdeplug", "uml-utilities", "openvswitch-switch", "tinc", "n2n", "iperf3")


def facts(build: pathlib.Path, rounds: int, note: str) -> dict[str, str]:
    """Kernel, processor, date, and the versions of all that is compared."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": f"{len(os.sched_getaffinity(0))} × {processor()}",
        "tcp": pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
        "rounds": f"{rounds}{note}",
        "umbel": output([str(build / "umbeld"), "--version"]) or "unknown",
        "peers": ", ".join(f"{package} {version}" for package in PACKAGES if (version := version_of(package))),
    }


def processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def version_of(package: str) -> str:
    """The version of an installed Debian package; empty: it is not installed, or this is no Debian."""
    return output(["dpkg-query", "-W", "-f", "${Version}", package])


def output(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
