//! An error of AWS STS is reported with its cause. Only the checks that need that call are
//! unverified.

use acceptance::{TestApp, methods::OPEN_METHODS};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};
use serde_json::Value;

/// Acceptance rows: F17.
#[tokio::test]
async fn refusal_to_assume_the_inspection_role_names_its_cause() {
    for (status, code, remedy) in [
        (403, "AccessDenied", "template for inspection roles"),
        (403, "RegionDisabledException", "activate AWS STS for this region"),
        (400, "PackedPolicyTooLarge", "PackedPolicyTooLarge"),
        (403, "ExpiredToken", "credentials of this function"),
        (403, "InvalidClientTokenId", "credentials of this function"),
        (403, "OptInRequired", "complete the sign-up"),
        (400, "MalformedPolicyDocument", "MalformedPolicyDocument"),
    ] {
        let app = TestApp::start(Partition::Aws).await;
        let effect = Effect::AwsError { status, code };
        let fault = Fault::on("sts", "AssumeRole", effect).external_calls_only();
        app.cloud().fault(fault);
        let request = app.request(AuthMethod::Sts, app.customer(), "prod");
        let receipt = app.assert_registered(AuthMethod::Sts, &request).await;
        receipt.assert_check("iam.actions-allowed", "unverified", "", remedy);
        receipt.assert_check("palette.validation", "passed", "", "");
    }
}

/// Acceptance rows: F15.
#[tokio::test]
async fn denied_caller_identity_is_unverified_and_names_the_endpoint() {
    for (status, code, remedy) in [
        (403, "AccessDenied", "policy of a VPC endpoint"),
        (403, "RegionDisabledException", "activate AWS STS for this region"),
    ] {
        let app = TestApp::start(Partition::Aws).await;
        let method = OPEN_METHODS[0];
        let request = app.request(method, app.customer(), "prod");
        let effect = Effect::AwsError { status, code };
        let fault = Fault::on("sts", "GetCallerIdentity", effect).external_calls_only();
        app.cloud().fault(fault);
        let report = app.validate(method, &request).await;
        report.assert_status(200);
        report.assert_check("aws.identity-valid", "unverified", "does not tell", remedy);
        // The AWS account is not known, so nothing can be registered, and nothing is ready.
        assert_eq!(report.body["ready"], Value::Null, "{}", report.text);
        app.register(method, &request).await.assert_status(422);
        app.assert_untouched();
    }
}
