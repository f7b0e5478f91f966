"""Tests of tests/onboarding/run with pages of their own. usage: python3 tests/onboarding/run_test.py"""

import importlib.machinery
import importlib.util
import os
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
_loader = importlib.machinery.SourceFileLoader("run", str(pathlib.Path(__file__).with_name("run")))
run = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", _loader))
sys.modules["run"] = run
_loader.exec_module(run)


def page(*blocks: str) -> str:
    return "# A page\n\n" + "\n\ntext\n\n".join(blocks) + "\n"


class RunTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_page(self, *blocks: str) -> int:
        return run.run_page(page(*blocks), self.folder, dict(os.environ))

    def refuse(self, *blocks: str) -> None:
        with self.assertRaises((run.Mismatch, ValueError)):
            self.run_page(*blocks)

    def test_files_are_written_and_commands_see_them(self) -> None:
        blocks = ("```yaml file=a/b.yaml\nx: 1\n```", "```sh run\ncat a/b.yaml\n```", "```text output\nx: 1\n```")
        self.assertEqual(self.run_page(*blocks), 1)

    def test_other_blocks_do_not_count(self) -> None:
        self.assertEqual(self.run_page("```sh\nfalse\n```", "```\nfalse\n```"), 0)

    def test_other_output_fails(self) -> None:
        self.refuse("```sh run\necho 1\n```", "```text output\n2\n```")

    def test_a_command_that_fails_fails_the_page(self) -> None:
        self.refuse("```sh run\nfalse\n```")
        self.refuse("```sh run\nfalse | true\n```")

    def test_json_is_compared_as_values(self) -> None:
        command = """echo '{ "b": 1, "a": ["x"] }'"""
        self.run_page(f"```sh run\n{command}\n```", '```json output\n{"a": ["x"], "b": 1}\n```')

    def test_json_with_more_less_or_other_members_fails(self) -> None:
        for printed in ('{"a": 1, "b": 2}', "{}", '{"a": 2}', '{"a": "1"}', '{"a": true}', "[]", "nonsense"):
            with self.subTest(printed):
                self.refuse(f"```sh run\necho '{printed}'\n```", '```json output\n{"a": 1}\n```')

    def test_a_placeholder_stands_for_any_text_but_none(self) -> None:
        self.run_page("```sh run\necho at noon\n```", "```text output\nat <time>\n```")
        self.refuse("```sh run\necho 'at '\n```", "```text output\nat <time>\n```")

    def test_the_same_id_is_the_same_text_all_over_the_page(self) -> None:
        def blocks(second: str) -> tuple[str, ...]:
            return ("```sh run\necho 7\n```", "```text output\n<order id>\n```",
                    f"```sh run\necho '{{\"id\": \"{second}\"}}'\n```", '```json output\n{"id": "<order id>"}\n```')
        self.run_page(*blocks("7"))
        self.refuse(*blocks("8"))

    def test_within_repeats_until_the_output_fits(self) -> None:
        command = "test -e there && echo yes || { touch there; echo no; }"
        self.run_page(f"```sh run within=5s\n{command}\n```", "```text output\nyes\n```")

    def test_within_ends(self) -> None:
        self.refuse("```sh run within=1s\necho no\n```", "```text output\nyes\n```")

    def test_a_malformed_page_is_refused(self) -> None:
        self.refuse("```sh rum\nfalse\n```")
        self.refuse("```text output\nx\n```")
        self.refuse("```yaml file=../x\nx\n```")
        self.refuse("```sh run\ntrue\n")

    def test_addresses_and_partner_are_those_of_the_mesh(self) -> None:
        text = "curl http://127.0.0.1:8080/api/feed/acme < acme.key; nc 127.0.0.1:8081"
        adapted = run.adapt(text, {"http": "127.0.0.1:1", "grpc": "127.0.0.1:2"}, "acme-2")
        self.assertEqual(adapted, "curl http://127.0.0.1:1/api/feed/acme-2 < acme-2.key; nc 127.0.0.1:2")

    def test_the_onboarding_page_is_understood(self) -> None:
        blocks = run.read_blocks((run.PROJECT / "docs/onboarding.md").read_text())
        self.assertEqual([block.name for block in blocks if block.kind == "file"],
                         ["order.json", "acme.yaml", "acme/mapping.yaml", "acme/examples/first-order.yaml"])
        self.assertGreaterEqual(sum(block.kind == "run" for block in blocks), 3)


if __name__ == "__main__":
    unittest.main()
