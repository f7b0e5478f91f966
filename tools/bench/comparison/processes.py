"""What a system's processes cost: CPU time and bytes written of whole process trees, from /proc."""

import dataclasses
import os
import pathlib
import time

PROC = pathlib.Path("/proc")


@dataclasses.dataclass(frozen=True)
class Usage:
    """Since the processes began: CPU time in microseconds and bytes that they sent to the disk."""

    cpu_micros: float = 0
    bytes_written: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu_micros + other.cpu_micros, self.bytes_written + other.bytes_written)

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu_micros - other.cpu_micros, self.bytes_written - other.bytes_written)


def parse_stat(text: str, ticks_per_second: int) -> tuple[int, float]:
    """The parent's pid, and the CPU time in microseconds of the process and of its children that have ended."""
    # The program's name is in parentheses and may hold anything; the state is the first field after it.
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), sum(map(int, fields[11:15])) * 1e6 / ticks_per_second


def parse_io(text: str) -> int:
    """Bytes that the process, and its children that have ended, caused to be written to the disk."""
    counts = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return int(counts["write_bytes"])


def _stats(proc: pathlib.Path) -> dict[int, tuple[int, float]]:
    """Of every living process: its parent, its CPU time."""
    ticks = os.sysconf("SC_CLK_TCK")
    stats = {}
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stats[int(entry.name)] = parse_stat((entry / "stat").read_text(), ticks)
        except OSError:
            continue  # It has ended.
    return stats


def tree(roots: list[int], parents: dict[int, int]) -> set[int]:
    """The roots that live and all that descend from them."""
    members = {pid for pid in roots if pid in parents}
    while more := {pid for pid, parent in parents.items() if parent in members} - members:
        members |= more
    return members


def usage_of(roots: list[int], proc: pathlib.Path = PROC) -> Usage:
    """The sum over the trees below these pids. What ended meanwhile is counted by its parent."""
    stats = _stats(proc)
    total = Usage()
    for pid in tree(roots, {pid: parent for pid, (parent, _) in stats.items()}):
        try:
            written = parse_io((proc / str(pid) / "io").read_text())
        except (OSError, KeyError):
            written = 0
        total += Usage(stats[pid][1], written)
    return total


def wait_until_quiet(roots: list[int], most_seconds: float, busy: float = 0.03, poll: float = 0.25) -> None:
    """Waits until the trees use less than `busy` of one core, at most so long: what a system does behind its answers
    (flushes, compaction, checkpoints) belongs to its own cost and must not disturb the next one."""
    deadline = time.monotonic() + most_seconds
    before = usage_of(roots)
    while time.monotonic() < deadline:
        time.sleep(poll)
        after = usage_of(roots)
        if after.cpu_micros - before.cpu_micros < busy * poll * 1e6:
            return
        before = after
