"""Which machine this is, and which commit."""

import os
import pathlib
import subprocess


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
