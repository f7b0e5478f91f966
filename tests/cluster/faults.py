"""What is done to the mesh under load. Each function returns when the fault is over."""

import base64
import time

from kube import Failed, address_of, is_ready

SERVICES = ('gateway', 'feed', 'validation', 'order-store', 'error-store', 'partners')
CERTIFICATE_SECONDS = 150


def delete_pod(kube, service):
    """Deletes one pod as an operator would, and waits for the one that replaces it."""
    pods = kube.pods(service)
    kube.kubectl('delete', 'pod', pods[0]['metadata']['name'], '--wait=true')
    kube.wait_ready(service, len(pods))


def kill_container(kube, service):
    """kill -9 of the process: the kubelet starts it again in the same pod."""
    pod = kube.pods(service)[0]
    name, before = pod['metadata']['name'], restarts(pod)
    process = kube.program_process(pod)
    kube.kill(process)
    deadline = time.monotonic() + 60
    while True:
        pod = kube.get('pod', name)
        if restarts(pod) > before and is_ready(pod):
            return
        if time.monotonic() > deadline:
            raise Failed(f'{name} was not started again')
        time.sleep(0.2)


def restarts(pod):
    return sum(status['restartCount'] for status in pod['status'].get('containerStatuses', []))


def cut_network(kube, service, seconds):
    """Drops every packet of one pod, both ways; connections stay open and silent."""
    pod = kube.pods(service)[0]
    rules = [(chain, '-j', 'DROP') for chain in ('INPUT', 'OUTPUT')]
    for rule in rules:
        kube.in_network_of(pod, 'iptables', '-I', *rule)
    try:
        time.sleep(seconds)
    finally:
        for rule in rules:
            kube.in_network_of(pod, 'iptables', '-D', *rule)
    kube.wait_ready(service)


def scale(kube, service, kind, replicas):
    kube.kubectl('scale', f'{kind}/{kube.release}-{service}', f'--replicas={replicas}')
    kube.wait_ready(service, replicas, seconds=240)


def cordon_evict_uncordon(kube, node, services):
    """The node takes no pods, one of each service is evicted through its disruption budget, and the node comes back."""
    counts = {service: len(kube.pods(service)) for service in services}
    kube.kubectl('cordon', node)
    try:
        for service in services:
            pod = kube.pods(service)[0]['metadata']['name']
            kube.kubectl('create', '--raw', f'/api/v1/namespaces/{kube.namespace}/pods/{pod}/eviction', '-f', '-',
                         stdin='{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "%s"}}' % pod)
        time.sleep(3)
    finally:
        kube.kubectl('uncordon', node)
    for service, count in counts.items():
        kube.wait_ready(service, count)


def fill_volume(kube, path, is_flowing, seconds):
    """Leaves no free byte on the volume until orders stop, and for a while longer."""
    free, size = map(int, kube.on_node('stat', '-f', '-c', '%a %S', path).split())
    try:
        kube.on_node('fallocate', '-l', str(max(free * size, 1)), f'{path}/filler')
        deadline = time.monotonic() + 120
        while is_flowing():
            # What the store frees meanwhile is taken too.
            kube.on_node('sh', '-c', f'cat /dev/zero >>{path}/filler 2>/dev/null; true')
            if time.monotonic() > deadline:
                raise Failed('orders flow on although the volume is full')
            time.sleep(0.5)
        time.sleep(seconds)
    finally:
        kube.on_node('rm', '-f', f'{path}/filler')


def rotate_certificates(kube, upgrade):
    """Makes a new authority and new certificates, and returns when every pod shows its new one to callers."""
    before = {service: secret_certificate(kube, service) for service in SERVICES}
    upgrade('certificates.rotation.now=ca')
    deadline = time.monotonic() + CERTIFICATE_SECONDS
    waiting = [(service, pod) for service in SERVICES if service != 'gateway' for pod in kube.pods(service)]
    caller = kube.pods('gateway')[0]
    while waiting:
        waiting = [(service, pod) for service, pod in waiting
                   if shown_certificate(kube, caller, address_of(pod)) != secret_certificate(kube, service)]
        if waiting and time.monotonic() > deadline:
            raise Failed(f'{waiting[0][0]} still shows its old certificate')
        time.sleep(1)
    same = [service for service in SERVICES if secret_certificate(kube, service) == before[service]]
    if same:
        raise Failed(f'no new certificate was made for {same}')


def secret_certificate(kube, service):
    """The first certificate in the service's Secret, without its frame."""
    secret = kube.get('secret', f'{kube.release}-{service}-tls')
    return body_of(base64.b64decode(secret['data']['tls.crt']).decode())


def shown_certificate(kube, caller, address):
    """What a server shows to whoever connects from the caller's network."""
    said = kube.in_network_of(caller, 'openssl', 's_client', '-connect', f'{address}:7000', '-alpn', 'h2', check=False)
    return body_of(said)


def body_of(pem):
    begin, end = '-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----'
    return ''.join(pem.split(begin, 1)[1].split(end, 1)[0].split()) if begin in pem else ''
