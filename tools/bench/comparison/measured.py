"""One load on a mesh, with what it cost each service; promises, and whether they are kept."""

import dataclasses
import statistics

from comparison import loads, processes, servers

# In the order of an order's way.
SERVICES = ("gateway", "feed", "validation", "order-store", "error-store", "partners")


@dataclasses.dataclass(frozen=True)
class Times:
    """How long something is measured."""

    rounds: int
    seconds: float
    warm_up_seconds: float
    settle_seconds: float


@dataclasses.dataclass(frozen=True)
class Load:
    """What a load found out."""

    seconds: float
    orders_per_second: float
    p50_ms: float
    p99_ms: float
    # Orders sent in a second; those answered RESOURCE_EXHAUSTED, and how long that answer took.
    sent_per_second: float
    refused: int
    refusal_p50_ms: float
    refusal_p99_ms: float
    # Without a verdict and not refused.
    lost: int
    # By service: CPU time of an order with what is done behind its answer, and the most memory until then.
    cpu_micros: dict[str, float]
    peak_mib: dict[str, float]

    @property
    def cpu_micros_per_order(self) -> float:
        """Of all services."""
        return sum(self.cpu_micros.values())


def take(mesh: servers.Mesh, load: str, seconds: float, settle_seconds: float, rate: float = 0) -> Load:
    """Loads the mesh once; what it does until it is quiet counts. Orders may be refused in an open loop only. Raises
    Unavailable."""
    pids = mesh.pids()

    def used() -> dict[str, float]:
        return {service: processes.usage_of([pid]).cpu_micros for service, pid in pids.items()}

    before = used()
    report = mesh.run_load(mesh.bench(loads.flags(load, seconds, rate)), seconds, may_fail=rate > 0)
    processes.wait_until_quiet(list(pids.values()), settle_seconds)
    after = used()
    if mesh.pids() != pids:
        raise servers.Unavailable("a service ended under load")
    return load_of(report, {service: after[service] - before[service] for service in pids})


def load_of(report: dict, cpu_micros: dict[str, float]) -> Load:
    """From the report of ordermesh-bench and the CPU time that each service used. Raises Unavailable without orders."""
    if report["verdicts"] == 0:
        raise servers.Unavailable(f"{report['failed']} orders failed, none was taken")
    refusal = report.get("refusalMs", {"p50": 0, "p99": 0})
    peaks = {used["name"].removeprefix("ordermesh-"): used["peakRssBytes"] for used in report["processes"]}
    return Load(
        report["seconds"],
        report["ordersPerSecond"],
        report["latencyMs"]["p50"],
        report["latencyMs"]["p99"],
        report["sent"] / report["seconds"],
        report["refused"],
        refusal["p50"],
        refusal["p99"],
        report["failed"] - report["refused"],
        {service: micros / report["verdicts"] for service, micros in cpu_micros.items()},
        {service: peaks[service] / 2**20 for service in cpu_micros if service in peaks},
    )


def median(taken: list[Load]) -> Load:
    """Of each figure; the largest of what may not happen and of memory."""

    def middle(name: str) -> float:
        return statistics.median(getattr(load, name) for load in taken)

    return Load(
        middle("seconds"),
        middle("orders_per_second"),
        middle("p50_ms"),
        middle("p99_ms"),
        middle("sent_per_second"),
        max(load.refused for load in taken),
        middle("refusal_p50_ms"),
        middle("refusal_p99_ms"),
        max(load.lost for load in taken),
        {name: statistics.median(load.cpu_micros[name] for load in taken) for name in taken[0].cpu_micros},
        {name: max(load.peak_mib[name] for load in taken) for name in taken[0].peak_mib},
    )


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One figure beside what is promised of it."""

    goal: str
    figure: str
    measured: float
    # None: nothing is promised, the figure is for information.
    promised: float | None = None
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        if self.promised is None:
            return True
        return self.measured >= self.promised if self.at_least else self.measured <= self.promised

    def cells(self) -> tuple[str, ...]:
        """A row: goal, figure, measured, promised, met or missed."""
        if self.promised is None:
            return self.goal, self.figure, number(self.measured), "", ""
        words = "at least" if self.at_least else "at most"
        return (
            self.goal,
            self.figure,
            number(self.measured),
            f"{words} {number(self.promised)}",
            "met" if self.met else "MISSED",
        )

    def to_json(self) -> dict:
        """The line that -o json prints."""
        return {
            "goal": self.goal,
            "figure": self.figure,
            "measured": round(self.measured, 3),
            "promised": self.promised,
            "atLeast": self.at_least,
            "met": self.met,
        }


HEADINGS = ("goal", "figure", "measured", "promised", "")


def number(value: float) -> str:
    """As people write it: large ones without decimals."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"
