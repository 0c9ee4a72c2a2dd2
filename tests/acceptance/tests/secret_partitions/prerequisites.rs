//! The prerequisites of the classified partitions, and the notices of reports.

use acceptance::{TestApp, classified::portal, methods::for_each_classified, with};
use local_cloud::palette::SECRET_PARTITION_FLAG;
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Returns the notices of a report, one on each line.
fn joined_notices(report: &acceptance::HttpResponse) -> String {
    let notices = report.body["notices"].as_array().expect("notices");
    notices.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

/// Acceptance rows: F66.
#[tokio::test]
async fn palette_without_vertex_is_reported() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        app.cloud().palette().records().features.remove(SECRET_PARTITION_FLAG);
        let report = app.assert_blocked(method, &request).await;
        report.assert_check(
            "palette.edition-vertex",
            "unverified",
            SECRET_PARTITION_FLAG,
            "Palette VerteX",
        );
        report.assert_check("palette.validation", "failed", "", "");
        assert_eq!(report.check("palette.edition-vertex")["covers"], json!(["C19", "X01"]));
        app.cloud().palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), true);
        let receipt = app.assert_registered(method, &request).await;
        receipt.assert_check("palette.edition-vertex", "passed", "VerteX", "");
    })
    .await;
}

/// Acceptance rows: F67, F70, F71.
#[tokio::test]
async fn report_mentions_tech_preview_images_and_node_ca_certificates() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        let expected = joined_notices(&app.validate(method, &request).await);
        for words in [
            "tech preview",
            "Amazon Linux 2",
            "Linux-based container",
            "worker nodes",
            "Image Swap",
        ] {
            assert!(expected.contains(words), "{words}: {expected}");
        }
        let receipt = app.assert_registered(method, &request).await;
        receipt.assert_check("eks.image-family", "unverified", "", "Amazon Linux 2");
        receipt.assert_check(
            "eks.worker-nodes-trust",
            "unverified",
            "",
            "mount the CA certificates into workloads",
        );
        receipt.assert_check("eks.image-swap", "unverified", "", "Image Swap");
        assert_eq!(receipt.check("eks.worker-nodes-trust")["severity"], "info");
        assert!(receipt.body["report"]["notices"].to_string().contains("tech preview"));
        let core = with(
            app.request(method, app.customer(), "core"),
            &json!({"permissionProfile": "core"}),
        );
        app.validate(method, &core).await.assert_check("eks.image-swap", "not-applicable", "", "");
    })
    .await;
}

/// Acceptance rows: F68.
#[tokio::test]
async fn feature_flag_must_be_on_and_is_never_changed() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        app.cloud().palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), false);
        let report = app.assert_blocked(method, &request).await;
        report.assert_check(
            "palette.secret-partition-flag",
            "failed",
            "off",
            "cannot be turned off again",
        );
        report.assert_check("palette.edition-vertex", "passed", "", "");
        assert_eq!(report.check("palette.secret-partition-flag")["severity"], "blocker");
        let flag = app.cloud().palette().records().features[SECRET_PARTITION_FLAG];
        assert!(!flag, "Gangway only reads the flag, because turning it on is irreversible");
        app.cloud().palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), true);
        app.assert_registered(method, &request).await;
    })
    .await;
}

/// Acceptance rows: F68.
#[tokio::test]
async fn flag_that_palette_no_longer_has_does_not_block() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        {
            let palette = app.cloud().palette();
            let mut records = palette.records();
            records.features.remove(SECRET_PARTITION_FLAG);
            records.graduated_features.insert(SECRET_PARTITION_FLAG.to_owned());
        }
        let receipt = app.assert_registered(method, &request).await;
        for check in ["palette.edition-vertex", "palette.secret-partition-flag"] {
            receipt.assert_check(check, "unverified", "no longer needs", "palette.validation");
        }
        receipt.assert_check("palette.validation", "passed", "", "");
    })
    .await;
}

/// Acceptance rows: F69.
#[tokio::test]
async fn missing_connection_to_the_partition_is_reported() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        if method == AuthMethod::StaticCredentials {
            // AWS is reachable for Gangway, but not for Palette.
            let fault = local_cloud::Fault::on(
                "sts",
                "GetCallerIdentity",
                local_cloud::Effect::DisconnectBefore,
            );
            app.cloud().fault(fault.nth(2).times(u32::MAX));
        } else {
            let response = format!("https://localhost:9{}", portal(app.deployment()).kind().path());
            app.cloud()
                .palette()
                .records()
                .portals
                .insert(app.partition().id().to_owned(), response);
        }
        let report = app.validate(method, &request).await;
        assert_eq!(report.failed(), ["palette.validation"], "{:#}", report.body);
        let remedy = "make sure that Palette can reach this partition";
        report.assert_check("palette.validation", "failed", "RequestError", remedy);
        report.assert_check("palette.validation", "failed", "", "private cloud gateway");
        let covers = report.check("palette.validation")["covers"].to_string();
        assert!(covers.contains("X03"), "{covers}");
    })
    .await;
}

/// Acceptance rows: F88.
#[tokio::test]
async fn configured_endpoints_are_reached_or_reported_by_name() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let request = app.request(method, app.customer(), "prod");
        let report = app.validate(method, &request).await;
        report.assert_check("palette.endpoint-overrides", "passed", "none is set", "");
        let services = |names: &[&str], url: &str| -> Value {
            names
                .iter()
                .map(|name| ((*name).to_owned(), json!({"endpoint": url})))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let set = |services: &Value| {
            let regions =
                json!({app.deployment().region: {"dnsSuffix": "example.test", "services": services}});
            let partitions =
                json!({app.partition().id(): {"credentialsEndpoint": "", "regions": regions}});
            app.cloud().palette().records().endpoints = json!({"partitions": partitions});
        };
        let all = [
            "eks",
            "ec2",
            "iam",
            "sts",
            "ecr",
            "autoscaling",
            "elasticloadbalancing",
            "cloudformation",
            "s3",
            "ssm",
        ];
        let good = services(&all, &app.cloud().url());
        set(&good);
        let report = app.validate(method, &request).await;
        report.assert_check("palette.endpoint-overrides", "passed", "10 set, all reached; the others end with example.test", "");
        let door = app.cloud().start_tls_endpoint().await;
        let mut some = good.clone();
        some["sts"] = json!({"endpoint": "https://localhost:9"});
        some["eks"] = json!({"endpoint": door.url});
        set(&some);
        let receipt = app.assert_registered(method, &request).await;
        let found = receipt.check("palette.endpoint-overrides");
        let observed = found["observed"].to_string();
        assert_eq!(found["severity"], "warning");
        assert!(
            observed.contains(&format!("sts of {} (no connection", app.deployment().region))
                && observed.contains(&format!("eks of {} (its certificate", app.deployment().region)),
            "{observed}"
        );
        assert!(!observed.contains("ec2"), "{observed}");
        receipt.assert_check("palette.endpoint-overrides", "failed", "", "Configure Endpoints");
        // Other regions and endpoints for FIPS count too: clusters may run there.
        let elsewhere = json!({"sts": {"endpoint": app.cloud().url()},
            "eks": {"endpoint": "", "endpointFips": "https://localhost:9"}});
        let regions = json!({"us-iso-west-9": {"dnsSuffix": "", "services": elsewhere}});
        let partitions =
            json!({app.partition().id(): {"credentialsEndpoint": "", "regions": regions}});
        app.cloud().palette().records().endpoints = json!({"partitions": partitions});
        let report = app.validate(method, &request).await;
        let (id, fault) = ("palette.endpoint-overrides", "eks (FIPS) of us-iso-west-9 (no conn");
        report.assert_check(id, "failed", fault, "Configure Endpoints");
        assert!(!report.check(id)["observed"].to_string().contains("sts"));
        let regions = json!({"us-iso-west-9": {"dnsSuffix": "c2s.example.test"}});
        let partitions = json!({app.partition().id(): {"regions": regions}});
        app.cloud().palette().records().endpoints = json!({"partitions": partitions});
        let report = app.validate(method, &request).await;
        report.assert_check(id, "passed", "none is set for", "");
        report.assert_check(id, "passed", "us-iso-west-9: 0 set, all reached; the others end", "");
    })
    .await;
}
