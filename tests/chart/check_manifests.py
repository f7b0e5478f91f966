#!/usr/bin/env python3
"""Checks rendered manifests: the schemas of Kubernetes, and what every pod and policy of ours must have.

usage: check_manifests.py [--version VERSION] FILE...
Prints one line for each fault; exits 1 where there is one. Runs in the environment that tools/lib/setup-chart makes.
"""

import argparse
import functools
import json
import re
import sys

import kubernetes_validate
import yaml

VERSIONS = ("1.29", "1.30", "1.31", "1.32", "1.33", "1.34")

# Kinds that operators bring along: there is no schema of theirs here.
CUSTOM_RESOURCES = {
    ("cert-manager.io/v1", "Certificate"),
    ("cert-manager.io/v1", "Issuer"),
    ("external-secrets.io/v1", "ExternalSecret"),
    ("gateway.networking.k8s.io/v1", "GRPCRoute"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
}
QUANTITY = re.compile(r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$")


def name_of(document):
    return f"{document['kind']} {document['metadata']['name']}"


def pod_of(document):
    """The pod that a document makes, or None."""
    spec = document.get("spec", {})
    if document["kind"] == "Pod":
        return document
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec.get("template")


def containers_of(pod):
    return pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


@functools.cache
def schema_faults(document, version):
    """What the API server of this version would not take. The document is JSON: many are the same in several files."""
    try:
        kubernetes_validate.validate(json.loads(document), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{version}: {'.'.join(map(str, error.path))}: {error.message}"]
    except kubernetes_validate.SchemaNotFoundError as error:
        return [f"{version}: {error}"]
    return []


def pod_faults(pod):
    """The Pod Security Standard "restricted", and what we ask for besides (S16)."""
    spec = pod["spec"]
    security = spec.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("runAsUser", 0) <= 10000:
        yield "runs as root or as a user of 10000 or below"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    if spec.get("automountServiceAccountToken") is not False and "ordermesh-certs" not in str(spec):
        yield "has a token of the API server and no use for it"
    if spec.get("enableServiceLinks") is not False:
        yield "gets ORDERMESH_... variables of Services"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"has {key}"
    for volume in spec.get("volumes", []):
        if "hostPath" in volume:
            yield f"mounts {volume['hostPath']}"
    for container in containers_of(pod):
        yield from (f"{container['name']}: {fault}" for fault in container_faults(container))


def container_faults(container):
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False:
        yield "may escalate privileges"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "may write to its root"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if security.get("seccompProfile", {}).get("type", "RuntimeDefault") != "RuntimeDefault":
        yield "has no seccomp profile"
    if "@sha256:" not in container["image"] and container["image"].rsplit(":", 1)[-1] in ("latest", container["image"]):
        yield f"has an image without a version: {container['image']}"
    resources = container.get("resources", {})
    for path in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
        if not QUANTITY.match(str(resources.get(path[0], {}).get(path[1]))):
            yield f"has no {'.'.join(path)}"


def release_faults(documents):
    """What no single document shows: policies for every pod, and selectors that select somebody."""
    policies = [document for document in documents if document["kind"] == "NetworkPolicy"]
    if not any(set(policy["spec"]["policyTypes"]) == {"Ingress", "Egress"} and not policy["spec"].get("ingress")
               and not policy["spec"].get("egress") for policy in policies):
        yield "nothing is denied by default"
    pods = [pod["metadata"]["labels"] for pod in map(pod_of, documents) if pod]
    for policy in policies:
        for rule in policy["spec"].get("ingress", []):
            if not rule.get("ports"):
                yield f"{name_of(policy)} opens every port"
    for document in documents:
        if document["kind"] != "Service":
            continue
        selector = document["spec"]["selector"].items()
        if not any(selector <= labels.items() for labels in pods):
            yield f"{name_of(document)} selects no pod"
    names = [name_of(document) for document in documents]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"{name} is there twice"


def faults_of(path, versions):
    with open(path, encoding="utf-8") as file:
        documents = [document for document in yaml.load_all(file, yaml.CSafeLoader) if document]
    if not documents:
        yield "there is nothing"
    for document in documents:
        if (document["apiVersion"], document["kind"]) not in CUSTOM_RESOURCES:
            text = json.dumps(document, sort_keys=True)
            for version in versions:
                yield from (f"{name_of(document)}: {fault}" for fault in schema_faults(text, version))
        pod = pod_of(document)
        if pod:
            yield from (f"{name_of(document)}: {fault}" for fault in pod_faults(pod))
    yield from release_faults(documents)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="append", choices=VERSIONS)
    parser.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args()
    faults = [f"{path}: {fault}" for path in options.files for fault in faults_of(path, options.version or VERSIONS)]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
