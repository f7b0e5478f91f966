"""One run of a comparison: everything started, measured round by round, and ended."""

import argparse
import dataclasses
import datetime
import os
import pathlib
import shutil
import sys
import tempfile
from typing import Callable

from comparison import figures, machine, page, peers, servers

SERVERS = (servers.Mesh, servers.Limit, peers.Postgres, peers.Redis, peers.Kafka, peers.Nats)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is measured, and how long."""

    root: pathlib.Path
    systems: list[str]
    modes: list[str]
    rounds: int
    # Of a load in batches; one by one it is three quarters of that.
    seconds: float
    warm_up_seconds: float
    # The longest wait after a load until the system is quiet.
    settle_seconds: float
    port: int
    # None is a temporary folder.
    data: pathlib.Path | None = None
    mesh_environment: dict[str, str] = dataclasses.field(default_factory=dict)

    def seconds_of(self, mode: str) -> float:
        """How long a load in this mode takes."""
        return self.seconds if mode in ("batch", "json") else self.seconds * 0.75


def system_names() -> list[str]:
    """All that can be measured, in the order in which it is."""
    return [system.name for server in SERVERS for system in server.systems]


def name_and_value(text: str) -> tuple[str, str]:
    """NAME=VALUE of the command line."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text} is not NAME=VALUE")
    return name, value


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """What compare and gate both understand."""
    parser.add_argument("--port", type=int, default=18600, help="first of 56 ports on 127.0.0.1 (default 18600)")
    parser.add_argument(
        "--data", type=pathlib.Path, help="an empty folder on a real disk (default: a temporary one in /var/tmp)"
    )
    parser.add_argument(
        "--mesh-env",
        type=name_and_value,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="start the mesh's processes with this in their environment, to see what it changes; repeatable",
    )


class Comparison:
    """The state of one run."""

    def __init__(self, plan: Plan, setting: servers.Setting) -> None:
        self.plan = plan
        self.wanted = [
            server(setting) for server in SERVERS if any(system.name in plan.systems for system in server.systems)
        ]
        self.running: list[servers.Server] = []
        self.samples: list[figures.Sample] = []
        self.probes: dict[str, dict[str, bool]] = {}
        self.versions: dict[str, str] = {}
        self.absent: dict[str, str] = {}

    def systems_of(self, server: servers.Server) -> list[servers.System]:
        """What is measured of a server."""
        return [
            system for system in server.systems if system.name in self.plan.systems and system.name not in self.absent
        ]

    def give_up(self, names: list[str], why: Exception) -> None:
        """These are not measured any more."""
        for name in names:
            self.absent[name] = str(why)
            servers.say(f"{name} is not measured: {why}")

    def start(self) -> None:
        """Installs and starts everything that can be."""
        for server in self.wanted:
            names = [system.name for system in self.systems_of(server)]
            servers.say(f"starting {', '.join(names)}")
            try:
                server.install()
                self.running.append(server)
                server.start()
                if isinstance(server, peers.Peer):
                    self.probes |= {name: server.probe(name) for name in names}
                self.versions |= {name: server.version() for name in names}
            except servers.Unavailable as error:
                self.give_up(names, error)

    def load(self, number: int, seconds_of: Callable[[str], float], settle_seconds: float) -> list[figures.Sample]:
        """Every system in turn, in every mode that it has."""
        taken = []
        for server in self.running:
            for system in self.systems_of(server):
                for mode in (mode for mode in system.modes if mode in self.plan.modes):
                    try:
                        taken.append(server.measure(system.name, mode, number, seconds_of(mode), settle_seconds))
                    except servers.Unavailable as error:
                        self.give_up([system.name], error)
                        break
                    servers.say(
                        f"round {number}: {system.name}, {mode}: {taken[-1].orders_per_second:,.0f} orders/s, "
                        f"{taken[-1].cpu_micros_per_order:.1f} us CPU an order"
                    )
        return taken

    def run(self) -> None:
        """Starts, warms up, measures. A system that fails in between is absent from all figures."""
        self.start()
        servers.say("warming up")
        self.load(0, lambda mode: self.plan.warm_up_seconds, 0)
        for number in range(1, self.plan.rounds + 1):
            self.samples += self.load(number, self.plan.seconds_of, self.plan.settle_seconds)
        self.samples = [sample for sample in self.samples if sample.system not in self.absent]

    def stop(self) -> None:
        """Ends what was started."""
        for server in reversed(self.running):
            try:
                server.stop()
            except servers.Unavailable as error:
                servers.say(f"a server did not end: {error}")

    def result(self) -> page.Run:
        """What was found out."""
        return page.Run(
            datetime.date.today().isoformat(),
            machine.commit(self.plan.root),
            "tools/bench/compare",
            machine.kind(),
            {mode: self.plan.seconds_of(mode) for mode in figures.MODES},
            self.plan.rounds,
            figures.aggregate(self.samples),
            figures.limit_ratios(self.samples),
            self.probes,
            self.absent,
            self.versions,
        )


def compare(plan: Plan) -> Comparison:
    """Carries out the plan in a folder of its own, which is deleted afterwards unless something failed."""
    build = pathlib.Path(os.environ.get("ORDERMESH_BUILD", plan.root / "build")).resolve()
    data = plan.data or pathlib.Path(tempfile.mkdtemp(prefix="ordermesh-compare-", dir="/var/tmp"))
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    if machine.is_in_memory(data) or any(data.iterdir()):
        sys.exit(f"{data} is not an empty folder on a disk")
    # PostgreSQL runs as a user of its own and must reach its folder.
    data.chmod(0o755)
    comparison = Comparison(plan, servers.Setting(plan.root, build, data, plan.port, plan.mesh_environment))
    busy = machine.busy_percent(1)
    if busy > machine.MOST_BUSY_PERCENT:
        servers.say(f"others use {busy:.0f} % of this machine: the figures will be lower than they should, and noisy")
    try:
        comparison.run()
    finally:
        comparison.stop()
        if comparison.absent:
            servers.say(f"logs are in {data}")
        else:
            shutil.rmtree(data)
    return comparison
