"""Whether the mesh costs more CPU per order than it did when it last landed."""

import dataclasses
import json
import pathlib

from comparison.figures import MESH, Sample, aggregate, limit_ratios


@dataclasses.dataclass(frozen=True)
class Landed:
    """The last landed figures of one kind of machine."""

    commit: str
    date: str
    # By mode: the mesh's CPU per order over the limit program's in the same round, and the mesh's in microseconds.
    ratios: dict[str, float]
    cpu_micros_per_order: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """One mode. `change_percent` is how much more of the limit's CPU time an order costs than when it landed."""

    mode: str
    ratio: float
    cpu_micros_per_order: float
    landed_ratio: float
    landed_cpu_micros_per_order: float
    change_percent: float
    passes: bool


def read_landed(file: pathlib.Path, kind: str) -> Landed | None:
    """None where nothing has landed on this kind of machine."""
    kinds = json.loads(file.read_text()) if file.exists() else {}
    if kind not in kinds:
        return None
    entry = kinds[kind]
    return Landed(entry["commit"], entry["date"], entry["ratios"], entry["cpuMicrosPerOrder"])


def write_landed(file: pathlib.Path, kind: str, landed: Landed) -> None:
    """Replaces what landed on this kind of machine; the others stay."""
    kinds = json.loads(file.read_text()) if file.exists() else {}
    kinds[kind] = {
        "commit": landed.commit,
        "date": landed.date,
        "ratios": {mode: round(ratio, 3) for mode, ratio in landed.ratios.items()},
        "cpuMicrosPerOrder": {mode: round(cpu, 2) for mode, cpu in landed.cpu_micros_per_order.items()},
    }
    file.write_text(json.dumps(kinds, indent=2, sort_keys=True) + "\n")


def cpu_of_mesh(samples: list[Sample]) -> dict[str, float]:
    """By mode."""
    return {figure.mode: figure.cpu_micros_per_order for figure in aggregate(samples) if figure.system == MESH}


def judge(samples: list[Sample], landed: Landed, most_percent: float) -> list[Verdict]:
    """One verdict for each mode that has landed. ValueError where one was not measured: silence is no pass."""
    ratios, cpu = limit_ratios(samples), cpu_of_mesh(samples)
    verdicts = []
    for mode, before in landed.ratios.items():
        if mode not in ratios:
            raise ValueError(f"{mode} was not measured")
        change = (ratios[mode] / before - 1) * 100
        verdicts.append(
            Verdict(
                mode, ratios[mode], cpu[mode], before, landed.cpu_micros_per_order[mode], change, change <= most_percent
            )
        )
    return verdicts


def line(verdict: Verdict) -> str:
    """For people."""
    return (
        f"{verdict.mode:8} {verdict.cpu_micros_per_order:8.2f} us an order, {verdict.ratio:6.2f} x the limit; landed "
        f"{verdict.landed_cpu_micros_per_order:8.2f} us, {verdict.landed_ratio:6.2f} x; change "
        f"{verdict.change_percent:+6.1f} %  {'ok' if verdict.passes else 'SLOWER'}"
    )
