"""What orders cost while a mesh grows: everything that is measured at one size."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import time

from comparison import loads, measured, processes, servers
from comparison.measured import Load, Verdict

STORES = ("order-store", "error-store")
# Orders a second that a mesh takes at least, for the time that filling may take.
SLOWEST_FILL = 5_000
READ_SECONDS = 3_600
MOST_READY_SECONDS = 300


@dataclasses.dataclass(frozen=True)
class Times(measured.Times):
    """How long each size is measured, and how many calls of each list."""

    calls: int


@dataclasses.dataclass(frozen=True)
class Memory:
    """Of one process, in MiB: the most that was resident, and what the kernel cannot take back."""

    peak: float
    kept: float


@dataclasses.dataclass(frozen=True)
class Size:
    """What a mesh with so many orders does, beside an empty one in the same minutes."""

    stored: int
    grown: Load
    empty: Load
    # p99 of both in an open loop at half of what the empty one takes.
    grown_p99_ms: float
    empty_p99_ms: float
    memory: dict[str, Memory]
    disk_bytes_per_order: float
    watch_per_second: float
    # Of the order-store, an order.
    watch_cpu_micros: float
    # p99 of lists, by what they are of.
    list_p99_ms: dict[str, float]
    # From kill -9 until the order-store answers again, and until it takes the next order.
    ready_seconds: float
    taking_seconds: float

    @property
    def rate_percent(self) -> float:
        """Orders a second, in percent of the empty mesh's."""
        return 100 * self.grown.orders_per_second / self.empty.orders_per_second

    @property
    def p99_ratio(self) -> float:
        """How many times as long."""
        return self.grown_p99_ms / self.empty_p99_ms if self.empty_p99_ms > 0 else 0


def parse_status(text: str) -> Memory:
    """From /proc/PID/status. Pages of files can be dropped at any time; anonymous and shared ones cannot."""
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def mib(name: str) -> float:
        return int(fields[name].split()[0]) / 1024

    return Memory(mib("VmHWM"), mib("RssAnon") + mib("RssShmem"))


def memory_of(pid: int) -> Memory:
    """Of a living process."""
    return parse_status((processes.PROC / str(pid) / "status").read_text())


def bytes_on_disk(folder: pathlib.Path) -> int:
    """What its files occupy; some may be deleted meanwhile."""
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            try:
                total += os.stat(os.path.join(parent, file)).st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def stored_orders(mesh: servers.Mesh) -> int:
    """How many there are."""
    stats = mesh.run_load([str(mesh.setting.build / "bin/ordermesh"), "orders", "stats", "-o", "json"], 60)
    return int(stats.get("totalCount", 0))


def fill(mesh: servers.Mesh, wanted: int, settle_seconds: float) -> None:
    """Stores typed orders until there are so many."""
    missing = wanted - stored_orders(mesh)
    if missing > 0:
        seconds = missing / SLOWEST_FILL
        mesh.run_load(mesh.bench(["-o", "json", *loads.FLAGS["batch"], "--orders", str(missing)]), seconds)
    processes.wait_until_quiet(mesh.roots(), settle_seconds)


def rates(grown: servers.Mesh, start_empty, times: Times) -> tuple[Load, Load, float, float]:
    """Both meshes in turn, the empty one made anew for each round: what they take in a closed loop, and their p99 in an
    open loop at half of what the empty one takes."""
    taken: dict[str, list[Load]] = {"empty": [], "grown": [], "empty half": [], "grown half": []}
    for number in range(1, times.rounds + 1):
        with start_empty() as empty:
            for mesh in (empty, grown):
                measured.take(mesh, "batch", times.warm_up_seconds, 0)
            for name, mesh in (("empty", empty), ("grown", grown)):
                taken[name].append(measured.take(mesh, "batch", times.seconds, times.settle_seconds))
            half = taken["empty"][-1].orders_per_second / 2
            for name, mesh in (("empty half", empty), ("grown half", grown)):
                taken[name].append(measured.take(mesh, "batch", times.seconds, times.settle_seconds, half))
        for name, all_taken in taken.items():
            servers.say(
                f"round {number}, {name}: {all_taken[-1].orders_per_second:,.0f} orders/s, "
                f"p99 {all_taken[-1].p99_ms:.1f} ms"
            )
    found = {name: measured.median(all_taken) for name, all_taken in taken.items()}
    return found["grown"], found["empty"], found["grown half"].p99_ms, found["empty half"].p99_ms


def read(mesh: servers.Mesh, *words: str) -> dict:
    """The report of ordermesh-bench that reads, straight at the order-store as the gateway does. Raises Unavailable
    where it read something wrong."""
    return mesh.run_load(mesh.bench(["-o", "json", "--direct", "--read", *words]), READ_SECONDS)


def kill_under_load(mesh: servers.Mesh, seconds: float) -> tuple[float, float]:
    """Ends the order-store with SIGKILL in the middle of a load. Seconds until it answers again, and until it takes the
    next order. Raises Unavailable where it does not, or where an order of the load gets no verdict."""
    load = subprocess.Popen(
        mesh.bench(loads.flags("batch", seconds)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=mesh.environment(),
    )
    try:
        time.sleep(seconds / 2)
        # It has been read when the kill comes: nothing waits for a program to be loaded.
        list_one = mesh.bench(["-o", "json", "--direct", "--read", "product", "--calls", "1", "--wait", "1"])
        send_one = mesh.bench(
            ["-o", "json", "--direct", "--orders", "1", "--batch", "1", "--streams", "1", "--wait", "60"]
        )
        pid = mesh.pids()["order-store"]
        killed = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        wait_for_answer(mesh, list_one, killed)
        ready = time.monotonic() - killed
        mesh.run_load(send_one, MOST_READY_SECONDS)
        taking = time.monotonic() - killed
        if load.wait(seconds + servers.LOAD_GRACE_SECONDS + ready) != 0:
            raise servers.Unavailable("orders of the load got no verdict after the kill")
    finally:
        load.kill()
        load.wait()
    return ready, taking


def wait_for_answer(mesh: servers.Mesh, command: list[str], since: float) -> None:
    """Until the program ends well. Whoever listens is asked: a store listens once it has read its log."""
    port = mesh.port_of("order-store")
    while time.monotonic() - since < MOST_READY_SECONDS:
        if servers.listens(port):
            try:
                mesh.run_load(command, 10)
                return
            except servers.Unavailable:
                pass
        time.sleep(0.01)
    raise servers.Unavailable(f"the order-store did not answer within {MOST_READY_SECONDS} s")


def measure(mesh: servers.Mesh, start_empty, times: Times) -> Size:
    """Everything at the size that the mesh has now. Raises Unavailable."""
    grown, empty, grown_p99_ms, empty_p99_ms = rates(mesh, start_empty, times)
    stored = stored_orders(mesh)
    on_disk = bytes_on_disk(mesh.setting.data / "mesh" / "order-store")
    watch = read(mesh, "watch")
    servers.say(f"watch: {watch['ordersPerSecond']:,.0f} orders/s")
    lists = {
        what: read(mesh, what, "--calls", str(times.calls))["latencyMs"]["p99"] for what in ("product", "customer")
    }
    servers.say("lists: " + ", ".join(f"{what} p99 {p99:.1f} ms" for what, p99 in lists.items()))
    pids = mesh.pids()
    memory = {store: memory_of(pids[store]) for store in STORES}
    ready, taking = kill_under_load(mesh, max(2, times.seconds))
    servers.say(f"ready {ready:.2f} s after the kill, taking orders after {taking:.2f} s")
    return Size(
        stored,
        grown,
        empty,
        grown_p99_ms,
        empty_p99_ms,
        memory,
        on_disk / stored,
        watch["ordersPerSecond"],
        next(used["cpuUsPerOrder"] for used in watch["processes"] if used["name"] == "ordermesh-order-store"),
        lists,
        ready,
        taking,
    )


def verdicts(name: str, size: Size) -> list[Verdict]:
    """Beside what is promised."""

    def most(figure: str, value: float, promised: float) -> Verdict:
        return Verdict(name, figure, value, promised, at_least=False)

    store = size.memory["order-store"]
    return [
        Verdict(name, "orders/s, % of an empty mesh's", size.rate_percent, 90),
        most("p99 at half load, times an empty mesh's", size.p99_ratio, 1.5),
        most("order-store, peak resident MiB", store.peak, 512),
        Verdict(name, "order-store, MiB that the kernel cannot take back", store.kept),
        most("error-store, peak resident MiB", size.memory["error-store"].peak, 512),
        Verdict(name, "bytes on disk an order", size.disk_bytes_per_order),
        most("seconds to Ready after kill -9 of the order-store", size.ready_seconds, 10),
        Verdict(name, "seconds until it takes orders again", size.taking_seconds),
        Verdict(name, "watch from zero, orders/s", size.watch_per_second, 500_000),
        Verdict(name, "watch from zero, us of the order-store's CPU an order", size.watch_cpu_micros),
        *(most(f"list by {what}, p99 ms", p99, 20) for what, p99 in size.list_p99_ms.items()),
    ]


def load_rows(sizes: dict[str, Size]) -> list[tuple[str, ...]]:
    """What the ratios are made of."""
    return [
        (
            f"{name}, {mesh}",
            measured.number(load.orders_per_second),
            f"{load.p99_ms:.1f}",
            f"{half:.1f}",
            *(f"{load.cpu_micros.get(service, 0):.1f}" for service in measured.SERVICES),
        )
        for name, size in sizes.items()
        for mesh, load, half in (("grown", size.grown, size.grown_p99_ms), ("empty", size.empty, size.empty_p99_ms))
    ]


LOAD_HEADINGS = ("mesh", "orders/s", "p99 ms", "p99 ms at half load", *(f"{name} us" for name in measured.SERVICES))
