//! Types of single values, each with its pattern.

use serde::Serialize;
use utoipa::ToSchema;

/// Defines a type for a string that must meet the given rules of JSON Schema.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident { $($rule:tt)* }) => {
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[schema(value_type = String, $($rule)*)]
        pub(crate) struct $name(String);
    };
}

text!(
    /// A cloud account's name in Palette: characters that can be seen, and blanks between them.
    AccountName { min_length = 1, max_length = 64, examples("team-payments-dev", "Prod Account") }
);
text!(
    /// A description of the account: one line of text.
    Description { max_length = 255, examples("Development account of team payments") }
);
text!(
    /// Palette's own name for one of its objects.
    Uid { pattern = "^[A-Za-z0-9-]{1,36}$", examples("5f0c1a2b3c4d5e6f70818293") }
);
text!(
    /// The uid or the name of an object in Palette.
    UidOrName { min_length = 1, max_length = 128, examples("Default") }
);
text!(
    /// The ARN of a role, in the deployment's partition.
    RoleArn {
        pattern = "^arn:aws(-us-gov|-iso-b|-iso)?:iam::[0-9]{12}:role/[!-~]+$",
        max_length = 2048,
        examples("arn:aws:iam::123456789012:role/SpectroCloudRole")
    }
);
text!(
    /// The ARN of a managed policy, in the deployment's partition.
    PolicyArn {
        pattern = "^arn:aws(-us-gov|-iso-b|-iso)?:iam::([0-9]{12}|aws):policy/[!-~]+$",
        max_length = 2048,
        examples("arn:aws:iam::123456789012:policy/PaletteNodesPolicy")
    }
);
text!(
    /// The complete ARN of a secret under `<prefix>/incoming/tenant/` or
    /// `<prefix>/incoming/projects/<project>/`, the scope in the path. It is scheduled for deletion
    /// once its content is registered.
    SecretArn {
        pattern = "^arn:aws(-us-gov|-iso-b|-iso)?:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[!-~]+$",
        max_length = 2048,
        examples("arn:aws:secretsmanager:us-east-1:123456789012:secret:gangway/incoming/tenant/dev-AbCdEf")
    }
);
text!(
    /// The id of a long-lived access key. Temporary ones (ASIA…) are rejected.
    AccessKeyId { pattern = "^[A-Za-z0-9_]{16,128}$", examples("AKIAIOSFODNN7EXAMPLE") }
);
text!(
    /// The secret access key that belongs to an access key id.
    SecretAccessKey { pattern = "^[!-~]{16,128}$" }
);
text!(
    /// Certificates or a private key in PEM, with line breaks.
    Pem { min_length = 1 }
);
text!(
    /// The id of an AWS account.
    AccountId { pattern = "^[0-9]{12}$", examples("123456789012") }
);

/// The scope of an account: the tenant, or one project.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ProjectOrTenant {
    /// The account belongs to the tenant.
    Tenant(TenantScope),
    /// The account belongs to one project.
    Project(ProjectScope),
}

/// The account belongs to the tenant, and all projects can use it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TenantScope {
    /// The account belongs to the tenant.
    Tenant,
}

/// The account belongs to one project.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectScope {
    /// The uid or the name of the project.
    project: UidOrName,
}

/// Defines an enumeration whose values come from the types of `gangway-model`.
macro_rules! ids {
    ($(#[$doc:meta])* $name:ident, $ids:expr) => {
        $(#[$doc])*
        #[derive(Serialize)]
        pub(crate) struct $name(String);

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let ids: Vec<&'static str> = $ids;
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(ids))
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

ids!(
    /// The id of an AWS partition.
    PartitionId,
    gangway_model::PARTITIONS.iter().map(|facts| facts.id).collect()
);
ids!(
    /// The id of an authentication method.
    MethodId,
    gangway_model::AuthMethod::ALL.map(gangway_model::AuthMethod::id).to_vec()
);
ids!(
    /// The id of a permission profile: the IAM policies that Palette needs for a kind of cluster.
    Profile,
    gangway_model::PermissionProfile::ALL.map(gangway_model::PermissionProfile::id).to_vec()
);
