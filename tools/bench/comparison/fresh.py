"""A mesh of one's own: a folder on a real disk, started, and ended again whatever happens."""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Iterator

from comparison import machine, servers


def checked_folder(data: pathlib.Path | None, name: str) -> pathlib.Path:
    """The folder that was named, or a temporary one. Ends the program where it is not empty or not on a disk."""
    folder = (data or pathlib.Path(tempfile.mkdtemp(prefix=f"ordermesh-{name}-", dir="/var/tmp"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if machine.is_in_memory(folder) or any(folder.iterdir()):
        sys.exit(f"{folder} is not an empty folder on a disk")
    return folder


def build_folder(root: pathlib.Path) -> pathlib.Path:
    """Where the programs are."""
    return pathlib.Path(os.environ.get("ORDERMESH_BUILD", root / "build")).resolve()


def warn_where_busy() -> None:
    """Says so where others use the machine: nothing of ours may run yet."""
    busy = machine.busy_percent(1)
    if busy > machine.MOST_BUSY_PERCENT:
        servers.say(f"others use {busy:.0f} % of this machine: the figures will be lower than they should, and noisy")


@contextlib.contextmanager
def mesh(
    root: pathlib.Path, data: pathlib.Path | None, port: int, environment: dict[str, str], name: str
) -> Iterator[servers.Mesh]:
    """A started mesh with nothing in it. Its data is deleted unless something fails. Raises Unavailable."""
    folder = checked_folder(data, name)
    started = servers.Mesh(servers.Setting(root, build_folder(root), folder, port, environment))
    try:
        started.install()
        started.start()
        yield started
    except BaseException:
        servers.say(f"logs are in {folder}")
        raise
    finally:
        started.stop()
    shutil.rmtree(folder)
