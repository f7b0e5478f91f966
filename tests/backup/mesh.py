"""A local mesh for the tests of backups, and the programs that they run against it."""
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUILD = Path(os.environ.get('ORDERMESH_BUILD', 'build'))
STORES = ('order-store', 'error-store', 'partners')
# What is not part of a backup, and must be there for partners' keys and operators' tokens to go on working.
SECRETS = ('secrets', 'credentials.json')


class Failure(Exception):
    """What the test says is wrong."""


def check(what, got, want):
    if got != want:
        raise Failure(f'{what}: got {got!r}, want {want!r}')


def wait_until(what, condition, seconds=30.0):
    """Polls, because the condition is another process's."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f'{what}: not within {seconds} s')
        time.sleep(0.002)


def free_ports():
    """The first of a block of 40 ports of which the mesh's are free."""
    while True:
        base = 20000 + 40 * random.randrange(280)
        with contextlib.ExitStack() as sockets:
            try:
                for port in [base, base + 1, *range(base + 10, base + 36)]:
                    one = sockets.enter_context(socket.socket())
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    one.bind(('127.0.0.1', port))
            except OSError:
                continue
        return base


class Mesh:
    """Local processes with data of their own, between up() and down()."""

    def __init__(self, folder):
        self.data = Path(folder)
        port = free_ports()
        self.env = dict(os.environ, ORDERMESH_DATA=str(self.data), ORDERMESH_HTTP_PORT=str(port),
                        ORDERMESH_GRPC_PORT=str(port + 1), ORDERMESH_API_KEY='', ORDERMESH_TOKEN='')

    def up(self):
        """Gives the seconds until every service was ready."""
        began = time.monotonic()
        subprocess.run(['tools/up', '--detach', '--no-demo', '--no-build'], env=self.env, check=True,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return time.monotonic() - began

    def down(self):
        subprocess.run(['tools/down', '--quiet'], env=self.env, stdin=subprocess.DEVNULL, check=False)

    def pid(self, store):
        return int((self.data / 'run' / f'ordermesh-{store}.pid').read_text())

    def start(self, *arguments, env=None):
        """The CLI, not waited for."""
        return subprocess.Popen([BUILD / 'bin/ordermesh', *arguments], env=dict(self.env, **(env or {})),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, code=0, env=None):
        """The CLI with -o json; gives the document, or what it said on stderr where it says no document."""
        process = self.start(*arguments, '-o', 'json', env=env)
        out, err = process.communicate(timeout=300)
        if process.returncode != code:
            raise Failure(f'{" ".join(arguments)}: exit {process.returncode}, want {code}: {out}{err}')
        return json.loads(out) if out else err

    def start_bench(self, *arguments):
        return subprocess.Popen([BUILD / 'bin/ordermesh-bench', '-o', 'json', *arguments], env=self.env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def bench(self, *arguments):
        """Gives its report."""
        out, err = (process := self.start_bench(*arguments)).communicate(timeout=600)
        if process.returncode != 0:
            raise Failure(f'bench {" ".join(arguments)}: exit {process.returncode}: {err}{out}')
        return json.loads(out)

    def create(self, to, env=None):
        return self.run('backup', 'create', '--to', to, env=env)

    def audits(self):
        """State hashes by store, of audits that make everything derived again."""
        report = self.run('audit', '--rebuild')
        check('the audit', report['ok'], True)
        return {store['store']: store['stateHash'] for store in report['stores']}


def restore(mesh, source, data, store, *arguments, code=0, env=None):
    return mesh.run('backup', 'restore', '--from', source, '--store', store, '--data', str(data), *arguments, code=code,
                    env=env)


def restore_all(mesh, source, to):
    """Every store into the data folder of a new mesh, and what is not part of a backup from the old one."""
    for store in STORES:
        check(f'restored {store}', restore(mesh, source, to.data / store, store)['restored'], True)
    for name in SECRETS:
        copy = shutil.copytree if (mesh.data / name).is_dir() else shutil.copy2
        copy(mesh.data / name, to.data / name)


def by_store(backup, field):
    return {store['store']: store[field] for store in backup['stores']}


@contextlib.contextmanager
def test_folder():
    # Who ends the test ends its mesh too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix='ordermesh-backup-', dir=os.environ.get('TMPDIR'))
    try:
        yield Path(folder)
    finally:
        if 'ORDERMESH_KEEP_DATA' not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
