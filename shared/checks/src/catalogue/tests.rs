mod prerequisites;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use gangway_model::{Check, Severity};

use super::{ALL, find_waivable};
use prerequisites::PREREQUISITES;

const PAGE_HEADER: &str = "\
# Checks

<!-- Written from the catalogue in shared/checks: GANGWAY_WRITE_DOCS=1 cargo test -p gangway-checks catalogue -->

Gangway checks an AWS account before it registers the account, and again on request. A report lists every check with its
outcome and with what was observed.

| outcome | meaning |
|---|---|
| passed | The requirement is met. |
| failed | The requirement is not met. The report says how to fix it. |
| unverified | Gangway could not check the requirement. The report says what is missing, often a permission. |
| waived | The requirement is not met, and the request waives it with `waivedChecks`. The deployment names the checks that may be waived (`WaivableChecks`). |
| not-applicable | The requirement does not apply to this request. |

A failed *blocker* prevents the registration. A failed *warning* or *info* does not.

Ids do not change: clients, alarms and runbooks may rely on them. *Covers* names the prerequisites that the check
verifies. They are listed [below](#prerequisites). *Remedy* says what to do in general; a report
names the account, role or certificate.

| id | requirement | severity | covers | remedy |
|---|---|---|---|---|
";

const PREREQUISITES_HEADER: &str = "
## Prerequisites

Prerequisites whose id begins with C are for every method; with S, for access keys; with D, for roles that Palette assumes (STS);
with P, for EKS Pod Identity; with X, for the Secret and Top Secret partitions; with G, for private cloud gateways. Numbers that
no check covers are left out.

| id | prerequisite |
|---|---|
";

/// Returns the text of `docs/checks.md`.
fn render_page() -> String {
    let mut page = PAGE_HEADER.to_owned();
    for Check { id, title, severity, subject: _, covers, remedy } in ALL.iter().copied() {
        let severity = match severity {
            Severity::Blocker => "blocker",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let covers = covers.join(", ");
        writeln!(
            page,
            "| <a id=\"{id}\"></a>`{id}` | {title} | {severity} | {covers} | {remedy} |"
        )
        .unwrap();
    }
    page.push_str(PREREQUISITES_HEADER);
    for (id, description) in PREREQUISITES {
        writeln!(page, "| {id} | {description} |").unwrap();
    }
    page
}

#[test]
fn checks_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checks.md");
    if std::env::var_os("GANGWAY_WRITE_DOCS").is_some() {
        fs::write(path, render_page()).unwrap();
        return;
    }
    assert!(
        fs::read_to_string(path).unwrap() == render_page(),
        "docs/checks.md is out of date: GANGWAY_WRITE_DOCS=1 cargo test -p gangway-checks catalogue"
    );
}

#[test]
fn checks_are_sorted_by_id_without_duplicates() {
    let ids: Vec<_> = ALL.iter().map(|check| check.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[test]
fn every_check_has_title_remedy_and_described_prerequisites() {
    let known: BTreeSet<_> = PREREQUISITES.iter().map(|(id, _)| *id).collect();
    let covered: BTreeSet<_> = ALL.iter().flat_map(|check| check.covers.iter().copied()).collect();
    assert_eq!(covered, known);
    for check in ALL {
        let Check { id, title, covers, remedy, .. } = check;
        assert!(!title.is_empty() && remedy.ends_with('.') && !covers.is_empty(), "{id}");
    }
}

/// Counts the definitions of checks in the source code. A check that is not in [`ALL`] would be
/// missing from `docs/checks.md`.
#[test]
fn every_check_that_the_code_defines_is_in_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut definition_count = 0;
    let mut folders = vec![root.join("shared"), root.join("functions")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && name != "tests.rs"
            {
                let text = fs::read_to_string(&path).unwrap();
                let code_without_tests = text.split("mod tests {").next().unwrap_or_default();
                definition_count += code_without_tests.matches(": Check = Check {").count();
            }
        }
    }
    assert_eq!(definition_count, ALL.len());
}

#[test]
fn checks_of_identity_ownership_and_palette_cannot_be_waived() {
    for id in [
        "aws.identity-valid",
        "iam.role-scope-allowed",
        "iam.role-exists",
        "palette.validation",
        "palette.session",
        "portal.keys",
        "sts.external-id-required",
        "sts.trusts-palette",
        "pod-identity.role-arn",
        "pod-identity.external-id",
        // A warning does not prevent a registration, so nobody needs to waive this check.
        "iam.key-age",
        "no.such-check",
        "",
    ] {
        assert!(find_waivable(id).is_none(), "{id}");
    }
    for id in ["iam.actions-allowed", "iam.organization-allows", "eks.kubernetes-version"] {
        assert_eq!(find_waivable(id).map(|check| check.id), Some(id));
    }
}
