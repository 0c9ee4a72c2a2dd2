//! Tests of Organizations.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::aws::Organization;
use crate::aws::organizations::{AccountState, JoinedMethod};

/// Creates an organization with members, half of them in one OU.
fn organization(cloud: &LocalCloud, members: usize) -> (Organization, String) {
    let organization = cloud.aws().organization(&commercial(cloud));
    let ou = organization.create_ou(&organization.root(), "Workloads");
    for number in 0..members {
        let account = cloud.aws().account("aws", &format!("5{number:011}"));
        let parent = if number % 2 == 0 { ou.clone() } else { organization.root() };
        organization.add_member(
            &account,
            &format!("member-{number}"),
            &parent,
            JoinedMethod::Created,
            1_700_000_000,
        );
    }
    (organization, ou)
}

async fn all(
    client: &AwsClient,
    operation: &str,
    mut parameters: Value,
    member: &str,
) -> (Vec<Value>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let response = client.organizations(operation, &parameters).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.body);
        let mut response = response.json();
        pages += 1;
        let page = response[member].as_array_mut().unwrap();
        assert!(page.len() <= 20);
        found.append(page);
        match response["NextToken"].as_str() {
            Some(token) => parameters["NextToken"] = json!(token),
            None => return (found, pages),
        }
    }
}

#[tokio::test]
async fn all_accounts_are_listed_in_pages_that_may_be_empty() {
    let cloud = cloud().await;
    let (organization, ou) = organization(&cloud, 45);
    organization.set_state("500000000007", AccountState::Closed);
    let client = client(&cloud, &admin(&commercial(&cloud)));
    let (accounts, pages) = all(&client, "ListAccounts", json!({}), "Accounts").await;
    let ids: BTreeSet<_> = accounts.iter().map(|one| one["Id"].as_str().unwrap()).collect();
    assert_eq!((accounts.len(), ids.len(), pages), (46, 46, 4));
    let closed = accounts.iter().find(|one| one["Id"] == "500000000007").unwrap();
    assert_eq!((&closed["State"], &closed["Status"]), (&json!("CLOSED"), &json!("SUSPENDED")));
    let below = json!({"ParentId": ou, "MaxResults": 7});
    let (accounts, _) = all(&client, "ListAccountsForParent", below, "Accounts").await;
    assert_eq!(accounts.len(), 23);
    organization.omit_status();
    let response =
        client.organizations("DescribeAccount", &json!({"AccountId": "500000000001"})).await;
    let response = response.unwrap().json();
    assert!(
        response["Account"]["Status"].is_null() && response["Account"]["State"] == "ACTIVE",
        "{response}"
    );
}

#[tokio::test]
async fn invalid_organizations_calls_return_errors() {
    let cloud = cloud().await;
    let (organization, ou) = organization(&cloud, 45);
    let client = client(&cloud, &admin(&commercial(&cloud)));
    let parameters = |operation: &'static str, parameters: Value| {
        let client = client.clone();
        async move {
            client.organizations(operation, &parameters).await.unwrap().code().unwrap_or_default()
        }
    };
    let first = client.organizations("ListAccounts", &json!({})).await.unwrap().json();
    let token = first["NextToken"].as_str().unwrap();
    for (operation, body, code) in [
        ("ListAccounts", json!({"MaxResults": 21}), "InvalidInputException"),
        ("ListAccounts", json!({"NextToken": "elsewhere"}), "InvalidInputException"),
        (
            "ListAccountsForParent",
            json!({"ParentId": ou, "NextToken": token}),
            "InvalidInputException",
        ),
        (
            "ListAccountsForParent",
            json!({"ParentId": "ou-none-00000000"}),
            "ParentNotFoundException",
        ),
        ("ListAccountsForParent", json!({"ParentId": "500000000001"}), "InvalidInputException"),
        ("DescribeAccount", json!({"AccountId": "599999999999"}), "AccountNotFoundException"),
        ("DescribeAccount", json!({"AccountId": "Not Available"}), "InvalidInputException"),
        ("ListParents", json!({"ChildId": "599999999999"}), "ChildNotFoundException"),
        ("ListTagsForResource", json!({"ResourceId": "599999999999"}), "TargetNotFoundException"),
        (
            "DescribeCreateAccountStatus",
            json!({"CreateAccountRequestId": "car-00000000"}),
            "CreateAccountStatusNotFoundException",
        ),
        ("CloseAccount", json!({"AccountId": "500000000001"}), "UnknownOperationException"),
    ] {
        assert_eq!(parameters(operation, body.clone()).await, code, "{operation} {body}");
    }
    let other_region = client.in_region("eu-west-1").organizations("ListRoots", &json!({})).await;
    assert_eq!(other_region.unwrap().code().as_deref(), Some("InvalidSignatureException"));
    organization.remove_member("500000000001");
    assert_eq!(
        parameters("DescribeAccount", json!({"AccountId": "500000000001"})).await,
        "AccountNotFoundException"
    );
}

#[tokio::test]
async fn only_management_account_and_delegated_administrators_may_call() {
    let cloud = cloud().await;
    let (organization, ou) = organization(&cloud, 3);
    let member = cloud.aws().account("aws", "500000000001");
    let keys = admin(&member);
    let code = |response: &crate::aws::client::AwsResponse| response.code().unwrap_or_default();
    let roots = client(&cloud, &keys).organizations("ListRoots", &json!({})).await.unwrap();
    assert_eq!(code(&roots), "AccessDeniedException");
    let own =
        client(&cloud, &keys).organizations("DescribeOrganization", &json!({})).await.unwrap();
    assert_eq!(own.json()["Organization"]["MasterAccountId"], ACCOUNT, "{}", own.body);
    organization.add_delegated_administrator("500000000001");
    let roots = client(&cloud, &keys).organizations("ListRoots", &json!({})).await.unwrap();
    assert_eq!(roots.json()["Roots"][0]["Id"], json!(organization.root()));
    let outsider = admin(&cloud.aws().account("aws", OTHER));
    let roots = client(&cloud, &outsider).organizations("ListRoots", &json!({})).await.unwrap();
    assert_eq!(code(&roots), "AWSOrganizationsNotInUseException");
    let limited_user = commercial(&cloud).user("clerk");
    limited_user.inline("Some", &allow(&["organizations:ListParents"], "*"));
    let limited_user = client(&cloud, &limited_user.create_access_key());
    let parents = limited_user
        .organizations("ListParents", &json!({"ChildId": "500000000000"}))
        .await
        .unwrap();
    assert_eq!(parents.json()["Parents"][0], json!({"Id": ou, "Type": "ORGANIZATIONAL_UNIT"}));
    let parent_of_ou =
        limited_user.organizations("ListParents", &json!({"ChildId": ou})).await.unwrap();
    assert_eq!(parent_of_ou.json()["Parents"][0]["Type"], "ROOT");
    let accounts = limited_user.organizations("ListAccounts", &json!({})).await.unwrap();
    assert_eq!(code(&accounts), "AccessDeniedException");
}

#[tokio::test]
async fn roles_of_a_closed_account_cannot_be_assumed() {
    let cloud = cloud().await;
    let (organization, _) = organization(&cloud, 3);
    let member = cloud.aws().account("aws", "500000000001");
    let role = member.role("Entry");
    role.set_trust_policy(&trust(&commercial(&cloud).root_arn(), &Value::Null));
    let client = client(&cloud, &admin(&commercial(&cloud)));
    assert!(client.assume_role(&role.arn(), "test", None).await.unwrap().is_ok());
    organization.set_state("500000000001", AccountState::Suspended);
    let refused = client.assume_role(&role.arn(), "test", None).await.unwrap().unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("AccessDenied"));
    organization.set_state("500000000001", AccountState::Active);
    assert!(client.assume_role(&role.arn(), "test", None).await.unwrap().is_ok());
}

#[tokio::test]
async fn ten_thousand_accounts_are_listed_quickly() {
    let cloud = cloud().await;
    let (_, _) = organization(&cloud, 10_000);
    let client = client(&cloud, &admin(&commercial(&cloud)));
    let (accounts, pages) = all(&client, "ListAccounts", json!({}), "Accounts").await;
    assert_eq!((accounts.len(), pages), (10_001, 502));
}

#[tokio::test]
async fn account_creations_are_listed_by_state_with_paired_accounts() {
    let cloud = cloud().await;
    let (organization, _) = organization(&cloud, 0);
    for number in 0..30 {
        let (id, paired_id) = (format!("5{number:011}"), format!("6{number:011}"));
        organization.record_account_creation(
            "team",
            Some(&id),
            (number == 9).then_some(&*paired_id),
            None,
        );
    }
    organization.record_account_creation("never", None, None, Some("EMAIL_ALREADY_EXISTS"));
    let client = client(&cloud, &admin(&commercial(&cloud)));
    for (states, count) in [(json!([]), 31), (json!(["SUCCEEDED"]), 30), (json!(["FAILED"]), 1)] {
        let parameters = json!({"States": states});
        let (found, _) =
            all(&client, "ListCreateAccountStatus", parameters, "CreateAccountStatuses").await;
        assert_eq!(found.len(), count, "{states}");
        let pairs = found.iter().filter(|one| one["GovCloudAccountId"] == "600000000009").count();
        assert_eq!(pairs, usize::from(count > 1), "{states}");
    }
    let unknown_state = json!({"States": ["DONE"]});
    let unknown_state = client.organizations("ListCreateAccountStatus", &unknown_state);
    assert_eq!(unknown_state.await.unwrap().code().as_deref(), Some("InvalidInputException"));
}
