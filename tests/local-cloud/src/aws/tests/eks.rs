//! Tests of EKS.
use serde_json::{Value, json};

use super::*;
use crate::aws::Cluster;
use crate::aws::eks::NewCluster;

const ASSOCIATIONS: &str = "/clusters/palette/pod-identity-associations";

fn create_cluster(cloud: &LocalCloud) -> Cluster {
    let (endpoint, ca_pem) = ("https://localhost:1", "-----BEGIN CERTIFICATE-----");
    let new =
        NewCluster { name: "palette", region: "us-east-1", version: "1.33", endpoint, ca_pem };
    cloud.aws().create_cluster(&commercial(cloud), &new)
}

fn association_request(role: &str) -> Value {
    json!({"namespace": "hubble-system", "serviceAccount": "spectro-hubble", "roleArn": role})
}

#[tokio::test]
async fn cluster_is_visible_in_its_account_and_region_with_permission() {
    let cloud = cloud().await;
    create_cluster(&cloud);
    let account = commercial(&cloud);
    let own = client(&cloud, &admin(&account));
    let call = async |client: &AwsClient| {
        client.eks("GET", "/clusters/palette", &Value::Null).await.unwrap()
    };
    let found = call(&own).await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert_eq!(
        found.json()["cluster"]["arn"],
        format!("arn:aws:eks:us-east-1:{ACCOUNT}:cluster/palette")
    );
    assert_eq!(call(&own.in_region("us-west-2")).await.status, 404);
    let other = client(&cloud, &admin(&cloud.aws().account("aws", OTHER)));
    assert_eq!(call(&other).await.status, 404);
    account.user("nobody").inline("Other", &allow(&["eks:ListClusters"], "*"));
    let refused = call(&client(&cloud, &account.user("nobody").create_access_key())).await;
    assert!(
        refused.status == 403 && refused.body.contains("eks:DescribeCluster"),
        "{}",
        refused.body
    );
    let forged =
        AwsCredentials { secret: "wrong".to_owned(), ..account.user("admin").create_access_key() };
    assert_eq!(call(&client(&cloud, &forged)).await.status, 403);
}

#[tokio::test]
async fn pass_role_needs_permission_and_the_same_account() {
    let cloud = cloud().await;
    let cluster = create_cluster(&cloud);
    let account = commercial(&cloud);
    let role = account.role("Hubble").arn();
    let (creator, condition) = (
        account.user("maker"),
        json!({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    );
    let mut statements = json!([
        {"Effect": "Allow", "Action": ["eks:*", "iam:GetRole"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*", "Condition": condition},
    ]);
    creator.inline("Make", &json!({"Version": "2012-10-17", "Statement": statements}));
    let client = client(&cloud, &creator.create_access_key());
    let refused = client.eks("POST", ASSOCIATIONS, &association_request(&role)).await.unwrap();
    assert!(refused.status == 403 && refused.body.contains("iam:PassRole"), "{}", refused.body);
    statements[1]["Condition"]["StringEquals"]["iam:PassedToService"] =
        json!("pods.eks.amazonaws.com");
    creator.inline("Make", &json!({"Version": "2012-10-17", "Statement": statements}));
    let other = cloud.aws().account("aws", OTHER).role("Hubble").arn();
    let refused = client.eks("POST", ASSOCIATIONS, &association_request(&other)).await.unwrap();
    assert_eq!(refused.status, 400, "{}", refused.body);
    let created = client.eks("POST", ASSOCIATIONS, &association_request(&role)).await.unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
    let association = cluster.association(("hubble-system", "spectro-hubble")).unwrap();
    assert_eq!((association.role, association.external_id), (role, None));
}

#[tokio::test]
async fn second_association_is_a_conflict_and_target_role_gets_external_id() {
    let cloud = cloud().await;
    create_cluster(&cloud);
    let account = commercial(&cloud);
    let client = client(&cloud, &admin(&account));
    let role = account.role("Hubble").arn();
    let created =
        client.eks("POST", ASSOCIATIONS, &association_request(&role)).await.unwrap().json();
    let id = created["association"]["associationId"].as_str().unwrap().to_owned();
    let again = client.eks("POST", ASSOCIATIONS, &association_request(&role)).await.unwrap();
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
        let response = client.eks("GET", &one, &Value::Null).await.unwrap().json();
        seen.push(response["association"]["externalId"].as_str().map(str::to_owned));
    }
    let issued = format!("us-east-1/{ACCOUNT}/palette/hubble-system/spectro-hubble");
    assert_eq!(seen, [None, Some(issued)], "it takes a look until a change is seen");
}

#[tokio::test]
async fn pods_get_roles_that_trust_eks_and_tags_are_transitive() {
    let cloud = cloud().await;
    let cluster = create_cluster(&cloud);
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
    let condition = json!({"StringLike": {"sts:ExternalId": format!("us-east-1/{ACCOUNT}/palette/*/palette-manager")}});
    target.set_trust_policy(&trust(&local.arn(), &condition));
    let assume_target = async |id: &str| {
        session.assume_role(&target.arn(), "pods", Some(id)).await.unwrap().is_ok()
    };
    assert!(!assume_target(&id).await, "its tags go on, and the target does not take any");
    let mut both = trust(&local.arn(), &condition);
    let tagged =
        json!({"Effect": "Allow", "Principal": {"AWS": local.arn()}, "Action": "sts:TagSession"});
    both["Statement"].as_array_mut().unwrap().push(tagged);
    target.set_trust_policy(&both);
    assert!(assume_target(&id).await);
    assert!(!assume_target(&id.replace("manager", "other")).await);
}
