"""Tests of tools/bench/gate. usage: python3 tools/bench/gate_test.py"""

import contextlib
import dataclasses
import io
import json
import pathlib
import sys
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from comparison import figures, gate, machine  # noqa: E402
from comparison.testing import WithFolder, program, sample  # noqa: E402


class GateTest(WithFolder):
    """The whole program, on samples in a file: the verdicts of the gate are those of its exit code."""

    KIND = machine.kind()

    def setUp(self) -> None:
        super().setUp()
        self.landed = self.folder / "landed.json"
        self.gate = program("gate")
        self.run_gate(self.samples(), "--land")

    def samples(self, regression: float = 1, mood: float = 1) -> list[figures.Sample]:
        """Three noisy rounds; `mood` is how much slower the machine is, `regression` how much more the mesh needs."""
        result = []
        for number, noise in ((1, 0.97), (2, 1.0), (3, 1.04)):
            result += [sample("limit", "batch", number, cpu=5 * mood), sample("limit", "single", number, cpu=60 * mood)]
            for mode, cpu in (("batch", 17), ("single", 250), ("rest", 340), ("json", 29)):
                result.append(sample("ordermesh", mode, number, cpu=cpu * mood * noise * regression))
        return result

    def run_gate(self, samples: list[figures.Sample], *words: str) -> tuple[int, str]:
        file = self.folder / "samples.json"
        file.write_text(json.dumps([dataclasses.asdict(sample) for sample in samples]))
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), mock.patch.object(
            self.gate.signal, "signal"
        ):
            code = self.gate.main(["--samples", str(file), "--landed", str(self.landed), *words])
        return code, out.getvalue()

    def test_the_same_again_passes(self) -> None:
        code, text = self.run_gate(self.samples())
        self.assertEqual(code, 0, text)
        self.assertEqual(text.count(" ok"), 4)

    def test_a_planted_regression_of_20_percent_fails(self) -> None:
        code, text = self.run_gate(self.samples(regression=1.2))
        self.assertEqual(code, 1, text)
        self.assertEqual(text.count("SLOWER"), 4)
        self.assertIn("+20.0 %", text)

    def test_one_mode_is_enough_to_fail(self) -> None:
        samples = [
            (
                dataclasses.replace(one, cpu_micros_per_order=one.cpu_micros_per_order * 1.2)
                if (one.system, one.mode) == ("ordermesh", "json")
                else one
            )
            for one in self.samples()
        ]
        code, text = self.run_gate(samples)
        self.assertEqual((code, text.count("SLOWER"), text.count(" ok")), (1, 1, 3), text)

    def test_ten_percent_is_noise(self) -> None:
        self.assertEqual(self.run_gate(self.samples(regression=1.1))[0], 0)

    def test_a_slow_machine_is_no_regression_and_hides_none(self) -> None:
        self.assertEqual(self.run_gate(self.samples(mood=1.6))[0], 0)
        self.assertEqual(self.run_gate(self.samples(mood=0.6, regression=1.2))[0], 1)

    def test_a_mode_that_was_not_measured_is_no_pass(self) -> None:
        self.assertEqual(self.run_gate([one for one in self.samples() if one.mode != "rest"])[0], 3)

    def test_another_kind_of_machine_is_not_judged_and_says_so(self) -> None:
        kinds = json.loads(self.landed.read_text())
        self.landed.write_text(json.dumps({"96 x Other": kinds[self.KIND]}))
        code, text = self.run_gate(self.samples(regression=3))
        self.assertEqual(code, 0)
        self.assertIn("nothing has landed on this kind of machine", text)

    def test_a_machine_that_others_use_is_not_judged(self) -> None:
        busy = mock.patch.object(machine, "busy_percent", lambda: 60)
        compare = mock.patch.object(self.gate.run, "compare", side_effect=AssertionError("it measured"))
        with busy, compare, contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as caught:
            self.gate.main(["--landed", str(self.landed)])
        self.assertEqual(caught.exception.code, 3)

    def test_landing_keeps_other_machines(self) -> None:
        kinds = json.loads(self.landed.read_text())
        self.landed.write_text(json.dumps(kinds | {"96 x Other": {"commit": "a"}}))
        self.assertEqual(self.run_gate(self.samples(regression=2), "--land")[0], 0)
        kinds = json.loads(self.landed.read_text())
        self.assertEqual(kinds["96 x Other"], {"commit": "a"})
        self.assertAlmostEqual(kinds[self.KIND]["ratios"]["batch"], 6.8)

    def test_the_landed_file_of_the_project_is_readable(self) -> None:
        for kind in json.loads((HERE / "landed.json").read_text()):
            landed = gate.read_landed(HERE / "landed.json", kind)
            self.assertTrue(all(ratio > 0 for ratio in landed.ratios.values()))


if __name__ == "__main__":
    unittest.main()
