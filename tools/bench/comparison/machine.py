"""Which machine this is, and which commit."""

import os
import pathlib
import subprocess
import time

# Above this, others have so much of the processors that ratios differ by more than the gate allows.
MOST_BUSY_PERCENT = 15


def kind(cpuinfo: str | None = None, cores: int | None = None) -> str:
    """The processor and how many there are: figures of one kind may be compared."""
    text = pathlib.Path("/proc/cpuinfo").read_text() if cpuinfo is None else cpuinfo
    models = [line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name")]
    model = " ".join(models[0].split()) if models else "unknown processor"
    return f"{cores or os.cpu_count()} x {model}"


def commit(root: pathlib.Path) -> str:
    """Of the checkout, with + where it was changed."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
        ).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain") else "")


def is_in_memory(folder: pathlib.Path) -> bool:
    """Whether files there never reach a disk."""
    done = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=True)
    return done.stdout.strip() in ("tmpfs", "ramfs")


def busy_between(before: str, after: str) -> float:
    """Percent of all processors that was used between two readings of /proc/stat."""

    def times(text: str) -> tuple[int, int]:
        # user, nice, system, idle, iowait, irq, softirq, steal; guests are in user and nice.
        numbers = [int(word) for word in text.splitlines()[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]

    (all_before, idle_before), (all_after, idle_after) = times(before), times(after)
    passed = all_after - all_before
    return 100 * (1 - (idle_after - idle_before) / passed) if passed > 0 else 0


def busy_percent(seconds: float = 2) -> float:
    """How busy others keep this machine now: nothing of ours may run."""
    stat = pathlib.Path("/proc/stat")
    before = stat.read_text()
    time.sleep(seconds)
    return busy_between(before, stat.read_text())
