"""Who may connect to whom: every pair of pods is tried, from inside the pods' networks, against what the chart promises."""

import concurrent.futures

from kube import address_of

# Port of a pod -> what it is for.
MESH, ADMIN, METRICS, REST, GRPC, OPERATOR = 7000, 7001, 7002, 8080, 8081, 8082

# Callee: callers of its mesh port. From docs/ARCHITECTURE.md, not from the chart: the two must agree.
CALLERS = {
    'feed': {'gateway'},
    'validation': {'feed', 'gateway', 'partners'},
    'order-store': {'validation', 'gateway'},
    'error-store': {'validation', 'gateway'},
    'partners': {'feed', 'validation', 'gateway'},
}


def expected():
    """(from, to, port) -> whether the connection must be possible."""
    table = {}
    everybody = set(CALLERS) | {'gateway'}
    for source in everybody | {'stranger'}:
        for target in everybody:
            if source == target:
                continue
            if target == 'gateway':
                # Partners' ports are open to whoever may send anything at all; operators' are not.
                table[source, target, OPERATOR] = False
                if source == 'stranger':
                    table[source, target, REST] = table[source, target, GRPC] = True
                else:
                    # Default deny both ways: nothing in the mesh has a way out to the gateway.
                    table[source, target, REST] = table[source, target, GRPC] = False
            else:
                table[source, target, MESH] = source in CALLERS[target]
            table[source, target, ADMIN] = False
            table[source, target, METRICS] = False
    return table


def can_connect(kube, source, address, port):
    """Whether a TCP connection from the pod's network is taken within two seconds."""
    program = ('import socket,sys\n'
               'try: socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)\n'
               'except OSError: sys.exit(0)\n'
               'print("open")')
    said = kube.in_network_of(source, 'python3', '-c', program, address, port)
    return said.strip() == 'open'


def differences(kube, stranger):
    """Tries every connection; what is not as expected, as text, and how many were tried."""
    pods = {name: kube.pods(name)[0] for name in list(CALLERS) + ['gateway']}
    pods['stranger'] = stranger
    table = expected()

    def attempt(key):
        source, target, port = key
        return key, can_connect(kube, pods[source], address_of(pods[target]), port)

    wrong = []
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for (source, target, port), connected in pool.map(attempt, sorted(table)):
            if connected != table[source, target, port]:
                wrong.append(f'{source} -> {target}:{port} is {"open" if connected else "refused"}')
    return wrong, len(table)
