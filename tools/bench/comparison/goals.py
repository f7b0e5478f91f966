"""The goals of the order path: how each is measured and what is promised."""

import dataclasses
import statistics
from collections.abc import Callable

from comparison import loads, measured, servers
from comparison.measured import Load, Times, Verdict

OVERLOAD = 5


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What is known of a goal: its figures beside the promises, and the loads behind them by what they are."""

    verdicts: list[Verdict]
    loads: dict[str, Load]


class Session:
    """One fresh mesh and the loads that one goal takes."""

    def __init__(self, mesh: servers.Mesh, times: Times) -> None:
        self.mesh = mesh
        self.times = times
        self._taken: dict[str, list[Load]] = {}

    def take(self, load: str, rate: float = 0, name: str | None = None) -> Load:
        """Loads once."""
        taken = measured.take(self.mesh, load, self.times.seconds, self.times.settle_seconds, rate)
        name = name or loads.WORDS[load]
        self._taken.setdefault(name, []).append(taken)
        servers.say(
            f"{name}: {taken.orders_per_second:,.0f} orders/s, p99 {taken.p99_ms:.1f} ms, "
            f"{taken.cpu_micros_per_order:.1f} us CPU an order"
        )
        return taken

    def warm_up(self, load: str) -> None:
        """What a mesh does for the first time is not measured."""
        measured.take(self.mesh, load, self.times.warm_up_seconds, 0)

    def loads(self) -> dict[str, Load]:
        """The medians."""
        return {name: measured.median(taken) for name, taken in self._taken.items()}


Measure = Callable[["Goal", Session], list[Verdict]]


@dataclasses.dataclass(frozen=True)
class Goal:
    """One line of what is promised."""

    name: str
    words: str
    measure: Measure
    load: str = "batch"
    promised: float = 0
    # Of server CPU time per order; 0: nothing is promised.
    most_cpu_micros: float = 0
    rate: float = 0


def rate(goal: Goal, session: Session) -> list[Verdict]:
    """A closed loop takes so many orders a second."""
    for _ in range(session.times.rounds):
        session.take(goal.load)
    found = session.loads()[loads.WORDS[goal.load]]
    verdicts = [Verdict(goal.name, "orders/s", found.orders_per_second, goal.promised)]
    if goal.most_cpu_micros:
        verdicts.append(
            Verdict(
                goal.name, "us of server CPU an order", found.cpu_micros_per_order, goal.most_cpu_micros, at_least=False
            )
        )
    return verdicts


def proxy(goal: Goal, session: Session) -> list[Verdict]:
    """The gateway's proxy costs at most so much of the rate. One after the other: the machine's mood changes."""
    for _ in range(session.times.rounds):
        session.take("batch")
        session.take("proxy")
    found = session.loads()
    share = found[loads.WORDS["proxy"]].orders_per_second / found[loads.WORDS["batch"]].orders_per_second
    return [Verdict(goal.name, "% of the rate straight at the feed", share * 100, goal.promised)]


def open_loop(name: str, found: Load, most_p99_ms: float) -> list[Verdict]:
    """Latency counts from the intended send time."""
    return [
        Verdict(name, "p99 ms", found.p99_ms, most_p99_ms, at_least=False),
        Verdict(name, "orders without a verdict", found.refused + found.lost, 0, at_least=False),
    ]


def half(goal: Goal, session: Session) -> list[Verdict]:
    """An open loop at half of what a closed one takes just before."""
    for _ in range(session.times.rounds):
        session.take("batch", rate=session.take("batch", name="the peak").orders_per_second / 2, name=goal.words)
    return open_loop(goal.name, session.loads()[goal.words], goal.promised)


def fixed(goal: Goal, session: Session) -> list[Verdict]:
    """An open loop at a rate that is named."""
    for _ in range(session.times.rounds):
        session.take(goal.load, rate=goal.rate, name=goal.words)
    return open_loop(goal.name, session.loads()[goal.words], goal.promised)


def overload(goal: Goal, session: Session) -> list[Verdict]:
    """An open loop at OVERLOAD times what a closed one takes: goodput, and how quickly the rest is refused."""
    shares = []
    for _ in range(session.times.rounds):
        peak = session.take("batch", name="the peak").orders_per_second
        found = session.take("crowd", rate=OVERLOAD * peak, name=goal.words)
        shares.append((found.orders_per_second / peak, found.sent_per_second / peak))
    found = session.loads()[goal.words]
    goodput, sent = (statistics.median(column) for column in zip(*shares))
    return [
        Verdict(goal.name, "goodput, % of the peak", goodput * 100, goal.promised),
        Verdict(goal.name, "p99 ms until an order is refused", found.refusal_p99_ms, 10, at_least=False),
        Verdict(goal.name, "orders neither taken nor refused", found.lost, 0, at_least=False),
        # The rest of what is due is held back by the streams' windows and never leaves the client.
        Verdict(goal.name, "times the peak that was sent", sent),
        Verdict(goal.name, "p50 ms until an order is refused", found.refusal_p50_ms),
        Verdict(goal.name, "p99 ms of the orders that are taken", found.p99_ms),
    ]


GOALS = (
    Goal("typed", loads.WORDS["batch"], rate, "batch", 200_000, most_cpu_micros=8),
    Goal("typed512", loads.WORDS["batch512"], rate, "batch512", 200_000, most_cpu_micros=8),
    Goal("json", loads.WORDS["json"], rate, "json", 100_000),
    Goal("retail", loads.WORDS["retail"], rate, "retail", 20_000),
    Goal("stream", loads.WORDS["stream"], rate, "stream", 40_000),
    Goal("unary", loads.WORDS["single"], rate, "single", 12_000),
    Goal("rest", loads.WORDS["rest256"], rate, "rest256", 8_000),
    Goal("proxy", loads.WORDS["proxy"], proxy, "proxy", 80),
    Goal("half", "typed orders, 256 a message, open loop at half of the peak", half, "batch", 10),
    Goal("paced", "typed orders, one a message, open loop at 500/s", fixed, "stream", 5, rate=500),
    Goal("overload", f"typed orders, 256 a message, open loop at {OVERLOAD} times the peak", overload, "crowd", 80),
)


def measure(goal: Goal, mesh: servers.Mesh, times: Times) -> Outcome:
    """The goal on a mesh that nothing was measured on before. Raises Unavailable."""
    session = Session(mesh, times)
    session.warm_up(goal.load)
    verdicts = goal.measure(goal, session)
    return Outcome(verdicts, session.loads())


def to_json(goal: Goal, outcome: Outcome) -> dict:
    """The line that -o json prints."""
    return {
        "goal": goal.name,
        "words": goal.words,
        "met": all(verdict.met for verdict in outcome.verdicts),
        "verdicts": [verdict.to_json() for verdict in outcome.verdicts],
        "loads": [
            {
                "load": name,
                "ordersPerSecond": round(load.orders_per_second),
                "p50Ms": round(load.p50_ms, 2),
                "p99Ms": round(load.p99_ms, 2),
                "cpuMicrosPerOrder": {service: round(micros, 2) for service, micros in load.cpu_micros.items()},
                "peakRssMib": {service: round(mib) for service, mib in load.peak_mib.items()},
            }
            for name, load in outcome.loads.items()
        ],
    }


LOAD_HEADINGS = ("load", "orders/s", "p50 ms", "p99 ms", "CPU us/order", *measured.SERVICES)


def load_rows(outcomes: dict[str, Outcome]) -> list[tuple[str, ...]]:
    """Each load with the CPU time of an order in each service and the service's peak memory behind it."""

    def cell(load: Load, service: str) -> str:
        cpu = load.cpu_micros.get(service, 0)
        return f"{cpu:.1f} ({load.peak_mib.get(service, 0):.0f} MiB)"

    return [
        (
            f"{goal}: {name}",
            measured.number(load.orders_per_second),
            f"{load.p50_ms:.1f}",
            f"{load.p99_ms:.1f}",
            f"{load.cpu_micros_per_order:.1f}",
            *(cell(load, service) for service in measured.SERVICES),
        )
        for goal, outcome in outcomes.items()
        for name, load in outcome.loads.items()
    ]
