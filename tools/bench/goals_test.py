"""Tests of tools/bench/goals and tools/bench/growth. usage: python3 tools/bench/goals_test.py"""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from comparison import fresh, goals, growth, loads, measured, processes, servers  # noqa: E402
from comparison.testing import WithFolder, program  # noqa: E402

TIMES = goals.Times(rounds=3, seconds=1, warm_up_seconds=0.5, settle_seconds=0)
SLOW = {"failed": 0, "refused": 0, "sent": 1000, "seconds": 1.0, "latencyMs": {"p50": 1.0, "p99": 4.0}}


def report(rate: float, **more) -> dict:
    """What ordermesh-bench prints."""
    used = [{"name": "ordermesh-feed", "peakRssBytes": 64 << 20}, {"name": "ordermesh-bench", "peakRssBytes": 0}]
    return SLOW | {"verdicts": 1000, "ordersPerSecond": float(rate), "processes": used} | more


class FakeMesh:
    """Answers each load by a function of its arguments."""

    def __init__(self, answer) -> None:
        self.answer = answer
        self.given: list[list[str]] = []
        self.micros = 0.0

    def pids(self) -> dict[str, int]:
        return {"feed": 7}

    def bench(self, arguments: list[str]) -> list[str]:
        return ["bench", *arguments]

    def run_load(self, arguments: list[str], seconds: float, may_fail: bool = False) -> dict:
        self.given.append(arguments)
        self.micros += 6_000
        found = self.answer(arguments)
        if found["failed"] and not may_fail:
            raise servers.Unavailable("the load failed")
        return found

    def rate_of(self, arguments: list[str]) -> float:
        return float(arguments[arguments.index("--rate") + 1]) if "--rate" in arguments else 0


class WithFakeMesh(unittest.TestCase):
    def mesh(self, answer) -> FakeMesh:
        fake = FakeMesh(answer)
        usage = mock.patch.object(processes, "usage_of", lambda pids: processes.Usage(fake.micros))
        quiet = mock.patch.object(processes, "wait_until_quiet", lambda *_: None)
        said = mock.patch.object(servers, "say", lambda text: None)
        for patch in (usage, quiet, said):
            patch.start()
            self.addCleanup(patch.stop)
        return fake

    def goal(self, name: str) -> goals.Goal:
        return next(goal for goal in goals.GOALS if goal.name == name)


class GoalsTest(WithFakeMesh):
    def test_a_rate_is_the_median_and_has_its_cpu_beside_it(self) -> None:
        rates = iter([1, 250_000, 190_000, 210_000])
        outcome = goals.measure(self.goal("typed"), self.mesh(lambda _: report(next(rates))), TIMES)
        self.assertEqual(
            [(verdict.figure, verdict.measured, verdict.met) for verdict in outcome.verdicts],
            [("orders/s", 210_000, True), ("us of server CPU an order", 6, True)],
        )

    def test_too_slow_and_too_dear_is_missed(self) -> None:
        mesh = self.mesh(lambda _: report(199_999, verdicts=500))
        outcome = goals.measure(self.goal("typed"), mesh, TIMES)
        self.assertEqual([verdict.met for verdict in outcome.verdicts], [False, False])

    def test_half_of_the_peak_is_half_of_what_was_just_measured(self) -> None:
        peaks = iter([1, 100_000, 80_000, 120_000])
        mesh = self.mesh(lambda words: report(next(peaks) if "--rate" not in words else 50_000))
        outcome = goals.measure(self.goal("half"), mesh, TIMES)
        self.assertEqual([mesh.rate_of(words) for words in mesh.given], [0, 0, 50_000, 0, 40_000, 0, 60_000])
        self.assertEqual([verdict.met for verdict in outcome.verdicts], [True, True])

    def test_an_open_loop_that_is_refused_misses_its_goal(self) -> None:
        mesh = self.mesh(lambda words: report(500, failed=3 if "--rate" in words else 0))
        outcome = goals.measure(self.goal("paced"), mesh, TIMES)
        self.assertEqual([(verdict.measured, verdict.met) for verdict in outcome.verdicts], [(4, True), (3, False)])

    def overloaded(self, goodput: float, refusal_ms: float, lost: int) -> list[bool]:
        def answer(words: list[str]) -> dict:
            if "--rate" not in words:
                return report(100_000)
            self.assertEqual(words[words.index("--rate") + 1], "500000")
            waits = {"p50": 1, "p99": refusal_ms}
            return report(goodput, failed=4_000 + lost, refused=4_000, refusalMs=waits, sent=300_000)

        outcome = goals.measure(self.goal("overload"), self.mesh(answer), TIMES)
        self.assertEqual(outcome.verdicts[3].measured, 3)
        return [verdict.met for verdict in outcome.verdicts[:3]]

    def test_overload_keeps_its_goodput_and_refuses_quickly(self) -> None:
        self.assertEqual(self.overloaded(80_000, 10, 0), [True, True, True])

    def test_each_way_to_fail_under_overload_is_seen(self) -> None:
        self.assertEqual(self.overloaded(79_999, 10, 0), [False, True, True])
        self.assertEqual(self.overloaded(90_000, 10.1, 0), [True, False, True])
        self.assertEqual(self.overloaded(90_000, 9, 1), [True, True, False])

    def test_the_proxy_is_compared_with_the_rounds_beside_it(self) -> None:
        mesh = self.mesh(lambda words: report(81_000 if "--edge" in words else 100_000))
        self.assertEqual(goals.measure(self.goal("proxy"), mesh, TIMES).verdicts[0].measured, 81)

    def test_a_load_that_took_nothing_is_no_figure(self) -> None:
        with self.assertRaises(servers.Unavailable):
            goals.measure(self.goal("json"), self.mesh(lambda _: report(0, verdicts=0)), TIMES)

    def test_a_service_that_was_started_anew_is_no_figure(self) -> None:
        mesh = self.mesh(lambda _: report(9))
        mesh.pids = mock.Mock(side_effect=[{"feed": 7}, {"feed": 8}])
        with self.assertRaises(servers.Unavailable):
            goals.measure(self.goal("json"), mesh, TIMES)

    def test_every_load_of_a_goal_exists_and_names_differ(self) -> None:
        self.assertTrue({goal.load for goal in goals.GOALS} <= set(loads.FLAGS))
        self.assertEqual(len({goal.name for goal in goals.GOALS}), len(goals.GOALS))

    def test_tables_and_json_say_the_same(self) -> None:
        mesh = self.mesh(lambda _: report(60_000))
        outcome = goals.measure(self.goal("retail"), mesh, TIMES)
        line = goals.to_json(self.goal("retail"), outcome)
        self.assertEqual((line["met"], line["verdicts"][0]["measured"]), (True, 60_000))
        self.assertEqual(line["loads"][0]["cpuMicrosPerOrder"], {"feed": 6})
        row = goals.load_rows({"retail": outcome})[0]
        self.assertEqual(len(row), len(goals.LOAD_HEADINGS))
        self.assertIn("6.0 (64 MiB)", row)


class VerdictTest(unittest.TestCase):
    def test_limits_are_kept_to_the_letter(self) -> None:
        self.assertTrue(measured.Verdict("g", "f", 10, 10).met)
        self.assertFalse(measured.Verdict("g", "f", 9.99, 10).met)
        self.assertTrue(measured.Verdict("g", "f", 10, 10, at_least=False).met)
        self.assertFalse(measured.Verdict("g", "f", 10.01, 10, at_least=False).met)
        self.assertTrue(measured.Verdict("g", "f", 10).met)

    def test_a_row_says_whether_it_is_missed(self) -> None:
        self.assertEqual(
            measured.Verdict("g", "p99 ms", 12.345, 10, False).cells()[2:], ("12.3", "at most 10", "MISSED")
        )
        self.assertEqual(measured.Verdict("g", "bytes", 412).cells()[2:], ("412", "", ""))


class GoalsProgramTest(WithFolder):
    """The whole command but for the mesh."""

    def run_goals(self, *words: str, broken: str = "") -> tuple[int, str]:
        def outcome(goal: goals.Goal, _mesh, _times) -> goals.Outcome:
            if goal.name == broken:
                raise servers.Unavailable("it broke")
            return goals.Outcome([measured.Verdict(goal.name, "orders/s", 5, 4)], {})

        command, out = program("goals"), io.StringIO()
        command.ROOT = self.folder
        (self.folder / "docs").mkdir(exist_ok=True)
        (self.folder / "docs" / "performance.md").write_text("# Performance\n\n## Older\n")
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            stack.enter_context(mock.patch.object(command.signal, "signal"))
            stack.enter_context(mock.patch.object(fresh, "warn_where_busy"))
            stack.enter_context(mock.patch.object(fresh, "mesh", lambda *_: contextlib.nullcontext()))
            stack.enter_context(mock.patch.object(goals, "measure", outcome))
            return command.main(list(words)), out.getvalue()

    def page(self) -> str:
        return (self.folder / "docs" / "performance.md").read_text()

    def test_all_goals_make_the_page(self) -> None:
        code, text = self.run_goals()
        self.assertEqual(code, 0)
        self.assertIn("at least 4", text)
        self.assertIn("| typed | orders/s | 5 | at least 4 | met |", self.page())
        self.assertIn("## Older", self.page())

    def test_a_part_of_them_does_not(self) -> None:
        for words in (("typed",), ("--quick",), ("--no-write",), ("--mesh-env", "A=B")):
            self.assertEqual(self.run_goals(*words)[0], 0)
            self.assertNotIn("typed", self.page())

    def test_what_cannot_be_measured_is_no_success_and_no_page(self) -> None:
        code, text = self.run_goals("-o", "json", broken="rest")
        self.assertEqual(code, 3)
        self.assertEqual(len(text.splitlines()), len(goals.GOALS) - 1)
        self.assertNotIn("typed", self.page())

    def test_an_unknown_goal_is_wrong_usage(self) -> None:
        with self.assertRaises(SystemExit) as ended:
            self.run_goals("speed")
        self.assertEqual(ended.exception.code, 2)


def size(**other) -> growth.Size:
    """Everything as promised, but for `other`."""
    good = measured.load_of(report(95_000), {"feed": 6_000.0})
    empty = measured.load_of(report(100_000), {"feed": 6_000.0})
    memory = {"order-store": growth.Memory(300, 250), "error-store": growth.Memory(40, 30)}
    values = {"stored": 10, "grown": good, "empty": empty, "grown_p99_ms": 3, "empty_p99_ms": 2, "memory": memory}
    values |= {
        "disk_bytes_per_order": 400,
        "watch_per_second": 600_000,
        "watch_cpu_micros": 2,
        "list_p99_ms": {"product": 5, "customer": 6},
    }
    return growth.Size(**(values | {"ready_seconds": 2, "taking_seconds": 3} | other))


class GrowthTest(WithFolder):
    def test_all_that_is_promised_can_be_met_and_missed(self) -> None:
        self.assertTrue(all(verdict.met for verdict in growth.verdicts("1 M", size())))
        slow = measured.load_of(report(89_000), {"feed": 6_000.0})
        for other in (
            {"grown": slow},
            {"grown_p99_ms": 3.1},
            {"memory": {"order-store": growth.Memory(513, 1), "error-store": growth.Memory(1, 1)}},
            {"memory": {"order-store": growth.Memory(1, 1), "error-store": growth.Memory(513, 1)}},
            {"ready_seconds": 11},
            {"watch_per_second": 499_999},
            {"list_p99_ms": {"product": 21, "customer": 1}},
        ):
            missed = [verdict for verdict in growth.verdicts("1 M", size(**other)) if not verdict.met]
            self.assertEqual(len(missed), 1, other)

    def test_memory_is_what_the_kernel_cannot_take_back(self) -> None:
        status = (
            "Name:\tx\nVmHWM:\t  20480 kB\nVmRSS:\t  9 kB\nRssAnon:\t 8192 kB\nRssFile:\t 7 kB\nRssShmem:\t 1024 kB\n"
        )
        self.assertEqual(growth.parse_status(status), growth.Memory(20, 9))

    def test_bytes_on_disk_are_those_that_files_occupy(self) -> None:
        (self.folder / "deep").mkdir()
        (self.folder / "deep" / "file").write_bytes(b"x" * 10_000)
        with open(self.folder / "hole", "wb") as hole:
            hole.truncate(1 << 30)
        self.assertGreaterEqual(growth.bytes_on_disk(self.folder), 10_000)
        self.assertLess(growth.bytes_on_disk(self.folder), 1 << 20)

    def test_a_size_is_everything_that_was_found_there(self) -> None:
        good = measured.load_of(report(95_000), {"feed": 6_000.0})
        empty = measured.load_of(report(100_000), {"feed": 6_000.0})
        watched = {"ordersPerSecond": 7.0, "processes": [{"name": "ordermesh-order-store", "cpuUsPerOrder": 5.5}]}
        mesh = mock.Mock()
        mesh.setting.data = self.folder
        mesh.setting.build = self.folder
        mesh.bench = lambda words: words
        mesh.pids.return_value = {"order-store": 1, "error-store": 2}
        lists = {"product": {"latencyMs": {"p99": 3}}, "customer": {"latencyMs": {"p99": 4}}}

        def run_load(words: list[str], _seconds: float) -> dict:
            if "stats" in words:
                return {"totalCount": "1000"}
            return watched if "watch" in words else lists[words[words.index("--read") + 1]]

        mesh.run_load = run_load
        with contextlib.ExitStack() as stack:
            patches = {
                "rates": lambda *_: (good, empty, 3.0, 2.0),
                "bytes_on_disk": lambda folder: 400_000 if folder.name == "order-store" else 0,
                "memory_of": lambda pid: growth.Memory(pid, pid),
                "kill_under_load": lambda *_: (1.0, 2.0),
            }
            for name, patch in patches.items():
                stack.enter_context(mock.patch.object(growth, name, patch))
            stack.enter_context(mock.patch.object(servers, "say"))
            found = growth.measure(mesh, None, growth.Times(1, 1, 0, 0, 10))
        self.assertEqual(
            (found.stored, found.disk_bytes_per_order, found.rate_percent, found.p99_ratio), (1000, 400, 95, 1.5)
        )
        self.assertEqual((found.watch_per_second, found.watch_cpu_micros), (7, 5.5))
        self.assertEqual(found.list_p99_ms, {"product": 3, "customer": 4})
        self.assertEqual(found.memory["error-store"], growth.Memory(2, 2))

    def test_rounds_take_turns_and_half_is_half_of_the_empty_one(self) -> None:
        taken = []

        def take(mesh: str, load: str, _seconds: float, _settle: float, rate: float = 0) -> measured.Load:
            taken.append((mesh, rate))
            return measured.load_of(report({"empty": 100, "grown": 90}[mesh]), {"feed": 1.0})

        with mock.patch.object(measured, "take", take), mock.patch.object(servers, "say"):
            grown, empty, _, _ = growth.rates(
                "grown", lambda: contextlib.nullcontext("empty"), growth.Times(2, 1, 0, 0, 1)
            )
        self.assertEqual((grown.orders_per_second, empty.orders_per_second), (90, 100))
        once = [("empty", 0), ("grown", 0)] * 2 + [("empty", 50), ("grown", 50)]
        self.assertEqual(taken, once * 2)

    def test_filling_stores_what_is_missing(self) -> None:
        mesh = mock.Mock()
        mesh.run_load.side_effect = [{"totalCount": "400"}, {}]
        mesh.bench = lambda words: words
        mesh.setting.build = self.folder
        mesh.roots.return_value = []
        growth.fill(mesh, 1_000, 0)
        self.assertEqual(mesh.run_load.call_args.args[0][-2:], ["--orders", "600"])

    def test_a_store_that_stays_away_is_no_figure(self) -> None:
        mesh = mock.Mock()
        mesh.port_of.return_value = 1
        with mock.patch.object(growth, "MOST_READY_SECONDS", 0.05), self.assertRaises(servers.Unavailable):
            growth.wait_for_answer(mesh, ["x"], growth.time.monotonic())

    def test_a_kill_ends_that_process_and_the_load_must_not_notice(self) -> None:
        for code, passes in ((0, True), (1, False)):
            victim = subprocess.Popen(["sleep", "60"])
            self.addCleanup(victim.kill)
            mesh = mock.Mock()
            mesh.bench.return_value = ["sh", "-c", f"sleep 0.2; exit {code}"]
            mesh.environment.return_value = {}
            mesh.pids.return_value = {"order-store": victim.pid}
            with mock.patch.object(growth, "wait_for_answer"), contextlib.ExitStack() as stack:
                if not passes:
                    stack.enter_context(self.assertRaises(servers.Unavailable))
                ready, taking = growth.kill_under_load(mesh, 0.1)
                self.assertLessEqual(ready, taking)
            self.assertEqual(victim.wait(5), -9)

    def test_sizes_must_grow(self) -> None:
        command = program("growth")
        self.assertEqual(command.parse_arguments(["--orders", "10,20"]).orders, [10, 20])
        self.assertFalse(command.parse_arguments(["--orders", "10,20"]).write)
        self.assertTrue(command.parse_arguments([]).write)
        for words in ("20,10", "0", "5,5"):
            with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as ended:
                command.parse_arguments(["--orders", words])
            self.assertEqual(ended.exception.code, 2)

    def test_the_section_has_every_size_and_its_loads(self) -> None:
        command = program("growth")
        text = command.section(growth.Times(3, 6, 1, 15, 1000), {"1 M": size(), "10 M": size(ready_seconds=11)})
        self.assertIn("| 10 M | seconds to Ready after kill -9 of the order-store | 11 | at most 10 | MISSED |", text)
        self.assertIn("| 1 M, empty | 100,000 |", text)
        json.dumps([verdict.to_json() for verdict in growth.verdicts("1 M", size())])


if __name__ == "__main__":
    unittest.main()
