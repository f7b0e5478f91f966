"""Profiles: stacks of perf, folded, by process; what they say in words; flame graphs of them."""

import collections
import contextlib
import dataclasses
import itertools
import pathlib
import re
import subprocess
from collections.abc import Iterable, Iterator

from comparison.servers import Unavailable, last_line, say

# Perl's, from Debian's libdevel-nytprof-perl: tools/lib/setup-profile installs it.
FLAME_GRAPH = pathlib.Path("/usr/share/perl5/Devel/NYTProf/flamegraph.pl")
MOST_SVG_BYTES = 300_000
# Not a divisor of anything that the services do at regular times.
SAMPLES_PER_SECOND = 397
# Of each stack so much is copied and unwound afterwards: Debian's libraries have no frame pointers.
STACK_BYTES = 32_768
# Where a stack begins that was unwound to its end.
ROOTS = {
    "__clone3",
    "clone3",
    "__clone",
    "clone",
    "start_thread",
    "_start",
    "main",
    "ret_from_fork_[k]",
    "runtime.goexit",
}
ROOTS |= {"runtime.mstart", "runtime.mcall", "runtime.systemstack", "runtime.goexit.abi0", "runtime.mstart.abi0"}
ROOTS |= {"runtime.mcall.abi0", "runtime.systemstack.abi0", "runtime.gogo.abi0"}

# Thread, then frames from the root to the leaf; how often.
Stacks = collections.Counter[tuple[str, ...]]


@dataclasses.dataclass
class Samples:
    """Of one process."""

    stacks: Stacks = dataclasses.field(default_factory=collections.Counter)
    # The binary of the leaf.
    libraries: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)


_HEAD = re.compile(r"^(\S.*?)\s+(\d+)/(\d+)")
_FRAME = re.compile(r"^\s+[0-9a-f]+ (.*) \((.*)\)$")


def perf(folder: pathlib.Path) -> list[str]:
    """The program, without the user's cache of binaries: that holds them as hard links. One that was written anew in
    its place stands for the old one there, and stacks are unwound wrongly."""
    return ["perf", "--buildid-dir", str(folder / "no-cache")]


def record(pids: dict[str, int], seconds: float, folder: pathlib.Path) -> list[pathlib.Path]:
    """Samples these processes, by name, for so long; the files of perf. Raises Unavailable."""
    # Go has frame pointers and no tables that perf could unwind by.
    ways = {
        f"dwarf,{STACK_BYTES}": [str(pid) for name, pid in pids.items() if name != "gateway"],
        "fp": [str(pid) for name, pid in pids.items() if name == "gateway"],
    }
    running = []
    for way, wanted in ways.items():
        if wanted:
            file = folder / f"perf.{way.partition(',')[0]}.data"
            command = [*perf(folder), "record", "--no-buildid-cache", "--quiet", "--event", "cpu-clock"]
            command += [
                "--freq",
                str(SAMPLES_PER_SECOND),
                "--call-graph",
                way,
                "--pid",
                ",".join(wanted),
                "--output",
                str(file),
            ]
            process = subprocess.Popen(
                [*command, "--", "sleep", str(seconds)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.append((process, file))
    for process, _ in running:
        said = process.communicate()[1]
        if process.returncode != 0:
            raise Unavailable(f"perf record: {last_line(said)}")
    return [file for _, file in running]


def script(file: pathlib.Path) -> Iterator[str]:
    """The samples of a file in words, with C++ names as people write them."""
    samples = subprocess.Popen(
        # Inlined calls would need addr2line for each address: minutes.
        [*perf(file.parent), "script", "--input", str(file), "--no-inline", "--fields", "comm,pid,tid,ip,sym,dso"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    names = subprocess.Popen(
        ["c++filt", "-p"], stdin=samples.stdout, stdout=subprocess.PIPE, text=True, errors="replace"
    )
    samples.stdout.close()
    yield from names.stdout
    if samples.wait() != 0 or names.wait() != 0:
        raise Unavailable(f"perf script could not read {file}")


def fold(lines: Iterable[str]) -> dict[int, Samples]:
    """By process."""
    found: dict[int, Samples] = collections.defaultdict(Samples)
    pid, thread, leaf, frames = 0, "", "", []
    for line in itertools.chain(lines, [""]):
        if frame := _FRAME.match(line.rstrip("\n")):
            leaf = leaf if frames else frame[2]
            frames.append(frame_name(*frame.groups()))
            continue
        if not line.strip() and frames:
            found[pid].stacks[(thread, *reversed(frames))] += 1
            found[pid].libraries[library_name(leaf)] += 1
        if head := _HEAD.match(line):
            pid, thread = int(head[2]), thread_name(head[1])
        frames = []
    return found


def frame_name(symbol: str, binary: str) -> str:
    """One frame: short, and without the two characters that folded stacks are made of."""
    if symbol == "[unknown]":
        # Debian's libraries only name what they export.
        name = f"[{pathlib.PurePath(binary).name}]" if binary != "[unknown]" else symbol
    else:
        name = short_name(symbol)
    return name.replace(";", ":") + ("_[k]" if binary.startswith("[kernel") or binary.endswith(".ko") else "")


def library_name(binary: str) -> str:
    """Without versions; the kernel and its modules are one."""
    if binary.startswith("[kernel") or binary.endswith(".ko"):
        return "kernel"
    return re.sub(r"\.so\b.*", "", pathlib.PurePath(binary).name)


def thread_name(name: str) -> str:
    """Threads of one pool are one."""
    return re.sub(r"[-_:/ ]?\d+$", "", name).replace(";", ":")


def short_name(symbol: str) -> str:
    """A C++ name without template arguments, parameters and the namespaces that all of ours have."""
    symbol = re.sub(r" \[clone [^]]*\]|@@?[A-Z]\S*$", "", symbol)
    symbol = symbol.replace("(anonymous namespace)::", "").replace("absl::debian3::", "absl::").replace("::__cxx11", "")
    # Operators hold the characters that template arguments are in.
    symbol = re.sub(r"operator(<=>|<<=|>>=|->\*|<<|>>|<=|>=|->|<|>)", lambda op: f"operator{ESCAPED[op[1]]}", symbol)
    kept, depth = [], 0
    for character in symbol:
        depth -= character in ">"
        if depth <= 0 and character != ">":
            kept.append("" if character == "<" else character)
        depth += character == "<"
    text = "".join(kept) if depth == 0 else symbol
    text = re.sub(r"(?<!operator)\((?!lambda)[^()]*\)( const)?$", "", text)
    for operator, escaped in ESCAPED.items():
        text = text.replace(f"operator{escaped}", f"operator{operator}")
    return text.removeprefix("ordermesh::").removeprefix("void ").strip() or symbol


ESCAPED = {
    operator: "".join(chr(0xE000 + ord(character)) for character in operator)
    for operator in ("<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "<", ">")
}


@dataclasses.dataclass(frozen=True)
class Summary:
    """One process in numbers; shares are of its samples."""

    samples: int
    whole: float
    threads: list[tuple[str, float]]
    # By binary where time is spent itself.
    libraries: list[tuple[str, float]]
    # By function: where time is spent itself, and with all that it calls.
    own: list[tuple[str, float]]
    inclusive: list[tuple[str, float]]


def summary(samples: Samples) -> Summary:
    """What the samples of a process say."""
    total = samples.stacks.total()
    threads, own, inclusive = collections.Counter(), collections.Counter(), collections.Counter()
    whole = 0
    for (thread, *frames), count in samples.stacks.items():
        threads[thread] += count
        own[frames[-1]] += count
        # A function that calls itself is one. Where threads begin, and frames without a name, say nothing.
        inclusive.update({frame: count for frame in frames if frame not in ROOTS and not frame.startswith("[")})
        whole += count * any(frame in ROOTS for frame in frames[:3])

    def shares(counts: collections.Counter) -> list[tuple[str, float]]:
        return [(name, count / total) for name, count in counts.most_common()]

    return Summary(total, whole / total, shares(threads), shares(samples.libraries), shares(own), shares(inclusive))


def words(service: str, cpu_micros_per_order: float, found: Summary, top: int) -> str:
    """The summary for people. Shares as microseconds of an order, for those are what must become fewer."""

    def rows(title: str, shares: list[tuple[str, float]]) -> list[str]:
        return [f"  {title}"] + [
            f"    {share * 100:5.1f} %  {share * cpu_micros_per_order:8.3f} us  {name}" for name, share in shares[:top]
        ]

    lines = [
        f"{service}: {cpu_micros_per_order:.2f} us CPU an order; {found.samples} samples, "
        f"{found.whole * 100:.0f} % of the stacks whole",
        *rows("threads", found.threads),
        *rows("itself, by library", found.libraries),
        *rows("itself", found.own),
        *rows("with what it calls", found.inclusive),
    ]
    return "\n".join(lines) + "\n"


def folded(stacks: Stacks) -> str:
    """One line a stack, as flame graphs are made from."""
    return "".join(f"{';'.join(stack)} {count}\n" for stack, count in sorted(stacks.items()))


def flame_graph(stacks: Stacks, title: str) -> str:
    """An SVG of at most MOST_SVG_BYTES: functions too narrow to be read are left out. Raises Unavailable."""
    text = folded(stacks)
    for narrowest in (0.5, 1, 2, 4, 8, 16):
        done = subprocess.run(
            ["perl", str(FLAME_GRAPH), f"--title={title}", "--hash", f"--minwidth={narrowest}"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"no flame graph: {last_line(done.stderr)}")
        if len(done.stdout.encode()) <= MOST_SVG_BYTES:
            return done.stdout
    raise Unavailable(f"the flame graph of {title} stays above {MOST_SVG_BYTES} bytes")


def take(pids: dict[str, int], seconds: float, folder: pathlib.Path) -> dict[str, Samples]:
    """Samples the processes for so long: by name. The files of perf are deleted."""
    names = {pid: name for name, pid in pids.items()}
    found: dict[str, Samples] = {}
    for file in record(pids, seconds, folder):
        say(f"reading {file.stat().st_size >> 20} MiB of stacks")
        found |= {names[pid]: samples for pid, samples in fold(script(file)).items() if pid in names}
        with contextlib.suppress(FileNotFoundError):
            file.unlink()
    return {name: found[name] for name in pids if name in found}
