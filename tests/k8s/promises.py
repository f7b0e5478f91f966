"""Checks what k8s/ promises beyond being valid: keys rotate, nobody else reads the bucket, roles are for one account.

usage: promises.py ROOT     prints every broken promise, and exits with 1 where there is one
"""

import pathlib
import sys

import yaml


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms (!Sub, !Ref, ...) as {"Sub": ...}."""


def short_form(loader: Loader, suffix: str, node: yaml.Node) -> dict:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", short_form)


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def statements(resource: dict) -> list[dict]:
    """Every statement of a role's or policy's own documents, its trust left out."""
    properties = resource["Properties"]
    documents = [
        properties.get("PolicyDocument"),
        *(policy["PolicyDocument"] for policy in properties.get("Policies", [])),
    ]
    return [statement for document in documents if document for statement in document["Statement"]]


def key(name: str, properties: dict, resource: dict) -> list[str]:
    faults = []
    if properties.get("EnableKeyRotation") is not True:
        faults.append(f"{name} does not rotate")
    if resource.get("DeletionPolicy") != "Retain" or resource.get("UpdateReplacePolicy") != "Retain":
        faults.append(f"{name} goes with its stack, and what it encrypted with it")
    return faults


def repository(name: str, properties: dict, resource: dict) -> list[str]:
    faults = []
    if not properties["ImageScanningConfiguration"]["ScanOnPush"]:
        faults.append(f"{name} does not scan what is pushed")
    moving = [
        one["ImageTagMutabilityExclusionFilterValue"]
        for one in properties.get("ImageTagMutabilityExclusionFilters", [])
    ]
    if not properties["ImageTagMutability"].startswith("IMMUTABLE") or moving not in ([], ["sha256-*"]):
        faults.append(f"{name}: tags of versions are not immutable")
    if properties["EncryptionConfiguration"]["EncryptionType"] != "KMS" or "LifecyclePolicy" not in properties:
        faults.append(f"{name}: not encrypted with our key, or without a lifecycle")
    return faults


def bucket(name: str, properties: dict, resource: dict) -> list[str]:
    faults = []
    if list(properties["PublicAccessBlockConfiguration"].values()) != [True] * 4:
        faults.append(f"{name} could be made public")
    if properties["VersioningConfiguration"]["Status"] != "Enabled" or resource.get("DeletionPolicy") != "Retain":
        faults.append(f"{name} keeps no versions, or goes with its stack")
    encryption = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    # The dashboard's files are for everybody.
    if encryption["SSEAlgorithm"] != ("AES256" if name == "Site" else "aws:kms"):
        faults.append(f"{name} is not encrypted with our key")
    rules = properties["LifecycleConfiguration"]["Rules"]
    kept = [
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"] for rule in rules if "NoncurrentVersionExpiration" in rule
    ]
    if kept != [35] or any("ExpirationInDays" in rule for rule in rules):
        faults.append(f"{name}: what is deleted must stay for 35 days, and nothing else may expire")
    return faults


def bucket_policy(name: str, properties: dict, resource: dict) -> list[str]:
    tls = [
        one for one in statements(resource) if one.get("Condition", {}).get("Bool") == {"aws:SecureTransport": "false"}
    ]
    others = [
        one
        for one in statements(resource)
        if one["Effect"] == "Allow" and "AWS:SourceArn" not in one.get("Condition", {}).get("StringEquals", {})
    ]
    if others:
        return [f"{name} lets more in than one distribution"]
    if len(tls) != 1 or tls[0]["Effect"] != "Deny" or tls[0]["Principal"] != "*" or tls[0]["Action"] != "s3:*":
        return [f"{name} lets requests without TLS through"]
    return []


def distribution(name: str, properties: dict, resource: dict) -> list[str]:
    config = properties["DistributionConfig"]
    faults = []
    if config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] != "redirect-to-https":
        faults.append(f"{name} serves without TLS")
    if config.get("CustomErrorResponses"):
        faults.append(f"{name}: a missing file would answer with the page")
    return faults


def cache(name: str, properties: dict, resource: dict) -> list[str]:
    times = properties["CachePolicyConfig"]
    if (times["MinTTL"], times["DefaultTTL"]) != (0, 0):
        return [f"{name} keeps pages that must not be kept"]
    return []


def role(name: str, properties: dict, resource: dict) -> list[str]:
    faults = []
    for statement in properties["AssumeRolePolicyDocument"]["Statement"]:
        condition = {
            **statement.get("Condition", {}).get("StringEquals", {}),
            **statement.get("Condition", {}).get("StringLike", {}),
        }
        if statement["Principal"].get("Service") == "pods.eks.amazonaws.com":
            for tag in ("eks-cluster-name", "kubernetes-namespace", "kubernetes-service-account"):
                if f"aws:RequestTag/{tag}" not in condition:
                    faults.append(f"{name}: pods of any {tag.split('-', 1)[1]} may take it")
        elif "Federated" in statement["Principal"]:
            subjects = [
                one["Sub"] for one in as_list(condition.get("token.actions.githubusercontent.com:sub", {"Sub": ""}))
            ]
            wanted = ":environment:" if "Deployer" in name else ":ref:refs/"
            if not all(wanted in subject for subject in subjects):
                faults.append(f"{name}: jobs outside their environment or branch may take it")
            if condition.get("token.actions.githubusercontent.com:aud") != "sts.amazonaws.com":
                faults.append(f"{name}: tokens for others are taken")
    return faults + policy(name, properties, resource)


def policy(name: str, properties: dict, resource: dict) -> list[str]:
    faults = []
    for statement in statements(resource):
        for action in as_list(statement["Action"]):
            if action.endswith(":*") or action == "*":
                faults.append(f"{name} may do {action}")
            if action in ("s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration", "kms:ScheduleKeyDeletion"):
                faults.append(f"{name} may do {action}, which nobody could undo")
            if statement["Resource"] == "*" and action != "ecr:GetAuthorizationToken":
                faults.append(f"{name} may do {action} with everything")
    return faults


CHECKS = {
    "AWS::KMS::Key": key,
    "AWS::ECR::Repository": repository,
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketPolicy": bucket_policy,
    "AWS::CloudFront::Distribution": distribution,
    "AWS::CloudFront::CachePolicy": cache,
    "AWS::IAM::Role": role,
    "AWS::IAM::ManagedPolicy": policy,
}


def cluster(root: pathlib.Path) -> list[str]:
    faults = []
    config = yaml.safe_load((root / "k8s/cluster.yaml").read_text())
    groups = config["managedNodeGroups"]
    if len(set(config["availabilityZones"])) != 3:
        faults.append("the cluster does not have three zones")
    if not all(group["privateNetworking"] and group["volumeEncrypted"] and group["disablePodIMDS"] for group in groups):
        faults.append("a node group is not in private subnets, not encrypted, or lends its role to pods")
    stores = [group for group in groups if group["labels"]["ordermesh.dev/pool"] == "stores"]
    if sorted(zone for group in stores for zone in group["availabilityZones"]) != sorted(config["availabilityZones"]):
        faults.append("the stores do not have one node group in each zone")
    settings = [
        {name: value for name, value in group.items() if name not in ("name", "availabilityZones")} for group in stores
    ]
    if any(other != settings[0] for other in settings):
        faults.append("the stores' node groups differ in more than their zones")
    cni = [addon for addon in config["addons"] if addon["name"] == "vpc-cni"]
    if not cni or yaml.safe_load(cni[0]["configurationValues"]) != {"enableNetworkPolicy": "true"}:
        faults.append("nothing enforces network policies")
    return faults


def manifests(root: pathlib.Path) -> list[str]:
    faults = []
    classes = {
        one["metadata"]["name"]: one for one in yaml.safe_load_all((root / "k8s/storage-class.yaml").read_text())
    }
    if classes["ordermesh-gp3"]["reclaimPolicy"] != "Retain":
        faults.append("ordermesh-gp3 must Retain its volumes")
    for name, one in classes.items():
        if (
            one["parameters"]["encrypted"] != "true"
            or not one["parameters"].get("kmsKeyId")
            or one["volumeBindingMode"] != "WaitForFirstConsumer"
            or one["allowVolumeExpansion"] is not True
        ):
            faults.append(f"{name} is not encrypted, cannot grow, or binds before the pod has a zone")
    for one in yaml.safe_load_all((root / "k8s/namespaces.yaml").read_text()):
        name, labels = one["metadata"]["name"], one["metadata"]["labels"]
        levels = {mode: labels.get(f"pod-security.kubernetes.io/{mode}") for mode in ("enforce", "audit", "warn")}
        wanted = {
            "enforce": "privileged" if name == "node-metrics" else "restricted",
            "audit": "restricted",
            "warn": "restricted",
        }
        if levels != wanted:
            faults.append(f"the namespace {name} is not restricted: {levels}")
    return faults


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    faults = cluster(root) + manifests(root)
    for file in sorted((root / "k8s/aws").glob("*.yaml")):
        for name, resource in yaml.load(file.read_text(), Loader)["Resources"].items():
            check = CHECKS.get(resource["Type"])
            if check:
                faults += [f"{file.name}: {fault}" for fault in check(name, resource["Properties"], resource)]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
