"""The mesh in the cluster as its users see it: addresses, keys, imports, statistics, audits."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time
from decimal import Decimal

from kube import ROOT, Failed, run

CLI = ROOT / 'build/bin/ordermesh'
GRPC_PORT, OPERATOR_PORT = 30081, 8082
LABEL = 'cluster-test'


class Mesh:
    def __init__(self, kube, work):
        self.kube, self.work = kube, pathlib.Path(work)
        self.node = kube.get('nodes')['items'][0]['status']['addresses'][0]['address']
        self.grpc = f'{self.node}:{GRPC_PORT}'

    def token(self):
        """A file with a new operator's token, made by the gateway as NOTES.txt says."""
        text = self.kube.kubectl('exec', f'deploy/{self.kube.release}-gateway', '--', '/app/ordermesh-gateway', 'token',
                                 '--jwt_key_file', '/secrets/jwt.pem', '--role', 'operator', '--subject', 'cluster-test',
                                 '--ttl', '12h')
        return self._secret('token', text)

    def _secret(self, name, text):
        path = self.work / name
        path.touch(mode=0o600)
        path.write_text(text.strip() + '\n', encoding='utf-8')
        return path

    @contextlib.contextmanager
    def operator(self):
        """The operators' gRPC, which no NodePort offers, through kubectl port-forward. Gives HOST:PORT."""
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        forward = subprocess.Popen(
            ['kubectl', '-n', self.kube.namespace, 'port-forward', f'deploy/{self.kube.release}-gateway',
             f'{port}:{OPERATOR_PORT}'], env=self.kube.env, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 20
            while True:
                with socket.socket() as attempt:
                    if attempt.connect_ex(('127.0.0.1', port)) == 0:
                        break
                if time.monotonic() > deadline:
                    raise Failed('kubectl port-forward did not open its port')
                time.sleep(0.1)
            yield f'127.0.0.1:{port}'
        finally:
            forward.terminate()
            forward.wait()

    def cli(self, *args, address=None, credential=None, timeout=300, check=True):
        """`ordermesh ARGS -o json` as operator, or with a credential of its own."""
        flags = credential or ['--token_file', self.work / 'token']
        env = {name: value for name, value in os.environ.items() if not name.startswith('ORDERMESH_')}
        if address:
            return json.loads(run(CLI, '--address', address, *flags, *args, '-o', 'json', env=env, timeout=timeout,
                                  check=check))
        with self.operator() as forwarded:
            return self.cli(*args, address=forwarded, credential=flags, timeout=timeout, check=check)

    def key(self, partner):
        """A file with a new API key of the partner, once every gateway knows it; those made before end."""
        with self.operator() as address:
            for old in self.cli('partners', 'keys', 'list', partner, address=address)['keys']:
                if old.get('label') == LABEL and not old.get('revokeTime'):
                    self.cli('partners', 'keys', 'revoke', partner, old['keyId'], address=address)
        made = self.cli('partners', 'keys', 'create', partner, '--label', LABEL)
        path = self._secret(f'key-{partner}', made['key'])
        time.sleep(2)
        return path

    def import_file(self, partner, path):
        """Imports through the gateway's Service, as a partner."""
        return self.cli('import', '--partner', partner, str(path), address=self.grpc,
                        credential=['--api_key_file', self.key(partner)])

    def table(self, partner):
        """What the statistics say of a partner: created, lines, gross, rejected."""
        with self.operator() as address:
            orders, errors = (
                next((p for p in self.cli(what, 'stats', address=address)['partners'] if p['partnerId'] == partner), {})
                for what in ('orders', 'errors'))
        gross = sum(Decimal(a['grossAmount']['units']) + Decimal(a['grossAmount']['nanos']) / 10**9
                    for a in orders.get('amounts', []))
        return {'created': int(orders.get('count', 0)), 'lines': int(orders.get('lineCount', 0)), 'gross': gross,
                'rejected': int(errors.get('count', 0))}

    def audit(self):
        return self.cli('audit', '--rebuild', timeout=560)

    def verify(self, history):
        """K1-K5, K7 and K9 over what the client saw and what the stores hold."""
        with self.operator() as address:
            said = run(ROOT / 'build/bin/ordermesh-steady', 'verify', '--history', history, '--operator', address,
                       '--token_file', self.work / 'token', timeout=580, check=False)
        summary = json.loads(said.strip().splitlines()[-1])
        if not summary['ok']:
            raise Failed(f'a promise was broken: {said[-3000:]}')
        return summary
