"""Tests of tools/bench/profile. usage: python3 tools/bench/profile_test.py"""

import collections
import contextlib
import io
import pathlib
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from comparison import loads, profile  # noqa: E402
from comparison.servers import Unavailable  # noqa: E402
from comparison.testing import WithFolder, program  # noqa: E402

# What perf script prints: leaf first, the kernel's frames before those of the process.
SCRIPT = """\
writer/1 7/9:
        ffff81 finish_task_switch ([kernel.kallsyms])
        7f01 rocksdb::DB::Get(rocksdb::ReadOptions const&) (/usr/lib/librocksdb.so.7.8.3)
        5501 ordermesh::order_store::Writer::Loop (/x/bin/ordermesh-order-store)
        7f02 start_thread (/usr/lib/libc.so.6)
        7f03 clone3 (/usr/lib/libc.so.6)

writer/2 7/10:
        7f04 [unknown] (/usr/lib/libjemalloc.so.2)
        5501 ordermesh::order_store::Writer::Loop (/x/bin/ordermesh-order-store)
        7f02 start_thread (/usr/lib/libc.so.6)
        7f03 clone3 (/usr/lib/libc.so.6)

other thread 8/8:
        5502 f(int) (/x/bin/other)
        5502 f(int) (/x/bin/other)
"""


class FoldTest(unittest.TestCase):
    def setUp(self) -> None:
        self.found = profile.fold(SCRIPT.splitlines(keepends=True))

    def test_stacks_begin_with_the_thread_and_end_with_the_leaf(self) -> None:
        self.assertEqual(
            profile.folded(self.found[7].stacks).splitlines(),
            [
                "writer;clone3;start_thread;order_store::Writer::Loop;[libjemalloc.so.2] 1",
                "writer;clone3;start_thread;order_store::Writer::Loop;rocksdb::DB::Get;finish_task_switch_[k] 1",
            ],
        )

    def test_processes_are_apart_and_the_last_sample_counts(self) -> None:
        self.assertEqual(profile.folded(self.found[8].stacks), "other thread;f;f 1\n")

    def test_a_summary_counts_a_function_once_a_stack(self) -> None:
        found = profile.summary(self.found[8])
        self.assertEqual((found.own, found.inclusive, found.whole), ([("f", 1)], [("f", 1)], 0))

    def test_a_summary_says_where_the_time_is_spent(self) -> None:
        found = profile.summary(self.found[7])
        self.assertEqual((found.samples, found.whole), (2, 1))
        self.assertEqual(found.threads, [("writer", 1)])
        self.assertEqual(dict(found.libraries), {"kernel": 0.5, "libjemalloc": 0.5})
        self.assertEqual(dict(found.own), {"finish_task_switch_[k]": 0.5, "[libjemalloc.so.2]": 0.5})
        self.assertEqual(found.inclusive[0], ("order_store::Writer::Loop", 1))
        self.assertNotIn("clone3", dict(found.inclusive))
        text = profile.words("order-store", 10, found, top=1)
        self.assertIn("100.0 %    10.000 us  order_store::Writer::Loop", text)


class NamesTest(unittest.TestCase):
    def test_names_are_short_and_operators_stay(self) -> None:
        for symbol, short in {
            "ordermesh::rpc::BatchStream<A, std::vector<B<C>>>::Write(A&&)": "rpc::BatchStream::Write",
            "std::operator<< <std::char_traits<char> >": "std::operator<<",
            "Map<int>::operator->": "Map::operator->",
            "(anonymous namespace)::Fsync(int) [clone .cold]": "Fsync",
            "Run<(lambda(int)#1)>::operator()": "Run::operator()",
            "main": "main",
            "google.golang.org/grpc/internal/transport.(*loopyWriter).run": (
                "google.golang.org/grpc/internal/transport.(*loopyWriter).run"
            ),
        }.items():
            self.assertEqual(profile.short_name(symbol), short)

    def test_a_frame_cannot_break_a_folded_line(self) -> None:
        self.assertEqual(profile.frame_name("a;b", "/x"), "a:b")

    def test_threads_of_a_pool_are_one(self) -> None:
        self.assertEqual({profile.thread_name(name) for name in ("examine-1", "examine-12", "examine")}, {"examine"})


class FlameGraphTest(unittest.TestCase):
    def draw(self, *sizes: int) -> tuple[str, list[str]]:
        """Draws with a program whose pictures have these sizes, one after the other."""
        calls = []

        def run(command: list[str], **_) -> mock.Mock:
            calls.append(command[-1])
            return mock.Mock(returncode=0, stdout="x" * sizes[len(calls) - 1])

        with mock.patch.object(profile.subprocess, "run", run):
            return profile.flame_graph(collections.Counter({("t", "f"): 1}), "title"), calls

    def test_narrow_functions_are_left_out_until_it_is_small(self) -> None:
        text, calls = self.draw(profile.MOST_SVG_BYTES + 1, profile.MOST_SVG_BYTES)
        self.assertEqual((len(text), calls), (profile.MOST_SVG_BYTES, ["--minwidth=0.5", "--minwidth=1"]))

    def test_one_that_stays_too_large_is_refused(self) -> None:
        with self.assertRaises(Unavailable):
            self.draw(*[profile.MOST_SVG_BYTES + 1] * 6)


class LoadsTest(unittest.TestCase):
    def test_an_open_loop_has_a_rate_and_no_window(self) -> None:
        words = loads.flags("batch", 2.5, rate=500)
        self.assertNotIn("--window", words)
        self.assertNotIn("2048", words)
        self.assertEqual(words[-2:], ["--rate", "500"])
        self.assertIn("--window", loads.flags("batch", 2.5))

    def test_every_load_has_words(self) -> None:
        self.assertEqual(set(loads.FLAGS), set(loads.WORDS))


class TellTest(WithFolder):
    """What is printed and written of two samples."""

    def tell(self, *words: str) -> tuple[str, pathlib.Path]:
        command, out = program("profile"), io.StringIO()
        command.ROOT = self.folder
        docs = self.folder / "docs"
        docs.mkdir(exist_ok=True)
        (docs / "performance.md").write_text("# Performance\n\n## Older\n")
        found = {"order-store": profile.fold(SCRIPT.splitlines())[7]}
        report = {"ordersPerSecond": 1234.0, "processes": [{"name": "ordermesh-order-store", "cpuUsPerOrder": 8.0}]}
        with contextlib.redirect_stdout(out), mock.patch.object(profile, "flame_graph", lambda *_: "<svg/>"):
            self.assertEqual(command.tell(command.parse_arguments(list(words)), report, found), 0)
        return out.getvalue(), docs

    def test_the_page_names_the_largest_parts_and_the_flame_graph(self) -> None:
        text, docs = self.tell("--shape", "json")
        self.assertIn("order-store: 8.00 us CPU an order", text)
        self.assertTrue((docs / "flame" / "json-order-store.svg").exists())
        page = (docs / "performance.md").read_text()
        self.assertIn("`tools/bench/profile --shape json`: where the time goes", page)
        self.assertIn("`kernel` 50 %", page)
        self.assertIn("(flame/json-order-store.svg)", page)

    def test_docs_can_be_left_as_they_are(self) -> None:
        _, docs = self.tell("--no-write", "--keep", str(self.folder / "kept"))
        self.assertFalse((docs / "flame").exists())
        self.assertNotIn("where the time goes", (docs / "performance.md").read_text())
        self.assertEqual((self.folder / "kept" / "batch-order-store.folded").read_text().count("writer;"), 2)


class CommandLineTest(unittest.TestCase):
    def test_no_shape_but_those_is_taken(self) -> None:
        with mock.patch("sys.stderr"), self.assertRaises(SystemExit) as ended:
            program("profile").parse_arguments(["--shape", "octagon"])
        self.assertEqual(ended.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
