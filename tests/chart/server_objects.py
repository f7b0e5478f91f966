#!/usr/bin/env python3
"""Prints a rendered file's objects for another namespace, and the pod of each workload as a pod of its own.

usage: server_objects.py FILE NAMESPACE
Left out: objects of operators' kinds, which a plain API server does not know, and what names something that only a real
cluster has (a pod's service account and priority class).
"""

import sys

import yaml

from check_manifests import CUSTOM_RESOURCES, pod_of


def as_pod(document, namespace):
    """The pod that a workload makes, with a folder in place of each claimed volume."""
    pod = pod_of(document)
    spec = dict(pod["spec"])
    claims = document["spec"].get("volumeClaimTemplates", [])
    folders = [{"name": claim["metadata"]["name"], "emptyDir": {}} for claim in claims]
    spec["volumes"] = spec.get("volumes", []) + folders
    for name in ("serviceAccountName", "priorityClassName"):
        spec.pop(name, None)
    name = f"{document['kind'].lower()}-{document['metadata']['name']}"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def main():
    path, namespace = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        documents = [document for document in yaml.safe_load_all(file) if document]
    objects = [document for document in documents if (document["apiVersion"], document["kind"]) not in CUSTOM_RESOURCES]
    for document in objects:
        document["metadata"]["namespace"] = namespace
        for subject in document.get("subjects", []):
            subject["namespace"] = namespace
    pods = [as_pod(document, namespace) for document in objects if pod_of(document)]
    objects = [document for document in objects if document["kind"] != "Pod"]
    yaml.safe_dump_all(objects + pods, sys.stdout)


if __name__ == "__main__":
    main()
