"""Translates a SAM template into CloudFormation, as AWS does when it deploys, and prints a summary.

Usage: python translate_template.py TEMPLATE

Exits with 1 and the translator's reasons when it rejects the template. Needs the package aws-sam-translator; does not use
the network.
"""

import collections
import os
import sys

# The translator asks boto3 for the region, and boto3 looks here before it looks for an account.
os.environ.setdefault("AWS_DEFAULT_REGION", "sa-east-1")

from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class ManagedPolicies:
    """The policies that the translator adds to functions by itself; the service would ask IAM for them."""

    def load(self):
        policy = "service-role/AWSLambdaBasicExecutionRole"
        return {"AWSLambdaBasicExecutionRole": f"arn:aws:iam::aws:policy/{policy}"}


def main(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    defaults = {
        name: parameter["Default"]
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    # `sam package` puts the place that it uploaded a function to where the template has its directory.
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    try:
        translated = transform(template, defaults, ManagedPolicies())
    except InvalidDocumentException as refusal:
        reasons = "; ".join(cause.message for cause in refusal.causes)
        sys.exit(f"{path}: {reasons}")
    counts = collections.Counter(resource["Type"] for resource in translated["Resources"].values())
    left = sorted(kind for kind in counts if kind.startswith("AWS::Serverless::"))
    if left:
        sys.exit(f"{path}: the translator does not know {', '.join(left)}")
    print(f"{path}: translates into {sum(counts.values())} resources")
    for kind, count in sorted(counts.items()):
        print(f"  {count:2} {kind}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
