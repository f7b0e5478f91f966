"""The cluster under test: kubectl, helm, the network of a pod, and the files of a node."""

import json
import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failed(Exception):
    """Something did not happen as it must; the text says what."""


def cluster_folder():
    """The folder with `up`, `down`, `load` and `env.sh` of a cluster."""
    return pathlib.Path(os.environ.get('ORDERMESH_CLUSTER', ROOT / '../shared/cluster')).resolve()


def environment():
    """What `env.sh` sets, for kubectl and helm."""
    text = subprocess.run(
        ['bash', '-c', 'set -a; . "$0/env.sh"; env -0', str(cluster_folder())],
        check=True, capture_output=True, text=True).stdout
    return dict(entry.split('=', 1) for entry in text.split('\0') if '=' in entry)


def run(*command, check=True, timeout=120, stdin=None, env=None):
    """Runs a command and gives its standard output; Failed with what it said when it fails."""
    try:
        done = subprocess.run([str(part) for part in command], input=stdin or '', capture_output=True, text=True,
                              timeout=timeout, env=env, cwd=ROOT)
    except subprocess.TimeoutExpired as late:
        raise Failed(f'{command[0]} {command[1]} did not end within {timeout} s') from late
    if check and done.returncode != 0:
        raise Failed(f'{" ".join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}')
    return done.stdout


class Kube:
    """One namespace of the cluster, and the release in it."""

    def __init__(self, namespace, release='ordermesh'):
        self.namespace, self.release = namespace, release
        self.env = environment()
        self.helm_program = str(ROOT / 'build/tools/helm')

    def kubectl(self, *args, check=True, timeout=120, stdin=None):
        return run('kubectl', '-n', self.namespace, *args, check=check, timeout=timeout, stdin=stdin, env=self.env)

    def get(self, *args):
        return json.loads(self.kubectl('get', *args, '-o', 'json'))

    def apply(self, *objects):
        for thing in objects:
            self.kubectl('apply', '--server-side', '--force-conflicts', '-f', '-', stdin=json.dumps(thing))

    def helm(self, *args, timeout=400):
        return run(self.helm_program, '-n', self.namespace, *args, timeout=timeout, env=self.env)

    def upgrade(self, *values, wait='180s'):
        """Installs or upgrades the release with these values files or settings, and gives how long it took."""
        begin = time.monotonic()
        flags = []
        for value in values:
            flags += ['-f', value] if isinstance(value, pathlib.Path) else ['--set-string', value]
        self.helm('upgrade', '--install', self.release, ROOT / 'charts/ordermesh', '--wait', '--timeout', wait, *flags)
        return time.monotonic() - begin

    def pods(self, component=None):
        """Running pods of the mesh that are not being deleted."""
        selector = f'app.kubernetes.io/instance={self.release}'
        if component:
            selector += f',app.kubernetes.io/component={component}'
        found = self.get('pods', '-l', selector)['items']
        return [pod for pod in found if pod['status'].get('phase') in ('Running', 'Pending')
                and 'deletionTimestamp' not in pod['metadata']
                and pod['metadata'].get('ownerReferences', [{}])[0].get('kind') != 'Job']

    def wait_ready(self, component, replicas=None, seconds=120):
        """Returns when so many pods (or: all) of the service are Ready and none else is left."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            pods = self.pods(component)
            ready = [pod for pod in pods if is_ready(pod)]
            if pods and len(ready) == len(pods) and (replicas is None or len(ready) == replicas):
                return
            time.sleep(0.25)
        raise Failed(f'{component} is not ready after {seconds} s:\n'
                     + self.kubectl('get', 'pods', '-o', 'wide', check=False)
                     + self.kubectl('get', 'events', '--sort-by=.lastTimestamp', check=False)[-1500:])

    def pod_process(self, pod):
        """The pid, as seen from here, of a process in the pod's network namespace."""
        mark = 'pod' + pod['metadata']['uid']
        for entry in pathlib.Path('/proc').iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if mark in (entry / 'cgroup').read_text():
                    return entry.name
            except OSError:
                continue
        raise Failed(f'no process of {pod["metadata"]["name"]} is seen here')

    def program_process(self, pod):
        """The pid, as seen from here, of the service itself."""
        mark = 'pod' + pod['metadata']['uid']
        for entry in pathlib.Path('/proc').iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / 'cgroup').read_text() and \
                        b'/app/ordermesh-' in (entry / 'cmdline').read_bytes():
                    return int(entry.name)
            except OSError:
                continue
        raise Failed(f'the program of {pod["metadata"]["name"]} is not seen here')

    @staticmethod
    def kill(process):
        os.kill(process, signal.SIGKILL)

    def in_network_of(self, pod, *command, check=True, timeout=30):
        """Runs a command of this machine in the pod's network: its own image has no shell."""
        return run('nsenter', '-t', self.pod_process(pod), '-n', '--', *command, check=check, timeout=timeout)

    def node_process(self):
        """A process that sees the node's files: mounts made for it are seen by the kubelet."""
        unshare = pathlib.Path(self.env['STATE'], 'pid').read_text().split()[0]
        return pathlib.Path(f'/proc/{unshare}/task/{unshare}/children').read_text().split()[0]

    def on_node(self, *command, check=True):
        return run('nsenter', '-t', self.node_process(), '-m', '-p', '--', *command, check=check)


def is_ready(pod):
    conditions = pod['status'].get('conditions', [])
    return any(c['type'] == 'Ready' and c['status'] == 'True' for c in conditions)


def address_of(pod):
    return pod['status']['podIP']
