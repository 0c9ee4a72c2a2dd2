//! Events about accounts, as AWS and its tools send them.

use serde_json::{Value, json};

use super::times;
use crate::{aws::organizations::Joined, clock::iso8601, gateway::Bus};

/// What events of one moment share.
pub(super) struct EventBuilder<'a> {
    pub(super) management: &'a str,
    pub(super) region: &'a str,
    /// Seconds since the Unix epoch.
    pub(super) now: i64,
}

/// How long a creation takes.
const CREATION_SECONDS: i64 = 1800;

impl EventBuilder<'_> {
    fn event(&self, source: &str, detail_type: &str, detail: &Value) -> Value {
        json!({
            "version": "0",
            "id": Bus::event_id(),
            "detail-type": detail_type,
            "source": source,
            "account": self.management,
            "time": iso8601(self.now),
            "region": self.region,
            "resources": [],
            "detail": detail,
        })
    }

    fn service_event(&self, service: &str, name: &str, details: &Value) -> Value {
        let detail = json!({
            "eventVersion": "1.08",
            "userIdentity": {"accountId": self.management, "invokedBy": "AWS Internal"},
            "eventTime": iso8601(self.now),
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": name,
            "awsRegion": self.region,
            "sourceIPAddress": "AWS Internal",
            "userAgent": "AWS Internal",
            "requestParameters": null,
            "responseElements": null,
            "eventID": Bus::event_id(),
            "readOnly": false,
            "eventType": "AwsServiceEvent",
            "managementEvent": true,
            "recipientAccountId": self.management,
            "serviceEventDetails": details,
            "eventCategory": "Management",
        });
        self.event(&format!("aws.{service}"), "AWS Service Event via CloudTrail", &detail)
    }

    /// Control Tower's `CreateManagedAccount` and `UpdateManagedAccount`; `unit` is an id and a name.
    pub(super) fn managed_account(
        &self,
        name: &str,
        id: &str,
        account: &str,
        unit: (&str, &str),
    ) -> Value {
        let verb = if name.starts_with("Create") { "created" } else { "updated" };
        let message = format!("AWS Control Tower successfully {verb} a managed account.");
        self.control_tower_event(name, id, account, unit, ("SUCCEEDED", &message))
    }

    /// A creation that failed has no account id.
    pub(super) fn managed_account_failed(&self, account: &str, unit: (&str, &str)) -> Value {
        let message =
            "AWS Control Tower failed to create a managed account: the e-mail address is in use.";
        self.control_tower_event(
            "CreateManagedAccount",
            "Not Available",
            account,
            unit,
            ("FAILED", message),
        )
    }

    fn control_tower_event(
        &self,
        name: &str,
        id: &str,
        account: &str,
        (unit, unit_name): (&str, &str),
        (state, message): (&str, &str),
    ) -> Value {
        let status = if name.starts_with("Create") {
            "createManagedAccountStatus"
        } else {
            "updateManagedAccountStatus"
        };
        let details = json!({status: {
            "organizationalUnit": {"organizationalUnitName": unit_name, "organizationalUnitId": unit},
            "account": {"accountName": account, "accountId": id},
            "state": state,
            "message": message,
            "requestedTimestamp": times::control_tower(self.now - CREATION_SECONDS),
            "completedTimestamp": times::control_tower(self.now),
        }});
        self.service_event("controltower", name, &details)
    }

    /// `CreateAccountResult`: the name is masked, the GovCloud twin is told.
    pub(super) fn create_account_result(
        &self,
        request: &str,
        id: &str,
        twin: Option<&str>,
    ) -> Value {
        let mut status = self.creation(request, "SUCCEEDED");
        status["accountId"] = id.into();
        if let Some(twin) = twin {
            status["govCloudAccountId"] = twin.into();
        }
        let details = json!({"createAccountStatus": status});
        self.service_event("organizations", "CreateAccountResult", &details)
    }

    /// The same for a creation that failed.
    pub(super) fn create_account_failed(&self, request: &str, reason: &str) -> Value {
        let mut status = self.creation(request, "FAILED");
        status["failureReason"] = reason.into();
        let details = json!({"createAccountStatus": status});
        self.service_event("organizations", "CreateAccountResult", &details)
    }

    fn creation(&self, request: &str, state: &str) -> Value {
        json!({
            "id": request,
            "state": state,
            "accountName": "****",
            "requestedTimestamp": times::organizations(self.now - 3),
            "completedTimestamp": times::organizations(self.now),
        })
    }

    /// `AccountJoinedOrganization`
    pub(super) fn account_joined(&self, id: &str, how: Joined) -> Value {
        let how = if how == Joined::Created { "CREATED" } else { "INVITED" };
        let details =
            json!({"accountId": id, "joinedMethod": how, "joinedTime": iso8601(self.now)});
        self.service_event("organizations", "AccountJoinedOrganization", &details)
    }

    /// `AccountDepartedOrganization`
    pub(super) fn account_departed(&self, id: &str) -> Value {
        let details = json!({
            "accountId": id, "departureMethod": "REMOVED", "departureTime": iso8601(self.now),
        });
        self.service_event("organizations", "AccountDepartedOrganization", &details)
    }

    /// `CloseAccountResult`
    pub(super) fn close_account_result(&self, id: &str) -> Value {
        let details = json!({"closeAccountStatus": {
            "accountId": id,
            "state": "SUCCEEDED",
            "requestedTimestamp": times::organizations(self.now - 8),
            "completedTimestamp": times::organizations(self.now),
        }});
        self.service_event("organizations", "CloseAccountResult", &details)
    }

    /// The call of `RemoveAccountFromOrganization`, as `CloudTrail` saw it.
    pub(super) fn remove_account_call(&self, id: &str) -> Value {
        let detail = json!({
            "eventVersion": "1.08",
            "userIdentity": {"type": "IAMUser", "accountId": self.management, "userName": "admin"},
            "eventTime": iso8601(self.now),
            "eventSource": "organizations.amazonaws.com",
            "eventName": "RemoveAccountFromOrganization",
            "awsRegion": self.region,
            "requestParameters": {"accountId": id},
            "responseElements": null,
            "eventID": Bus::event_id(),
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": self.management,
            "eventCategory": "Management",
        });
        self.event("aws.organizations", "AWS API Call via CloudTrail", &detail)
    }

    /// What Account Factory for Terraform hands on: no event of AWS's, so without an envelope.
    pub(super) fn aft_event(&self, id: &str, name: &str, (unit, unit_name): (&str, &str)) -> Value {
        let email = format!("aws+{id}@example.com");
        let joined = iso8601(self.now).replace('T', " ").replace('Z', ".129000+00:00");
        json!({
            "account_request": {
                "supported_regions": "",
                "account_tags": {"env": "dev"},
                "custom_fields": "{\"palette_project\":\"payments\"}",
                "id": email,
                "control_tower_parameters": {
                    "SSOUserEmail": "", "AccountEmail": email, "SSOUserFirstName": "", "SSOUserLastName": "",
                    "ManagedOrganizationalUnit": format!("{unit_name} ({unit})"), "AccountName": name,
                },
                "change_management_parameters": {"change_reason": "", "change_requested_by": ""},
                "account_customizations_name": "sandbox",
                "customer_baselines": [],
                "operation": "create",
            },
            "control_tower_event": {},
            "account_info": {"account": {
                "id": id, "type": "account", "email": email, "name": name, "joined_method": "CREATED",
                "joined_date": joined, "status": "ACTIVE", "parent_id": unit,
                "parent_type": "ORGANIZATIONAL_UNIT", "vendor": "aws",
            }},
            "account_provisioning": {"run_create_pipeline": "true"},
            "customization_request_id": Bus::event_id(),
            "persist_metadata": {"StatusCode": 200},
            "role": {"Arn": format!("arn:aws:iam::{id}:role/AWSAFTExecution")},
            "account_tags": {"StatusCode": 200},
        })
    }

    /// Gangway's own event.
    pub(super) fn custom(&self, action: &str, account: &str) -> Value {
        let detail = json!({"schemaVersion": "1", "action": action, "accountId": account});
        self.event("com.example.vending", "AWS Account Vended", &detail)
    }
}
