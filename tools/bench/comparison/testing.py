"""What the tests of the comparison share."""

import importlib.machinery
import importlib.util
import pathlib
import tempfile
import types
import unittest

from comparison import figures, servers

HERE = pathlib.Path(__file__).resolve().parents[1]


def program(name: str) -> types.ModuleType:
    """A program without a suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader(f"bench_{name}", str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def sample(system: str, mode: str = "batch", number: int = 1, rate: float = 1000, cpu: float = 10) -> figures.Sample:
    return figures.Sample(system, mode, number, rate, cpu, 1.5, 9.25, 400)


class WithFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def setting(self) -> servers.Setting:
        return servers.Setting(self.folder, self.folder / "build", self.folder, 18600)
