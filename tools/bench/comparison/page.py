"""The sections that programs write into docs/performance.md, that of tools/bench/compare, and its chart."""

import dataclasses
import html
import pathlib
import re
import textwrap

from comparison.figures import LIMIT, MESH, MODES, Figure, markdown_table
from comparison.servers import Server

BEGIN = "<!-- {} writes from here -->"
END = "<!-- to here -->"
PROGRAM = "tools/bench/compare"
CHART = "performance-compare.svg"

MODE_WORDS = {
    "batch": "typed orders, 256 a message",
    "single": "typed orders, one a request, 64 at a time",
    "rest": "one order of partner-a's JSON a request, 64 connections",
    "json": "partner-b's JSON (535 bytes), raw payload kept, 30 % rejected",
}


@dataclasses.dataclass(frozen=True)
class Run:
    """Everything that one comparison found out."""

    date: str
    commit: str
    command: str
    machine: str
    seconds: dict[str, float]
    rounds: int
    figures: list[Figure]
    ratios: dict[str, float]
    # System to {"externalId", "sequence"}; only the peers are asked.
    probes: dict[str, dict[str, bool]]
    # System to why it was not measured.
    absent: dict[str, str]
    versions: dict[str, str]


def replace_section(page: str, section: str, program: str = PROGRAM) -> str:
    """The page with the program's section in its place: between its marks, or before all other sections."""
    begin = BEGIN.format(program)
    section = f"{begin}\n{section}{END}\n"
    if begin in page:
        head, _, rest = page.partition(begin)
        return head + section + "\n" + rest.partition(END)[2].lstrip("\n")
    first = re.search(r"^(## |<!-- \S.* writes from here -->)", page, re.MULTILINE)
    at = first.start() if first else len(page)
    return f"{page[:at].rstrip()}\n\n{section}\n{page[at:]}"


def write_section(root: pathlib.Path, section: str, program: str = PROGRAM) -> None:
    """Into the project's page."""
    page = root / "docs" / "performance.md"
    page.write_text(replace_section(page.read_text(), section, program))


def section(run: Run, servers: list[Server]) -> str:
    """The text, in Markdown."""
    lines = [
        f"## {run.date}, commit {run.commit}, `{run.command}`: beside the peers",
        "",
        wrapped(
            f"{run.machine}. Servers and generators share these cores; data on a local disk. {run.rounds} rounds, in "
            f"each of them every system in turn, {run.seconds['batch']:g} s a load in batches and "
            f"{run.seconds['single']:g} s one by one; the figures are medians, the spread is that of orders/s over the "
            "rounds. CPU and bytes written are the servers', with what they do until they are quiet again. Every "
            "system gets the same order of about 200 bytes with random external ids."
        ),
        "",
        f"![Orders a second of each system]({CHART})",
        "",
    ]
    lines += [
        f"- **{mode}**: {MODE_WORDS[mode]}" for mode in MODES if any(figure.mode == mode for figure in run.figures)
    ]
    lines += ["", markdown_table(run.figures)]
    if run.ratios:
        ratios = ", ".join(f"{mode} {ratio:.2f}" for mode, ratio in run.ratios.items())
        lines += [
            f"CPU per order of the mesh over that of the limit in the same round: {ratios}"
            " (`tools/bench/gate` keeps it).",
            "",
        ]
    lines += ["| system | version | deduplicates | its verdict means |", "|---|---|---|---|"]
    for server in servers:
        for system in server.systems:
            if system.name not in run.absent:
                lines.append(
                    f"| {system.name} | {run.versions.get(system.name, '')} | {dedup_words(system.name, run.probes)} | "
                    f"{system.promise} |"
                )
    lines += ["", "Settings:", ""]
    lines += [
        wrapped(f"- {', '.join(system.name for system in server.systems)}: {server.settings}") for server in servers
    ]
    lines += ["" if run.absent else None]
    lines += [f"- Not measured: {name}: {why}" for name, why in run.absent.items()]
    return "\n".join(line for line in lines if line is not None).rstrip() + "\n"


def wrapped(text: str) -> str:
    """A paragraph or an item of a list, in lines as long as those of the other pages."""
    return textwrap.fill(
        text, 130, subsequent_indent="  " * text.startswith("- "), break_long_words=False, break_on_hyphens=False
    )


def dedup_words(system: str, probes: dict[str, dict[str, bool]]) -> str:
    """What the probe found; mesh and limit have tests of their own."""
    if system in (MESH, LIMIT):
        return "both identities"
    found = probes.get(system)
    if found is None:
        return "not probed"
    names = [name for key, name in (("externalId", "external id"), ("sequence", "sequence number")) if found[key]]
    return {0: "nothing", 1: names[0] + " only" if names else "", 2: "both identities"}[len(names)]


WIDTH, LABEL, BAR, GAP, TOP = 860, 190, 20, 6, 34


def chart(figures: list[Figure]) -> str:
    """Bars of orders per second, the modes below each other."""
    parts, y = [], 10
    for mode in MODES:
        of_mode = sorted(
            (figure for figure in figures if figure.mode == mode), key=lambda figure: -figure.orders_per_second
        )
        if not of_mode:
            continue
        parts.append(f'<text x="10" y="{y + 16}" font-weight="bold">orders/s, {html.escape(MODE_WORDS[mode])}</text>')
        y += TOP
        most = of_mode[0].orders_per_second
        for figure in of_mode:
            parts.append(_bar(figure, y, most))
            y += BAR + GAP
        y += 14
    style = "font-family: sans-serif; font-size: 13px"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
        f'style="{style}" role="img" aria-label="Orders a second of each system">\n'
        f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(figure: Figure, y: int, most: float) -> str:
    width = max(1, round((WIDTH - LABEL - 190) * figure.orders_per_second / most)) if most else 1
    colour = {MESH: "#1f6feb", LIMIT: "#8c959f"}.get(figure.system, "#d4a72c")
    value = f"{figure.orders_per_second:,.0f} ({figure.cpu_micros_per_order:.1f} us CPU)"
    return (
        f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{html.escape(figure.system)}</text>'
        f'<rect x="{LABEL}" y="{y}" width="{width}" height="{BAR}" fill="{colour}"/>'
        f'<text x="{LABEL + width + 6}" y="{y + 15}">{value}</text>'
    )
