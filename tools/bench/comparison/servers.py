"""What is measured: servers that are installed, started, loaded and ended again. The mesh and the limit are here, the
peers in peers.py."""

import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from comparison import loads, processes
from comparison.figures import LIMIT, MESH, Sample

READY_SECONDS = 90
END_SECONDS = 30
# A load that hangs is ended so much later than it should have been.
LOAD_GRACE_SECONDS = 120


class Unavailable(Exception):
    """A system cannot be measured here; the text says why."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """Where a comparison runs."""

    root: pathlib.Path
    build: pathlib.Path
    data: pathlib.Path
    # The mesh takes 36 ports from here, the others 50 to 54.
    port: int
    # Besides what it is started with anyway.
    mesh_environment: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class System:
    """One row of the table."""

    name: str
    modes: tuple[str, ...]
    # What its verdict means, beside what the probe finds out.
    promise: str


def say(text: str) -> None:
    """Progress, for people."""
    print(text, file=sys.stderr, flush=True)


class Server:
    """Processes of one kind that serve one or more systems."""

    systems: tuple[System, ...] = ()
    # How it is set up and loaded, in words.
    settings = ""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._processes: list[subprocess.Popen] = []

    def install(self) -> None:
        """Makes the programs available. Raises Unavailable."""

    def start(self) -> None:
        """Returns when it takes orders. Raises Unavailable."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends what start started, and nothing else."""
        for process in self._processes:
            end(process)
        self._processes = []

    def roots(self) -> list[int]:
        """The pids whose trees are the server."""
        return [process.pid for process in self._processes]

    def version(self) -> str:
        """For the page."""
        return ""

    def command(self, system: str, mode: str, seconds: float) -> list[str]:
        """The load: a program that prints what ordermesh-bench -o json prints."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Of every program that is run, the loads included."""
        personal = ("ORDERMESH_PROFILE", "ORDERMESH_ADDRESS", "ORDERMESH_API_KEY", "ORDERMESH_TOKEN")
        return {name: value for name, value in os.environ.items() if name not in personal}

    def spawn(self, arguments: list[str], log: str, **options) -> None:
        """Starts a process of the server, in a session of its own, its output in a file."""
        with open(self.setting.data / f"{log}.log", "ab") as output:
            try:
                self._processes.append(
                    subprocess.Popen(
                        arguments,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                        env=self.environment(),
                        **options,
                    )
                )
            except OSError as error:
                raise Unavailable(f"{arguments[0]}: {error.strerror}") from error

    def wait_ready(self, is_ready) -> None:
        """Waits until is_ready() holds. Raises Unavailable where a process ends or time runs out."""
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready():
            if any(process.poll() is not None for process in self._processes) or time.monotonic() > deadline:
                raise Unavailable(f"it did not get ready; its log is in {self.setting.data}")
            time.sleep(0.1)

    def measure(self, system: str, mode: str, number: int, seconds: float, settle_seconds: float) -> Sample:
        """Loads the system once. What it does until it is quiet again counts. Raises Unavailable where an order
        fails."""
        roots = self.roots()
        before = processes.usage_of(roots)
        report = self.run_load(self.command(system, mode, seconds), seconds)
        processes.wait_until_quiet(roots, settle_seconds)
        used = processes.usage_of(roots) - before
        if self.roots() != roots or used.cpu_micros <= 0:
            raise Unavailable("a server ended under load")
        return sample_of(system, mode, number, report, used)

    def run_load(self, arguments: list[str], seconds: float, may_fail: bool = False) -> dict:
        """Runs a load program and gives its report; where it may fail, also the report of one that says so."""
        try:
            done = subprocess.run(
                arguments,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=seconds + LOAD_GRACE_SECONDS,
                env=self.environment(),
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"the load did not run: {error}") from error
        if done.returncode != 0 and not (may_fail and done.returncode == 1):
            raise Unavailable(f"the load failed: {last_line(done.stderr)}")
        return json.loads(done.stdout)


def sample_of(system: str, mode: str, number: int, report: dict, used: processes.Usage) -> Sample:
    """What a load's report and its servers' use come to."""
    if report["verdicts"] == 0 or report["failed"] > 0:
        raise Unavailable(f"{report['failed']} orders failed, {report['verdicts']} were taken")
    return Sample(
        system,
        mode,
        number,
        report["ordersPerSecond"],
        used.cpu_micros / report["verdicts"],
        report["latencyMs"]["p50"],
        report["latencyMs"]["p99"],
        used.bytes_written / report["verdicts"],
    )


def last_line(text: str) -> str:
    """What a program said last."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


def end(process: subprocess.Popen, first: signal.Signals = signal.SIGTERM) -> None:
    """Asks a process to end. Whatever of its session is there afterwards is killed."""
    if process.poll() is None:
        process.send_signal(first)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def listens(port: int) -> bool:
    """Whether somebody listens on this port here."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def must_be_free(port: int) -> None:
    """Raises Unavailable where somebody else listens: they would be measured instead."""
    if listens(port):
        raise Unavailable(f"port {port} is taken by somebody else (--port moves them)")


def run_tool(setting: Setting, arguments: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a program of the project to its end. Raises Unavailable with its last two lines: one that cleans up after a
    failure says so behind its reason."""
    done = subprocess.run(
        arguments,
        cwd=setting.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Unavailable("; ".join(lines[-2:]) or "it said nothing")


def build(setting: Setting, programs: list[str]) -> None:
    """Builds the programs unless all are there. Raises Unavailable."""
    if all((setting.build / "bin" / program).exists() for program in programs):
        return
    say(f"building {', '.join(programs)}")
    run_tool(setting, ["tools/setup"])
    run_tool(setting, ["cmake", "--preset", "dev", "-B", str(setting.build)])
    run_tool(setting, ["cmake", "--build", str(setting.build), "--target", *programs])


class Mesh(Server):
    """The mesh as tools/up starts it, in a data folder of its own."""

    systems = (
        System(
            MESH,
            ("batch", "single", "rest", "json"),
            "rules checked, verdict with order or error id, query indexes, counters, mTLS on every hop",
        ),
    )
    settings = (
        "as tools/up starts it; 4 streams with 2,048 unanswered orders each (batch, json), 64 calls at a time "
        "(single), 64 connections (rest)"
    )

    def environment(self) -> dict[str, str]:
        return super().environment() | {
            "ORDERMESH_DATA": str(self.setting.data / "mesh"),
            "ORDERMESH_BUILD": str(self.setting.build),
            "ORDERMESH_HTTP_PORT": str(self.setting.port),
            "ORDERMESH_GRPC_PORT": str(self.setting.port + 1),
        }

    def install(self) -> None:
        services = ("feed", "validation", "order-store", "error-store", "partners", "gateway")
        build(self.setting, ["ordermesh", "ordermesh-bench", *(f"ordermesh-{service}" for service in services)])

    def start(self) -> None:
        run_tool(
            self.setting,
            ["tools/up", "--detach", "--no-demo", "--no-build"],
            self.environment() | self.setting.mesh_environment,
        )

    def stop(self) -> None:
        run_tool(self.setting, ["tools/down", "--quiet"], self.environment())

    def roots(self) -> list[int]:
        return list(self.pids().values())

    def pids(self) -> dict[str, int]:
        """The service processes that run, by name."""
        files = sorted((self.setting.data / "mesh" / "run").glob("ordermesh-*.pid"))
        return {file.stem.removeprefix("ordermesh-"): int(file.read_text().split()[0]) for file in files}

    def port_of(self, service: str) -> int:
        """Where its API is, as tools/lib/mesh.sh numbers them."""
        services = ("feed", "validation", "order-store", "error-store", "partners", "gateway")
        return self.setting.port + 10 + services.index(service)

    def command(self, system: str, mode: str, seconds: float) -> list[str]:
        return self.bench(loads.flags(mode, seconds))

    def bench(self, arguments: list[str]) -> list[str]:
        """ordermesh-bench with these arguments."""
        return [str(self.setting.build / "bin/ordermesh-bench"), *arguments]


class Limit(Server):
    """ordermesh-limit: one process, a bare gRPC stream into RocksDB."""

    systems = (System(LIMIT, ("batch", "single"), "no rules, no queries, no TLS: what one hop and one sync cost"),)
    settings = "one process; three rows an order, one sync for all that waits; loaded as the mesh is"

    def install(self) -> None:
        build(self.setting, ["ordermesh-limit", "ordermesh-bench"])

    def start(self) -> None:
        port = self.setting.port + 50
        must_be_free(port)
        self.spawn(
            [
                str(self.setting.build / "bin/ordermesh-limit"),
                "--listen",
                f"127.0.0.1:{port}",
                "--data",
                str(self.setting.data / "limit"),
            ],
            "limit",
        )
        self.wait_ready(lambda: listens(port))

    def command(self, system: str, mode: str, seconds: float) -> list[str]:
        way = {
            "batch": ["--streams", "4", "--batch", str(loads.BATCH), "--window", "2048"],
            "single": ["--mode", "unary", "--streams", str(loads.SINGLE_IN_FLIGHT)],
        }[mode]
        return [
            str(self.setting.build / "bin/ordermesh-bench"),
            "-o",
            "json",
            "--seconds",
            str(seconds),
            "--direct",
            "--insecure",
            "--feed",
            f"127.0.0.1:{self.setting.port + 50}",
            "--shape",
            "typed",
            *way,
        ]
