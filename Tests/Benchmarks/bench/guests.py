"""Guests of User Mode Linux, booted with the initrd of Tests/Hosts."""

import pathlib
import subprocess

from .rows import Figures
from .switches import need
from .traffic import values
from .world import World, run, wait_for

HERE = pathlib.Path(__file__).resolve().parent
INIT = HERE.parents[1] / "Hosts" / "guest"


class Guest:
    """A guest with one interface, `vec0`. Runs commands of the host, see Tests/Hosts/guest/init."""

    def __init__(self, place: World, name: str, door: pathlib.Path, address: str, host: str | None = None) -> None:
        self.shared = place.directory / name
        self.shared.mkdir()
        (self.shared / "setup").write_text(
            f"ip address add {address} broadcast + dev vec0 && ip link set vec0 mtu 1400 up\n")
        self.log = self.shared / "log"
        with open(self.log, "wb") as log:
            self.process = place.start(
                ["linux.uml", f"vec0:transport=bess,dst={door}", "mem=64M", "root=/dev/ram0", f"initrd={initrd(place)}",
                 "rdinit=/init", "quiet", f"umbel.shared={self.shared}", f"uml_dir={self.shared}", f"umid={name}",
                 "con0=null,fd:1", "con1=fd:0,null", "con=null", "ssl=null"],
                host, stdin=subprocess.PIPE, stdout=log, env={"PATH": "/usr/bin:/bin", "TMPDIR": str(place.directory)})
        self.commands = 0

    def up(self) -> None:
        """Waits until it has booted and has its address."""
        wait_for(lambda: b"UMBEL-GUEST: ready" in self.log.read_bytes(), 60)

    def start(self, command: str) -> str:
        """Starts a line of shell in the guest; its name, for `end`."""
        self.commands += 1
        name = f"c{self.commands}"
        (self.shared / f"{name}.do").write_text(command)
        assert self.process.stdin is not None
        self.process.stdin.write(f"{name}\n".encode())
        self.process.stdin.flush()
        return name

    def end(self, name: str, seconds: float = 60) -> str:
        """Waits for a command's end and returns what it printed; raises when it failed."""
        wait_for((self.shared / f"{name}.rc").exists, seconds)
        printed = (self.shared / f"{name}.out").read_text()
        if (self.shared / f"{name}.rc").read_text().strip() != "0":
            raise RuntimeError(f"a guest's command failed: {printed}")
        return printed


def initrd(place: World) -> pathlib.Path:
    path = place.directory / "initrd"
    if not path.exists():
        root = place.directory / "root"
        for name in ("bin", "dev", "proc", "shared", "sys", "tmp"):
            (root / name).mkdir(parents=True)
        run(["cp", "/bin/busybox", str(root / "bin" / "busybox")])
        (root / "bin" / "sh").symlink_to("busybox")
        run(["gcc", "-O2", "-static", "-o", str(root / "init"), str(INIT / "first-fork.c")])
        run(["gcc", "-O2", "-static", "-o", str(root / "bin" / "guest-stream"), str(HERE / "guest-stream.c")])
        run(["install", "-m", "755", str(INIT / "init"), str(root / "init.sh")])
        run(["sh", "-c", f"cd {root} && find . | cpio --quiet -o -H newc >{path}"])
    return path


def transfer(source: Guest, target: Guest, address: str, seconds: float = 3) -> Figures:
    """TCP from one guest to another: Gb/s by the receiver's clock."""
    listener = target.start("guest-stream receive")
    target.end(target.start("until netstat -lnt | grep -q ':5001 '; do :; done"))
    source.end(source.start(f"guest-stream send {address} {seconds}"))
    received = values(target.end(listener))
    return {"rate": received["bytes"] * 8 / received["seconds"] / 1e9}


def pair(place: World, first: tuple[pathlib.Path, str | None], second: tuple[pathlib.Path, str | None]) -> Figures:
    """Boots two guests, each at a door and on a host, and sends from one to the other."""
    for program in ("linux.uml", "busybox", "cpio", "gcc"):
        need(program)
    guests = [Guest(place, f"g{index}", door, f"10.2.0.{index}/24", host)
              for index, (door, host) in enumerate((first, second), 1)]
    for guest in guests:
        guest.up()
    guests[0].end(guests[0].start("until ping -c 1 -W 1 10.2.0.2; do :; done"))
    return transfer(guests[0], guests[1], "10.2.0.2")
