//! Examples of responses that are written by hand: accounts, policies, plans.

use serde_json::{Value, json};

/// Returns the example of a type.
pub(super) fn examples_of_type(name: &str) -> Value {
    let (summary, value) = match name {
        "Account" => ("A role that Palette assumes", account()),
        "Accounts" => ("The first of two pages", json!({ "accounts": [account()], "next": "50" })),
        "Policies" => (
            "What the account has",
            json!({ "policies": [{
                "arn": "arn:aws:iam::123456789012:policy/PaletteNodesPolicy",
                "name": "PaletteNodesPolicy",
            }] }),
        ),
        "History" => (
            "A role whose trust policy was broken and repaired",
            json!({
                "uid": "5f0c1a2b3c4d5e6f70818293",
                "changes": [
                    {
                        "at": "2026-11-28T18:11:40Z",
                        "change": "drifted",
                        "checks": [],
                        "parts": ["trust-policy"],
                    },
                    { "at": "2026-11-28T12:04:11Z", "change": "ready", "checks": [] },
                    {
                        "at": "2026-11-27T18:03:52Z",
                        "change": "not-ready",
                        "checks": ["palette.validation", "sts.external-id-required"],
                    },
                ],
            }),
        ),
        "Rotation" => (
            "Secrets Manager starts it",
            json!({ "uid": "5f0c1a2b3c4d5e6f70818293", "rotation": "started" }),
        ),
        "Gateways" => (
            "One that runs",
            json!({ "privateCloudGateways": [{
                "uid": "5f0c1a2b3c4d5e6f70818294", "name": "harbour", "state": "Running", "healthy": true,
            }] }),
        ),
        "Trust" => ("The commercial partition (documents shortened)", trust()),
        "Plan" => ("In the account of Palette's own cluster (documents shortened)", plan()),
        _ => return json!({}),
    };
    json!({ "example": { "summary": summary, "value": value } })
}

fn account() -> Value {
    json!({
        "uid": "5f0c1a2b3c4d5e6f70818293",
        "name": "team-payments-prod",
        "partition": "aws",
        "method": "sts",
        "awsAccountId": "123456789012",
        "scope": "tenant",
        "policyArns": [],
        "waivedChecks": [],
        "permissionProfile": "core-eks",
        "state": "Running",
        "credential": { "roleArn": "arn:aws:iam::123456789012:role/SpectroCloudRole" },
    })
}

fn allow(action: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": [action], "Resource": ["*"] }],
    })
}

fn trust() -> Value {
    let trust_policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": "spectro-4f1d2c" } },
        }],
    });
    json!({
        "partition": "aws",
        "trustedEntityType": "AWS account",
        "paletteAccountId": "111122223333",
        "requireExternalId": true,
        "externalId": "spectro-4f1d2c",
        "roleName": "SpectroCloudRole",
        "permissionProfile": "core-eks",
        "trustPolicy": trust_policy,
        "permissionPolicies": [{ "name": "PaletteNodesPolicy", "document": allow("ec2:DescribeInstances") }],
        "cloudFormationTemplate": { "AWSTemplateFormatVersion": "2010-09-09", "Resources": {} },
        "notices": [],
    })
}

fn plan() -> Value {
    let role = |name: &str| format!("arn:aws:iam::123456789012:role/{name}");
    let (palette, hubble, identity) = (
        role("SpectroCloudPaletteRole"),
        role("SpectroCloudHubbleRole"),
        role("SpectroCloudIdentityRole"),
    );
    let trust_policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "pods.eks.amazonaws.com" },
            "Action": ["sts:AssumeRole", "sts:TagSession"],
        }],
    });
    let create = format!(
        "aws iam create-role --role-name SpectroCloudHubbleRole --assume-role-policy-document '{trust_policy}'"
    );
    json!({
        "partition": "aws",
        "case": "same-account",
        "cluster": { "clusterName": "palette", "clusterRegion": "us-east-1", "accountId": "123456789012" },
        "targetAccountId": "123456789012",
        "permissionProfile": "core-eks",
        "roles": [{
            "role": "hubble",
            "roleName": "SpectroCloudHubbleRole",
            "roleArn": hubble,
            "accountId": "123456789012",
            "trustPolicy": trust_policy,
            "permissionPolicies": [{ "name": "PaletteHubblePolicy", "document": allow("iam:GetRole") }],
        }],
        "addOn": "eks-pod-identity-agent",
        "nodeRolePolicy": {
            "name": "PalettePodIdentityAgentPolicy",
            "document": allow("eks-auth:AssumeRoleForPodIdentity"),
        },
        "associations": [{
            "namespace": "hubble-system",
            "serviceAccount": "spectro-hubble",
            "roleArn": hubble,
        }],
        "configMap": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "palette-global-config", "namespace": "kube-system" },
            "data": { "clusterName": "palette" },
        },
        "steps": [{ "title": "Make Hubble's role", "accountId": "123456789012", "commands": [create] }],
        "commands": create,
        "validation": ["kubectl get pods --namespace hubble-system"],
        "register": {
            "roleArn": palette,
            "clusterName": "palette",
            "clusterRegion": "us-east-1",
            "hubbleRoleArn": hubble,
            "identityRoleArn": identity,
            "permissionProfile": "core-eks",
        },
        "notices": [],
    })
}
