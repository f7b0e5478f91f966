"""Tests of tools/bench/compare. usage: python3 tools/bench/comparison_test.py"""

import contextlib
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from comparison import figures, machine, page, processes, run, servers  # noqa: E402
from comparison.testing import WithFolder, program, sample  # noqa: E402


def report(verdicts: int = 1000, failed: int = 0) -> dict:
    return {"verdicts": verdicts, "failed": failed, "ordersPerSecond": 500.0, "latencyMs": {"p50": 2.0, "p99": 8.0}}


class ProcessesTest(WithFolder):
    def add(self, pid: int, parent: int, ticks: int, reaped: int = 0, written: int = 0, name: str = "x") -> None:
        process = self.folder / str(pid)
        process.mkdir()
        fields = ["S", str(parent), *["0"] * 9, str(ticks), "0", str(reaped), "0", "20", "0"]
        (process / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")
        (process / "io").write_text(f"rchar: 5\nwrite_bytes: {written}\ncancelled_write_bytes: 0\n")

    def test_a_name_may_hold_spaces_and_parentheses(self) -> None:
        self.add(7, 1, 25, name="a ) (b) 9")
        self.assertEqual(processes.parse_stat((self.folder / "7" / "stat").read_text(), 100), (1, 250_000))

    def test_counts_the_whole_tree_and_what_has_ended_but_no_stranger(self) -> None:
        self.add(10, 1, ticks=100, reaped=50, written=4096)
        self.add(11, 10, ticks=30, written=8192)
        self.add(12, 11, ticks=20)
        self.add(99, 1, ticks=7000, written=1 << 30)
        used = processes.usage_of([10], self.folder)
        ticks = os.sysconf("SC_CLK_TCK")
        self.assertEqual(used.cpu_micros, 200 * 1e6 / ticks)
        self.assertEqual(used.bytes_written, 12288)

    def test_a_process_that_has_ended_is_no_root(self) -> None:
        self.add(10, 1, ticks=100)
        self.assertEqual(processes.usage_of([5], self.folder), processes.Usage())

    def test_measures_a_real_process(self) -> None:
        before = processes.usage_of([os.getpid()])
        file = self.folder / "written"
        with open(file, "wb") as out:
            out.write(b"x" * 1_000_000)
            out.flush()
            os.fsync(out.fileno())
        while (processes.usage_of([os.getpid()]) - before).cpu_micros < 50_000:
            pass
        used = processes.usage_of([os.getpid()]) - before
        self.assertLess(used.cpu_micros, 5_000_000)
        if not machine.is_in_memory(self.folder):
            self.assertGreaterEqual(used.bytes_written, 1_000_000)

    def test_waits_until_a_busy_child_ends(self) -> None:
        child = subprocess.Popen(
            [sys.executable, "-c", "import time\nt = time.time()\nwhile time.time() < t + 0.6: pass"]
        )
        self.addCleanup(child.wait)
        processes.wait_until_quiet([child.pid], most_seconds=30, poll=0.1)
        self.assertIsNotNone(child.poll() if child.poll() is not None else child.wait(1))


class FiguresTest(unittest.TestCase):
    def test_a_figure_is_the_median_of_its_rounds(self) -> None:
        found = figures.aggregate(
            [
                sample("redis", number=1, rate=100, cpu=3),
                sample("redis", number=2, rate=300, cpu=9),
                sample("redis", number=3, rate=200, cpu=4),
                sample("redis", "single", rate=7),
            ]
        )
        self.assertEqual([(figure.mode, figure.orders_per_second) for figure in found], [("batch", 200), ("single", 7)])
        self.assertEqual((found[0].cpu_micros_per_order, found[0].rounds, found[0].spread_percent), (4, 3, 100))

    def test_a_ratio_compares_within_a_round(self) -> None:
        # The machine was half as quick in round 2; the ratio does not see it.
        samples = [
            sample("ordermesh", number=1, cpu=20),
            sample("limit", number=1, cpu=10),
            sample("ordermesh", number=2, cpu=40),
            sample("limit", number=2, cpu=20),
            sample("ordermesh", number=3, cpu=21),
            sample("limit", number=3, cpu=10),
        ]
        self.assertEqual(figures.limit_ratios(samples), {"batch": 2})

    def test_rest_and_json_have_their_limit_too(self) -> None:
        samples = [
            sample("ordermesh", "rest", cpu=300),
            sample("limit", "single", cpu=100),
            sample("ordermesh", "json", cpu=30),
            sample("limit", "batch", cpu=10),
        ]
        self.assertEqual(figures.limit_ratios(samples), {"rest": 3, "json": 3})

    def test_rounds_without_a_limit_do_not_count(self) -> None:
        self.assertEqual(figures.limit_ratios([sample("ordermesh", number=1), sample("limit", number=2)]), {})

    def test_a_json_line_has_the_promised_names(self) -> None:
        line = json.loads(figures.to_json(figures.aggregate([sample("kafka")])[0]))
        self.assertEqual(list(line)[:6], ["system", "mode", "ordersPerSecond", "cpuMicrosPerOrder", "p50Ms", "p99Ms"])
        self.assertEqual((line["system"], line["ordersPerSecond"], line["p99Ms"]), ("kafka", 1000, 9.25))

    def test_the_table_says_how_many_times_as_many_the_mesh_took(self) -> None:
        found = figures.aggregate(
            [sample("redis", rate=50_000), sample("ordermesh", rate=120_000), sample("limit", rate=240_000)]
        )
        table = figures.text_table(found).splitlines()
        self.assertEqual([line.split()[0] for line in table[1:]], ["limit", "ordermesh", "redis"])
        self.assertIn("0.50 x", table[1])
        self.assertNotIn(" x ", table[2])
        self.assertIn("2.40 x", table[3])
        self.assertEqual(len(figures.markdown_table(found).splitlines()), 5)


class MeasureTest(WithFolder):
    def test_a_sample_divides_by_the_orders(self) -> None:
        found = servers.sample_of("redis", "batch", 2, report(), processes.Usage(5_000, 400_000))
        self.assertEqual((found.cpu_micros_per_order, found.bytes_written_per_order, found.round), (5, 400, 2))

    def test_failed_orders_are_no_figure(self) -> None:
        for bad in (report(failed=1), report(verdicts=0)):
            with self.assertRaises(servers.Unavailable):
                servers.sample_of("redis", "batch", 1, bad, processes.Usage(1, 1))

    def test_a_load_that_fails_says_why(self) -> None:
        server = servers.Limit(self.setting())
        with self.assertRaisesRegex(servers.Unavailable, "the disk is gone"):
            server.run_load(["sh", "-c", "echo the disk is gone >&2; exit 1"], 1)

    def test_a_server_is_started_and_ended_with_its_children(self) -> None:
        server = servers.Limit(self.setting())
        server.spawn(["sh", "-c", "sleep 600 & echo here; wait"], "log")
        server.wait_ready(lambda: "here" in (self.folder / "log.log").read_text())
        [pid] = server.roots()
        self.assertGreaterEqual(
            len(processes.tree([pid], {p: parent for p, (parent, _) in processes._stats(processes.PROC).items()})), 2
        )
        server.stop()
        self.assertFalse(pathlib.Path(f"/proc/{pid}").exists())
        # What was killed may not have been reaped yet by whoever adopted it.
        left = subprocess.run(["pgrep", "-r", "S,R,D", "-s", str(pid)], check=False, capture_output=True, text=True)
        self.assertEqual(left.stdout, "")

    def test_a_server_that_ends_at_once_is_unavailable(self) -> None:
        server = servers.Limit(self.setting())
        server.spawn(["false"], "log")
        with self.assertRaises(servers.Unavailable):
            server.wait_ready(lambda: False)
        server.stop()

    def test_sees_who_listens(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.assertFalse(servers.listens(listener.getsockname()[1]))
            listener.listen()
            self.assertTrue(servers.listens(listener.getsockname()[1]))
            with self.assertRaises(servers.Unavailable):
                servers.must_be_free(listener.getsockname()[1])

    def test_every_command_names_its_system_and_mode(self) -> None:
        for server in (server(self.setting()) for server in run.SERVERS):
            for system in server.systems:
                for mode in system.modes:
                    words = server.command(system.name, mode, 2)
                    self.assertIn("2", words)
                    self.assertTrue(set(words) & {"--direct", "--rest", "--insecure", system.name}, words)


class FakeServer(servers.Server):
    """Answers without processes."""

    systems = (servers.System("ordermesh", ("batch", "rest"), "all"), servers.System("limit", ("batch",), "little"))
    fails: set[tuple[str, int]] = set()
    log: list[str] = []

    def start(self) -> None:
        self.log.append("start")

    def stop(self) -> None:
        self.log.append("stop")

    def measure(self, system, mode, number, seconds, settle_seconds):
        if (system, number) in self.fails:
            raise servers.Unavailable("planted")
        self.log.append(f"{number} {system} {mode} {seconds:g}")
        return sample(system, mode, number)


class ComparisonTest(WithFolder):
    def compare(self, fails: set[tuple[str, int]] = frozenset()) -> run.Comparison:
        FakeServer.fails, FakeServer.log = set(fails), []
        plan = run.Plan(
            root=self.folder,
            systems=["ordermesh", "limit"],
            modes=["batch", "rest"],
            rounds=2,
            seconds=4,
            warm_up_seconds=1,
            settle_seconds=0,
            port=1,
            data=self.folder / "data",
        )
        quiet = mock.patch.object(run.machine, "busy_percent", lambda seconds: 0)
        with mock.patch.object(run, "SERVERS", (FakeServer,)), quiet, contextlib.redirect_stderr(io.StringIO()):
            return run.compare(plan)

    def test_rounds_are_interleaved_and_the_warm_up_does_not_count(self) -> None:
        found = self.compare()
        self.assertEqual(
            FakeServer.log,
            [
                "start",
                "0 ordermesh batch 1",
                "0 ordermesh rest 1",
                "0 limit batch 1",
                "1 ordermesh batch 4",
                "1 ordermesh rest 3",
                "1 limit batch 4",
                "2 ordermesh batch 4",
                "2 ordermesh rest 3",
                "2 limit batch 4",
                "stop",
            ],
        )
        self.assertEqual({sample.round for sample in found.samples}, {1, 2})
        self.assertFalse((self.folder / "data").exists())

    def test_a_system_that_fails_is_absent_with_its_reason_and_the_others_go_on(self) -> None:
        found = self.compare({("limit", 2)})
        self.assertEqual(found.absent, {"limit": "planted"})
        self.assertEqual({sample.system for sample in found.samples}, {"ordermesh"})
        self.assertEqual(len(found.samples), 4)
        self.assertEqual(FakeServer.log[-1], "stop")

    def test_a_folder_that_holds_something_is_refused(self) -> None:
        (self.folder / "data").mkdir()
        (self.folder / "data" / "mine").touch()
        with self.assertRaises(SystemExit):
            self.compare()
        self.assertTrue((self.folder / "data" / "mine").exists())


class PageTest(WithFolder):
    def run_of(self, absent: dict[str, str]) -> page.Run:
        found = figures.aggregate(
            [sample("ordermesh", rate=9000), sample("limit", rate=20_000), sample("nats", rate=100)]
        )
        return page.Run(
            "2026-01-02",
            "abc1234",
            "tools/bench/compare",
            "2 x Test",
            {"batch": 10, "single": 5},
            3,
            found,
            {"batch": 2.5},
            {"nats": {"externalId": True, "sequence": False}},
            absent,
            {"nats": "2.15"},
        )

    def section(self, absent: dict[str, str]) -> str:
        return page.section(self.run_of(absent), [server(self.setting()) for server in run.SERVERS])

    def test_says_what_was_measured_how_and_what_it_means(self) -> None:
        text = self.section({"redis": "no such package"})
        for words in (
            "commit abc1234",
            "2 x Test",
            "batch 2.50",
            "external id only",
            "Not measured: redis: no such package",
            "appendfsync always",
            "| nats | batch | 100 | 90.00 x |",
        ):
            self.assertIn(words, text)
        self.assertNotIn("| redis |", text)

    def test_a_new_section_takes_the_old_ones_place(self) -> None:
        before = "# Performance\n\nWords.\n\n## Older\n\nText.\n"
        once = page.replace_section(before, "## New 1\n")
        begin = page.BEGIN.format(page.PROGRAM)
        self.assertEqual(once, f"# Performance\n\nWords.\n\n{begin}\n## New 1\n{page.END}\n\n## Older\n\nText.\n")
        twice = page.replace_section(once, "## New 2\n")
        self.assertEqual(twice, once.replace("New 1", "New 2"))

    def test_sections_of_two_programs_do_not_disturb_each_other(self) -> None:
        both = page.replace_section(
            page.replace_section("# Performance\n\n## Older\n", "## A 1\n", "a"), "## B 1\n", "b"
        )
        self.assertEqual(
            [line for line in both.splitlines() if line.startswith("## ")], ["## B 1", "## A 1", "## Older"]
        )
        self.assertEqual(page.replace_section(both, "## A 2\n", "a"), both.replace("A 1", "A 2"))
        self.assertEqual(page.replace_section(both, "## B 2\n", "b"), both.replace("B 1", "B 2"))

    def test_the_chart_is_whole_xml_with_a_bar_for_each_figure(self) -> None:
        import xml.etree.ElementTree as xml

        chart = xml.fromstring(page.chart(self.run_of({}).figures))
        bars = chart.findall("{http://www.w3.org/2000/svg}rect")[1:]
        self.assertEqual(len(bars), 3)
        widths = [int(bar.get("width")) for bar in bars]
        self.assertEqual(widths, sorted(widths, reverse=True))
        self.assertAlmostEqual(widths[1] / widths[0], 0.45, delta=0.01)


class CommandLineTest(unittest.TestCase):
    def setUp(self) -> None:
        self.compare = program("compare")

    def test_only_a_whole_comparison_writes_the_page(self) -> None:
        for words, writes in (
            ([], True),
            (["--quick"], False),
            (["--no-write"], False),
            (["--systems", "redis,limit"], False),
            (["--modes", "batch"], False),
            (["--mesh-env", "A=b"], False),
        ):
            self.assertEqual(self.compare.parse_arguments(words).write, writes, words)

    def test_quick_is_short(self) -> None:
        given = self.compare.parse_arguments(["--quick", "-o", "json"])
        loads = sum(len(system.modes) for server in run.SERVERS for system in server.systems)
        # With half a second until each is quiet and a short warm-up, half a minute is left to start everything.
        self.assertLess(given.rounds * loads * (given.seconds * 0.9 + 0.5) + loads * 0.6, 80)

    def test_unknown_names_are_refused(self) -> None:
        for words in (["--systems", "oracle"], ["--modes", "bulk"], ["--mesh-env", "x"]):
            with self.assertRaises(SystemExit) as caught, contextlib.redirect_stderr(io.StringIO()):
                self.compare.parse_arguments(words)
            self.assertEqual(caught.exception.code, 2)


class MachineTest(unittest.TestCase):
    def test_a_kind_is_processor_and_cores(self) -> None:
        self.assertEqual(
            machine.kind("processor : 0\nmodel name\t: Intel  Xeon @ 2.1GHz\nmodel name : other\n", 2),
            "2 x Intel Xeon @ 2.1GHz",
        )
        self.assertEqual(machine.kind("", 4), "4 x unknown processor")

    def test_idle_and_waiting_for_the_disk_is_not_busy(self) -> None:
        before = "cpu  100 0 100 1000 50 0 0 0 7 7\ncpu0 1 1 1 1\n"
        self.assertAlmostEqual(machine.busy_between(before, "cpu  110 5 110 1060 60 0 3 2 9 9\n"), 30)
        self.assertEqual(machine.busy_between(before, before), 0)


if __name__ == "__main__":
    unittest.main()
