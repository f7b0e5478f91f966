"""Figures: one sample a round, their medians, and how they are printed."""

import dataclasses
import json
import statistics

from comparison import tables

MODES = ("batch", "single", "rest", "json")
# What the mesh is measured by: the same machine's bare minimum, in the same way of sending.
LIMIT = "limit"
LIMIT_MODE = {"batch": "batch", "single": "single", "rest": "single", "json": "batch"}
MESH = "ordermesh"


@dataclasses.dataclass(frozen=True)
class Sample:
    """One load on one system."""

    system: str
    mode: str
    round: int
    orders_per_second: float
    cpu_micros_per_order: float
    p50_ms: float
    p99_ms: float
    bytes_written_per_order: float


@dataclasses.dataclass(frozen=True)
class Figure:
    """The medians of a system's samples in one mode."""

    system: str
    mode: str
    orders_per_second: float
    cpu_micros_per_order: float
    p50_ms: float
    p99_ms: float
    bytes_written_per_order: float
    rounds: int
    # Of orders per second, in percent of the median: (largest - smallest) / median.
    spread_percent: float


def aggregate(samples: list[Sample]) -> list[Figure]:
    """One figure for each system and mode, in the order in which they were first measured."""
    groups: dict[tuple[str, str], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample.system, sample.mode), []).append(sample)
    return [_figure(system, mode, group) for (system, mode), group in groups.items()]


def _figure(system: str, mode: str, group: list[Sample]) -> Figure:
    def median(name: str) -> float:
        return statistics.median(getattr(sample, name) for sample in group)

    rates = [sample.orders_per_second for sample in group]
    rate = median("orders_per_second")
    return Figure(
        system,
        mode,
        rate,
        median("cpu_micros_per_order"),
        median("p50_ms"),
        median("p99_ms"),
        median("bytes_written_per_order"),
        len(group),
        (max(rates) - min(rates)) / rate * 100 if rate else 0,
    )


def limit_ratios(samples: list[Sample]) -> dict[str, float]:
    """Of each mode of the mesh: its CPU time per order over the limit program's, the median over the rounds. The two
    samples of one round were taken within seconds of each other, so the machine's mood cancels out."""
    cpu = {(sample.system, sample.mode, sample.round): sample.cpu_micros_per_order for sample in samples}
    ratios: dict[str, list[float]] = {}
    for (system, mode, number), ours in cpu.items():
        least = cpu.get((LIMIT, LIMIT_MODE[mode], number), 0)
        if system == MESH and least > 0:
            ratios.setdefault(mode, []).append(ours / least)
    return {mode: statistics.median(of_rounds) for mode, of_rounds in ratios.items()}


def to_json(figure: Figure) -> str:
    """The line that -o json prints."""
    return json.dumps(
        {
            "system": figure.system,
            "mode": figure.mode,
            "ordersPerSecond": round(figure.orders_per_second),
            "cpuMicrosPerOrder": round(figure.cpu_micros_per_order, 2),
            "p50Ms": round(figure.p50_ms, 2),
            "p99Ms": round(figure.p99_ms, 2),
            "bytesWrittenPerOrder": round(figure.bytes_written_per_order),
            "rounds": figure.rounds,
            "spreadPercent": round(figure.spread_percent, 1),
        }
    )


HEADINGS = (
    "system",
    "mode",
    "orders/s",
    "mesh is",
    "CPU us/order",
    "p50 ms",
    "p99 ms",
    "bytes written/order",
    "spread",
)


def rows(figures: list[Figure]) -> list[tuple[str, ...]]:
    """The table, by mode and the quickest first; "mesh is" is how many times as many orders the mesh took."""
    ours = {figure.mode: figure.orders_per_second for figure in figures if figure.system == MESH}
    result = []
    for mode in MODES:
        of_mode = [figure for figure in figures if figure.mode == mode]
        for figure in sorted(of_mode, key=lambda figure: -figure.orders_per_second):
            ratio = ""
            if figure.system != MESH and mode in ours and figure.orders_per_second > 0:
                ratio = f"{ours[mode] / figure.orders_per_second:.2f} x"
            result.append(
                (
                    figure.system,
                    mode,
                    f"{figure.orders_per_second:,.0f}",
                    ratio,
                    f"{figure.cpu_micros_per_order:.1f}",
                    f"{figure.p50_ms:.1f}",
                    f"{figure.p99_ms:.1f}",
                    f"{figure.bytes_written_per_order:,.0f}",
                    f"{figure.spread_percent:.0f} %",
                )
            )
    return result


def text_table(figures: list[Figure]) -> str:
    """For a terminal."""
    return tables.text(HEADINGS, rows(figures), left=2)


def markdown_table(figures: list[Figure]) -> str:
    """For docs/performance.md."""
    return tables.markdown(HEADINGS, rows(figures), left=2)
