//! Serves the STS source account of each partition, and the account id and external id that a
//! customer's role must trust.

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    behaviour::UnconfiguredStsResponse,
    caller::Caller,
    paging::ListQuery,
    records::{Records, StsSource},
    response::{PaletteError, PaletteResponse},
};

/// Returns the partition that a path segment names: `aws` or `awsgov`.
fn parse_partition_segment(segment: &str) -> Result<&'static str, PaletteError> {
    match segment {
        "aws" => Ok("aws"),
        "awsgov" => Ok("aws-us-gov"),
        other => {
            let message = format!("path /v1/system/config/{other}/sts/account was not found");
            Err(PaletteError::with_numeric_code(StatusCode::NOT_FOUND, 404, message))
        }
    }
}

/// Returns the STS source account of a partition. Its secret key is masked.
pub(super) fn get_sts_source(
    records: &Records,
    segment: &str,
) -> Result<PaletteResponse, PaletteError> {
    let source = records.sts_sources.get(parse_partition_segment(segment)?);
    let body = source.map_or_else(
        || json!({"accountId": "", "accessKey": "", "secretKey": ""}),
        |StsSource { account, access_key, .. }| {
            json!({"accountId": account, "accessKey": access_key, "secretKey": "**********"})
        },
    );
    Ok(PaletteResponse::ok("stsSource", body))
}

/// Sets the STS source account of a partition.
pub(super) fn put_sts_source(
    records: &mut Records,
    segment: &str,
    body: &Value,
) -> Result<PaletteResponse, PaletteError> {
    let text =
        |member: &str| body.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let source = StsSource {
        account: text("accountId"),
        access_key: text("accessKey"),
        secret_key: text("secretKey"),
    };
    records.sts_sources.insert(parse_partition_segment(segment)?.to_owned(), source);
    Ok(PaletteResponse::no_content())
}

/// Returns the account id and the external id that a role of the tenant's customers must trust in a
/// partition.
pub(super) fn get_trust(
    records: &Records,
    caller: &Caller,
    query: &ListQuery,
) -> Result<PaletteResponse, PaletteError> {
    let partition = query.partition.as_deref().unwrap_or("aws");
    if !["aws", "aws-us-gov"].contains(&partition) {
        let message = "partition in query should be one of [aws aws-us-gov]";
        return Err(PaletteError::with_numeric_code(
            StatusCode::UNPROCESSABLE_ENTITY,
            606,
            message,
        ));
    }
    let tenant = records.tenant(&caller.tenant);
    let external_id = tenant.and_then(|tenant| tenant.external_ids.get(partition));
    let source = records.sts_sources.get(partition);
    if source.is_none() && records.behaviour.unconfigured_sts == UnconfiguredStsResponse::Error {
        let message = format!("STS account is not configured for partition '{partition}'");
        return Err(PaletteError::new(
            StatusCode::BAD_REQUEST,
            "AwsStsAccountNotConfigured",
            message,
        ));
    }
    let account = source.map_or("", |source| &source.account);
    let external_id = external_id.map_or("", String::as_str);
    let trust = json!({"accountId": account, "externalId": external_id, "partition": partition});
    Ok(PaletteResponse::ok("stsTrust", trust))
}
