#!/usr/bin/env python3
"""The whole of Ordermesh on a real Kubernetes: installed by its chart, used, hurt under load, and checked. See tools/cluster-test."""

import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from decimal import Decimal

import faults
import policy
from kube import ROOT, Failed, Kube, cluster_folder, is_ready, run
from mesh import Mesh
from steady import Faults, Steady

HERE = pathlib.Path(__file__).resolve().parent
NAMESPACE, STRANGERS, RESTORED = 'ordermesh', 'ordermesh-strangers', 'ordermesh-restored'
# The last commit without a chart: what callers see as one version back.
COMMIT_BEFORE = 'a534a58'
# Its gateway sends headers before an error, which gRPC takes for an answer begun: no stub sends such a call again.
BEFORE = ('upgrade to the images before', 'helm rollback to those of now')
VOLUME, VOLUME_MIB = '/var/lib/ordermesh-volume', 1024
READY_SECONDS, WRITE_GAP_SECONDS = 180, 5
REAL = {
    'retail-uk': ('online-retail.csv', {'created': 999, 'lines': 19482, 'gross': Decimal('406456.88'), 'rejected': 407}),
    'olist': ('olist-orders.ndjson', {'created': 3962, 'lines': 4460, 'gross': Decimal('547950.59'), 'rejected': 38}),
}


def say(text):
    print(text, flush=True)


class ClusterTest:
    def __init__(self, options, work):
        self.options, self.work, self.figures = options, work, {}
        self.kube, self.mesh, self.faults = None, None, None

    def cluster(self):
        """A fresh cluster, unless the one that runs is to be kept."""
        folder = cluster_folder()
        if not self.options.keep_cluster:
            run(folder / 'down', '--purge', check=False, timeout=300)
        run(folder / 'up', timeout=1800)
        self.kube = Kube(NAMESPACE)
        self.mesh = Mesh(self.kube, self.work)

    def images(self):
        """The images of now and those of the commit before, in the cluster."""
        load = cluster_folder() / 'load'
        run(ROOT / 'tools/images', '--load', load, timeout=1800)
        before = ROOT / 'dist/images-before'
        if not (before / 'digests.json').exists():
            run(ROOT / 'tools/images', '--commit', COMMIT_BEFORE, '--tag', 'before', '--output', before, timeout=3000)
        for archive in sorted(before.glob('*.tar')):
            run(load, archive)

    def namespaces(self):
        for name in (NAMESPACE, STRANGERS, RESTORED):
            self.kube.apply({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {
                'name': name, 'labels': {'pod-security.kubernetes.io/enforce': 'restricted'}}})
        self.volume()

    def volume(self):
        """A volume with an end: local-path enforces no size, a small ext4 does."""
        kube = self.kube
        if VOLUME in kube.on_node('cat', '/proc/mounts'):
            return
        image = pathlib.Path(kube.env['STATE'], 'volume.img')
        # A node that was started again has its files but not its mounts.
        make = '' if image.exists() else f'truncate -s {VOLUME_MIB}M {image} && mkfs.ext4 -q -F {image} && '
        kube.on_node('sh', '-c', f'{make}mkdir -p {VOLUME} && mount -o loop {image} {VOLUME} && '
                     f'chown 10001:10001 {VOLUME} && chmod 0770 {VOLUME}')
        kube.apply({'apiVersion': 'v1', 'kind': 'PersistentVolume', 'metadata': {'name': 'ordermesh-loop'}, 'spec': {
            'capacity': {'storage': '1Gi'}, 'accessModes': ['ReadWriteOnce'], 'storageClassName': 'ordermesh-loop',
            'persistentVolumeReclaimPolicy': 'Retain', 'hostPath': {'path': VOLUME}}})

    def upgrade(self, *values, wait='240s'):
        tag = [f'image.tag={self.options.tag}'] if self.options.tag else []
        return self.kube.upgrade(HERE / 'values.yaml', *tag, *values, wait=wait)

    def install(self):
        """helm install, everything Ready within three minutes, helm test."""
        self.figures['ready_seconds'] = round(self.upgrade(wait=f'{READY_SECONDS}s'), 1)
        say(f"  all Ready after {self.figures['ready_seconds']} s")
        self.kube.helm('test', self.kube.release, '--timeout', '120s')
        self.mesh.token()

    def data(self):
        """The real orders through the gateway's Service give the known table, and again change nothing."""
        folder = pathlib.Path(os.environ.get('ORDERMESH_REAL_DATA', ROOT / '../shared/data'))
        if not folder.exists():
            say('  no real orders here (ORDERMESH_REAL_DATA): not imported')
            return
        for partner, (file, table) in REAL.items():
            first = self.mesh.import_file(partner, folder / file)
            again = self.mesh.import_file(partner, folder / file)
            if self.mesh.table(partner) != table:
                raise Failed(f'{partner}: {self.mesh.table(partner)} in place of {table}')
            if again['created'] != 0 or again['replayed'] != first['created']:
                raise Failed(f'{partner} imported again: {again}')
            say(f'  {partner}: {first["created"]} created, {first["rejected"]} rejected; again: nothing new')

    def manifests(self):
        """The API server takes every object of the golden renders under Pod Security "restricted"."""
        for line in run(ROOT / 'tests/chart/server', STRANGERS, env=self.kube.env, timeout=300).strip().splitlines():
            say(f'  {line}')

    def matrix(self):
        """Pod to pod, what the network policy allows and refuses."""
        strangers = Kube(STRANGERS)
        image = self.kube.pods('order-store')[0]['spec']['containers'][0]['image']
        restricted = {'allowPrivilegeEscalation': False, 'capabilities': {'drop': ['ALL']}, 'readOnlyRootFilesystem': True}
        strangers.apply({'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'stranger'}, 'spec': {
            'securityContext': {'runAsNonRoot': True, 'runAsUser': 10001, 'seccompProfile': {'type': 'RuntimeDefault'}},
            'containers': [{'name': 'stranger', 'image': image, 'args': ['--insecure', '--data=/data'],
                            'securityContext': restricted, 'volumeMounts': [{'name': 'data', 'mountPath': '/data'}]}],
            'volumes': [{'name': 'data', 'emptyDir': {}}]}})
        strangers.kubectl('wait', 'pod/stranger', '--for=condition=Ready', '--timeout=60s')
        wrong, tried = policy.differences(self.kube, strangers.get('pod', 'stranger'))
        strangers.kubectl('delete', 'pod', 'stranger', '--wait=false')
        self.figures['connections'] = tried
        if wrong:
            raise Failed('the network policy differs:\n  ' + '\n  '.join(wrong))
        say(f'  {tried} connections tried, all as promised')

    @contextlib.contextmanager
    def load(self, name):
        """Steady load, and afterwards the proof that nothing was lost or doubled."""
        history = self.work / f'history-{name}'
        load = Steady(self.mesh.grpc, self.mesh.key('partner-b'), history, self.options.rate)
        self.faults = Faults(load)
        try:
            yield self.faults
        except BaseException:
            load.process.kill()
            raise
        last = load.stop()
        summary = self.mesh.verify(history)
        say(f'  {json.dumps(summary)}')
        self.figures[name] = {'summary': summary, 'final': last, 'faults': self.faults.rows, 'seconds': load.samples,
                              'gap_p99_seconds': self.faults.p99_after_end()}
        say(self.faults.table())
        if any(row['failed_calls'] for row in self.faults.rows if row['fault'] not in BEFORE):
            raise Failed(f"{last['failed']} calls failed for good: {last['failures'][:5]}")
        if self.faults.p99_after_end() > WRITE_GAP_SECONDS:
            raise Failed(f'the write gap after the end of a fault is {self.faults.p99_after_end()} s at p99')

    def hurt(self):
        """Each fault in turn, under load."""
        kube, node = self.kube, self.kube.get('nodes')['items'][0]['metadata']['name']
        with self.load('faults') as under:
            for service in faults.SERVICES:
                under.run(f'delete a pod of {service}', lambda service=service: faults.delete_pod(kube, service))
            for service in faults.SERVICES:
                under.run(f'kill -9 in {service}', lambda service=service: faults.kill_container(kube, service))
            for service in ('feed', 'validation', 'order-store'):
                under.run(f'cut the network of {service}, 10 s',
                          lambda service=service: faults.cut_network(kube, service, 10))
            under.run('cordon, evict, uncordon',
                      lambda: faults.cordon_evict_uncordon(kube, node, ('gateway', 'feed', 'validation', 'order-store')))
            under.run('fill the volume of order-store', lambda: faults.fill_volume(kube, VOLUME, under.load.is_flowing, 5))
            under.run('rotate the authority and all certificates',
                      lambda: faults.rotate_certificates(kube, self.upgrade))
            for service in ('feed', 'validation'):
                for replicas in (1, self.options.most_pods, 2):
                    under.run(f'scale {service} to {replicas}',
                              lambda s=service, n=replicas: faults.scale(kube, s, 'deployment', n))

    def versions(self):
        """R15: back to the images of the commit before, forward again, and a change of the record's format."""
        version_2 = 'services.order-store.env.ORDERMESH_RECORD_VERSION=2'
        with self.load('versions') as under:
            under.run(BEFORE[0], lambda: self.upgrade(HERE / 'before.yaml'))
            under.run(BEFORE[1], lambda: self.kube.helm(
                'rollback', self.kube.release, '--wait', '--timeout', '240s'))
            under.run('records of version 2', lambda: self.upgrade(version_2))
            under.run('records of version 1 again', lambda: self.upgrade())
            under.run('an old order-store meets records of version 2', self.old_store_refuses)

    def old_store_refuses(self):
        """It must not serve: neither skip what it cannot read nor become Ready."""
        self.kube.kubectl('set', 'image', f'statefulset/{self.kube.release}-order-store', '*=ordermesh/order-store:before')
        deadline = time.monotonic() + 60
        while not any(faults.restarts(pod) for pod in self.kube.pods('order-store')
                      if pod['spec']['containers'][0]['image'].endswith(':before')):
            if any(is_ready(pod) and pod['spec']['containers'][0]['image'].endswith(':before')
                   for pod in self.kube.pods('order-store')):
                raise Failed('an order-store of the version before serves records that it cannot read')
            if time.monotonic() > deadline:
                raise Failed('the order-store of the version before neither serves nor refuses')
            time.sleep(0.5)
        # A StatefulSet waits for a pod that never gets ready: it is deleted by hand.
        self.kube.kubectl('rollout', 'undo', f'statefulset/{self.kube.release}-order-store')
        self.kube.kubectl('delete', 'pod', f'{self.kube.release}-order-store-0')
        self.kube.wait_ready('order-store', 1)

    def autoscaling(self):
        """The HPA adds a pod of feed under load and removes it afterwards."""
        name = f'{self.kube.release}-feed'
        self.upgrade(HERE / 'autoscaling.yaml')
        self.wait_replicas(name, lambda count: count == 1, 300)
        begin = time.monotonic()
        with self.load('autoscaling'):
            self.wait_replicas(name, lambda count: count > 1, 300)
            added = time.monotonic() - begin
        begin = time.monotonic()
        self.wait_replicas(name, lambda count: count == 1, 300)
        self.figures['autoscaling'] = {'added_after_seconds': round(added), 'removed_after_seconds': round(time.monotonic() - begin)}
        say(f"  {self.figures['autoscaling']}")
        self.upgrade()

    def wait_replicas(self, name, good, seconds):
        deadline = time.monotonic() + seconds
        while not good(self.kube.get('deployment', name)['status'].get('readyReplicas', 0)):
            if time.monotonic() > deadline:
                raise Failed(self.kube.kubectl('describe', 'hpa', name, check=False)[-2000:])
            time.sleep(1)

    def backup(self):
        """The CronJob's backup, and the restored mesh in another namespace: audit clean, the same state."""
        claim = {'apiVersion': 'v1', 'kind': 'PersistentVolumeClaim', 'metadata': {'name': 'backups'}, 'spec': {
            'accessModes': ['ReadWriteOnce'], 'resources': {'requests': {'storage': '1Gi'}}}}
        self.kube.apply(claim)
        self.upgrade(HERE / 'backup.yaml')
        self.kube.kubectl('create', 'job', 'backup-now', f'--from=cronjob/{self.kube.release}-backup')
        self.kube.kubectl('wait', 'job/backup-now', '--for=condition=Complete', '--timeout=180s', timeout=200)
        before = self.mesh.audit()
        self.figures['restore_seconds'] = self.restore()
        after = Mesh(Kube(RESTORED), self.work)
        after.token()
        audit = after.audit()
        if not audit['ok'] or state_of(audit) != state_of(before):
            raise Failed(f'restored: {state_of(audit)}, before: {state_of(before)}')
        say(f"  restored and Ready in {self.figures['restore_seconds']} s, state {state_of(audit)}")
        Kube(RESTORED).helm('uninstall', 'ordermesh', '--wait')
        self.mesh.token()

    def restore(self):
        """The backups' volume moves to the other namespace; a new release fills its stores from it."""
        volume = self.kube.get('pvc', 'backups')['spec']['volumeName']
        self.kube.kubectl('patch', 'pv', volume, '-p', '{"spec": {"persistentVolumeReclaimPolicy": "Retain"}}')
        self.kube.kubectl('delete', 'job', 'backup-now')
        self.upgrade()
        self.kube.kubectl('delete', 'pvc', 'backups')
        self.kube.kubectl('patch', 'pv', volume, '--type=json', '-p', '[{"op": "remove", "path": "/spec/claimRef"}]')
        restored = Kube(RESTORED)
        size = self.kube.get('pv', volume)['spec']
        restored.apply({'apiVersion': 'v1', 'kind': 'PersistentVolumeClaim', 'metadata': {'name': 'backups'}, 'spec': {
            'accessModes': ['ReadWriteOnce'], 'storageClassName': size['storageClassName'], 'volumeName': volume,
            'resources': {'requests': {'storage': '1Gi'}}}})
        secret = self.kube.get('secret', f'{self.kube.release}-secrets')
        restored.apply({'apiVersion': 'v1', 'kind': 'Secret', 'metadata': {'name': 'ordermesh-keys'}, 'data': secret['data']})
        tag = [f'image.tag={self.options.tag}'] if self.options.tag else []
        return round(restored.upgrade(HERE / 'restored.yaml', *tag, wait='300s'), 1)

    def audit(self):
        audit = self.mesh.audit()
        if not audit['ok']:
            raise Failed(f'audit: {json.dumps(audit)[:2000]}')
        say(f'  ok, state {state_of(audit)}')


def state_of(audit):
    """What two meshes with the same orders have in common."""
    return {f"{store['store']}-{store['shard']}": {key: store[key] for key in ('rows', 'lastPosition', 'stateHash')}
            for store in audit['stores']}


PARTS = ('cluster', 'images', 'namespaces', 'manifests', 'install', 'data', 'matrix', 'hurt', 'versions', 'autoscaling', 'audit',
         'backup')


def options_of(arguments):
    parser = argparse.ArgumentParser(prog='tools/cluster-test', description=__doc__)
    parser.add_argument('parts', nargs='*', metavar='PART', help=f'what to run (default: all): {", ".join(PARTS)}')
    parser.add_argument('--rate', type=int, default=2000, help='orders a second under load')
    parser.add_argument('--most-pods', type=int, default=10, help='to how many pods feed and validation are scaled')
    parser.add_argument('--keep-cluster', action='store_true', help='use the cluster and the images that are there')
    parser.add_argument('--tag', help='tag of images that are in the cluster already (default: the chart\'s version)')
    parser.add_argument('--figures', type=pathlib.Path, help='write the figures there as JSON')
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f'there is no part {", ".join(sorted(unknown))}')
    return options


def main(arguments):
    options = options_of(arguments)
    failures = []
    with tempfile.TemporaryDirectory(prefix='ordermesh-cluster-') as work:
        test = ClusterTest(options, pathlib.Path(work))
        for part in PARTS:
            if options.parts and part not in options.parts and part != 'cluster':
                continue
            if options.keep_cluster and part == 'images' and 'images' not in options.parts:
                continue
            say(f'{part}: {(getattr(test, part).__doc__ or "").splitlines()[0] if getattr(test, part).__doc__ else ""}')
            begin = time.monotonic()
            try:
                if part not in ('cluster', 'images', 'namespaces', 'manifests', 'install'):
                    test.mesh.token()
                getattr(test, part)()
            except (Failed, subprocess.SubprocessError) as failure:
                say(f'  FAILED: {failure}')
                failures.append(part)
                if part in ('cluster', 'images', 'namespaces', 'install'):
                    break
            say(f'  {part} took {time.monotonic() - begin:.0f} s')
        if options.figures:
            options.figures.write_text(json.dumps(test.figures, indent=1, default=str) + '\n', encoding='utf-8')
    say(f'cluster-test: {"FAILED: " + ", ".join(failures) if failures else "all parts passed"}')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
