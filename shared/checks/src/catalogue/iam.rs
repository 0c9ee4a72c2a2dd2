//! Checks of IAM users, roles and policies.

use gangway_model::{Check, CheckSubject, Severity};

pub static ACTIONS_ALLOWED: Check = Check {
    id: "iam.actions-allowed",
    title: "Every action of the permission profile is allowed",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C07", "S05", "D09"],
    remedy: "Allow the actions that the report lists, in the policies of the permission profile.",
};

pub static BOUNDARY_ALLOWS: Check = Check {
    id: "iam.boundary-allows",
    title: "The permissions boundary allows what Palette needs",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C11"],
    remedy: "Allow the actions in the permissions boundary, or remove the boundary.",
};

pub static KEY_AGE: Check = Check {
    id: "iam.key-age",
    title: "The access key is active and at most 90 days old",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["S04"],
    remedy: "Activate the key or rotate it: [replacing keys](operations.md#replace-keys).",
};

pub static KEY_ROTATABLE: Check = Check {
    id: "iam.key-rotatable",
    title: "The access key can be rotated",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["S04"],
    remedy: "Allow the user to make and delete its own keys, and delete a second key: [rotation](operations.md#rotation-of-access-keys). Only where the deployment rotates keys.",
};

pub static MFA_NOT_REQUIRED: Check = Check {
    id: "iam.mfa-not-required",
    title: "No action requires multi-factor authentication (MFA)",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["S06"],
    remedy: "Exempt the user from the policy that requires MFA.",
};

pub static ORGANIZATION_ALLOWS: Check = Check {
    id: "iam.organization-allows",
    title: "The organization's service control policies (SCPs) allow what Palette needs",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C12"],
    remedy: "Ask the owners of the organization to allow the actions in the SCPs.",
};

pub static PERMISSIONS_BOUNDARY_EXISTS: Check = Check {
    id: "iam.permission-boundary-exists",
    title: "The permissions boundary is a policy that exists",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C16"],
    remedy: "Correct `permissionBoundaryArn`, or create the policy.",
};

pub static POLICIES_ATTACHED: Check = Check {
    id: "iam.policies-attached",
    title: "Palette's policies are attached under their names and are up to date",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["C08", "S05", "D09"],
    remedy: "Attach Palette's policies under their names, in the current version.",
};

pub static POLICY_ARNS_EXIST: Check = Check {
    id: "iam.policy-arns-exist",
    title: "The policies for the roles of clusters and nodes exist in the account",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C15"],
    remedy: "Name policies that exist. `POST /v1/policies` lists them.",
};

pub static POLICY_DOCUMENTS_FIT: Check = Check {
    id: "iam.policy-documents-fit",
    title: "Each of Palette's policies fits into a managed policy",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C10"],
    remedy: "Split the policy document in two.",
};

pub static POLICY_QUOTA: Check = Check {
    id: "iam.policy-quota",
    title: "The quota allows all policies that must be attached",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C09"],
    remedy: "Merge policies, or ask AWS to raise the quota.",
};

pub static ROLE_EXISTS: Check = Check {
    id: "iam.role-exists",
    title: "The role exists under this ARN",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["D05"],
    remedy: "Create the role. `GET /v1/sts/trust` returns a template.",
};

pub static ROLE_SCOPE_ALLOWED: Check = Check {
    id: "iam.role-scope-allowed",
    title: "The tag `gangway:scopes` of the role or user allows the scope of the request",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C20"],
    remedy: "Add the project, or `tenant`, to the tag `gangway:scopes`: [let the owner decide](deploy.md#let-the-owner-decide).",
};

pub static ROLE_SESSION_DURATION: Check = Check {
    id: "iam.role-session-long-enough",
    title: "The role's maximum session duration is at least one hour",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["D10", "D13"],
    remedy: "Set the role's maximum session duration to one hour or more.",
};

pub static SIMULATION_POSSIBLE: Check = Check {
    id: "iam.simulation-possible",
    title: "Gangway may simulate the identity's permissions",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["C13"],
    remedy: "Allow the identity that runs the checks to call `iam:SimulatePrincipalPolicy`.",
};

pub static VENDOR_POLICY: Check = Check {
    id: "iam.vendor-policy",
    title: "No statement of Palette's published policies names an action with a resource that the action does not have",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["C07"],
    remedy: "Nothing is wrong in this account. If Palette reports that the actions are denied, allow them in a policy of your own.",
};
