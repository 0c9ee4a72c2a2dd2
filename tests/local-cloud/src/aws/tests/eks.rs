//! Tests of EKS.
use serde_json::{Value, json};

use super::*;
use crate::aws::Cluster;
use crate::aws::eks::NewCluster;

const ASSOCIATIONS: &str = "/clusters/palette/pod-identity-associations";

fn founded(cloud: &LocalCloud) -> Cluster {
    let (endpoint, authority) = ("https://localhost:1", "-----BEGIN CERTIFICATE-----");
    let new = NewCluster {
        name: "palette",
        region: "us-east-1",
        version: "1.33",
        endpoint,
        ca_pem: authority,
    };
    cloud.aws().create_cluster(&commercial(cloud), &new)
}

fn wish(role: &str) -> Value {
    json!({"namespace": "hubble-system", "serviceAccount": "spectro-hubble", "roleArn": role})
}

#[tokio::test]
async fn a_cluster_is_seen_in_its_own_account_and_region_only_and_only_with_leave() {
    let cloud = cloud().await;
    founded(&cloud);
    let account = commercial(&cloud);
    let own = client(&cloud, &admin(&account));
    let ask = async |client: &AwsClient| {
        client.eks("GET", "/clusters/palette", &Value::Null).await.unwrap()
    };
    let found = ask(&own).await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert_eq!(
        found.json()["cluster"]["arn"],
        format!("arn:aws:eks:us-east-1:{ACCOUNT}:cluster/palette")
    );
    assert_eq!(ask(&own.in_region("us-west-2")).await.status, 404);
    let other = client(&cloud, &admin(&cloud.aws().account("aws", OTHER)));
    assert_eq!(ask(&other).await.status, 404);
    account.user("nobody").inline("Other", &allow(&["eks:ListClusters"], "*"));
    let refused = ask(&client(&cloud, &account.user("nobody").create_access_key())).await;
    assert!(
        refused.status == 403 && refused.body.contains("eks:DescribeCluster"),
        "{}",
        refused.body
    );
    let forged =
        AwsCredentials { secret: "wrong".to_owned(), ..account.user("admin").create_access_key() };
    assert_eq!(ask(&client(&cloud, &forged)).await.status, 403);
}

#[tokio::test]
async fn a_role_is_passed_on_within_the_account_only_and_only_by_whom_may() {
    let cloud = cloud().await;
    let cluster = founded(&cloud);
    let account = commercial(&cloud);
    let role = account.role("Hubble").arn();
    let (maker, condition) = (
        account.user("maker"),
        json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    );
    let mut statements = json!([
        {"Effect": "Allow", "Action": ["eks:*", "iam:GetRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition},
    ]);
    maker.inline("Make", &json!({"Version": "2012-10-17", "Statement": statements}));
    let client = client(&cloud, &maker.create_access_key());
    let refused = client.eks("POST", ASSOCIATIONS, &wish(&role)).await.unwrap();
    assert!(refused.status == 403 && refused.body.contains("iam:PassRole"), "{}", refused.body);
    statements[1]["Condition"]["StringEquals"]["iam:PassedToService"] =
        json!("pods.eks.amazonaws.com");
    maker.inline("Make", &json!({"Version": "2012-10-17", "Statement": statements}));
    let other = cloud.aws().account("aws", OTHER).role("Hubble").arn();
    let refused = client.eks("POST", ASSOCIATIONS, &wish(&other)).await.unwrap();
    assert_eq!(refused.status, 400, "{}", refused.body);
    let made = client.eks("POST", ASSOCIATIONS, &wish(&role)).await.unwrap();
    assert_eq!(made.status, 200, "{}", made.body);
    let there = cluster.association(("hubble-system", "spectro-hubble")).unwrap();
    assert_eq!((there.role, there.external_id), (role, None));
}

#[tokio::test]
async fn f58_f60_a_second_association_is_a_conflict_and_a_target_role_gets_an_external_id() {
    let cloud = cloud().await;
    founded(&cloud);
    let account = commercial(&cloud);
    let client = client(&cloud, &admin(&account));
    let role = account.role("Hubble").arn();
    let made = client.eks("POST", ASSOCIATIONS, &wish(&role)).await.unwrap().json();
    let id = made["association"]["associationId"].as_str().unwrap().to_owned();
    let again = client.eks("POST", ASSOCIATIONS, &wish(&role)).await.unwrap();
    assert_eq!(again.status, 409);
    assert_eq!(again.json()["message"], format!("Association already exists: {id}"));
    let of_hubble = format!("{ASSOCIATIONS}?namespace=hubble-system");
    let listed = client.eks("GET", &of_hubble, &Value::Null);
    let listed = listed.await.unwrap().json();
    assert_eq!(listed["associations"][0]["associationId"], id.as_str());
    assert!(listed["associations"][0].get("roleArn").is_none(), "{listed}");

    let one = format!("{ASSOCIATIONS}/{id}");
    let same = client.eks("POST", &one, &json!({"roleArn": role})).await.unwrap();
    assert_eq!(same.status, 400, "an update must change something: {}", same.body);
    cloud.aws().hide_new_resources(1);
    let target = format!("arn:aws:iam::{OTHER}:role/HubbleTarget");
    let changed = client.eks("POST", &one, &json!({"targetRoleArn": target})).await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let told = client.eks("GET", &one, &Value::Null).await.unwrap().json();
        seen.push(told["association"]["externalId"].as_str().map(str::to_owned));
    }
    let issued = format!("us-east-1/{ACCOUNT}/palette/hubble-system/spectro-hubble");
    assert_eq!(seen, [None, Some(issued)], "it takes a look until a change is seen");
}

#[tokio::test]
async fn f44_f52_pods_get_the_roles_that_trust_eks_and_their_tags_go_on_to_the_next_role() {
    let cloud = cloud().await;
    let cluster = founded(&cloud);
    let (account, other) = (commercial(&cloud), cloud.aws().account("aws", OTHER));
    let local = account.role("Local");
    local.inline("Go", &allow(&["sts:AssumeRole", "sts:TagSession"], "*"));
    let pod = ("palette-identity", "palette-identity");
    cluster.associate(pod, &local.arn(), None);
    assert!(cluster.pod_credentials(pod).unwrap_err().contains("does not trust"));
    let pods = |actions: Value| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": actions}]})
    };
    local.set_trust_policy(&pods(json!("sts:AssumeRole")));
    assert!(cluster.pod_credentials(pod).is_err(), "EKS tags its sessions");
    local.set_trust_policy(&pods(json!(["sts:AssumeRole", "sts:TagSession"])));
    let session = client(&cloud, &cluster.pod_credentials(pod).unwrap());

    let target = other.role("Target");
    let id = format!("us-east-1/{ACCOUNT}/palette/cluster-1/palette-manager");
    let like = json!({"StringLike": {"sts:ExternalId": format!("us-east-1/{ACCOUNT}/palette/*/palette-manager")}});
    target.set_trust_policy(&trust(&local.arn(), &like));
    let enter = async |id: &str| {
        session.assume_role(&target.arn(), "pods", Some(id)).await.unwrap().is_ok()
    };
    assert!(!enter(&id).await, "its tags go on, and the target does not take any");
    let mut both = trust(&local.arn(), &like);
    let tagged =
        json!({"Effect": "Allow", "Principal": {"AWS": local.arn()}, "Action": "sts:TagSession"});
    both["Statement"].as_array_mut().unwrap().push(tagged);
    target.set_trust_policy(&both);
    assert!(enter(&id).await);
    assert!(!enter(&id.replace("manager", "other")).await);
}
