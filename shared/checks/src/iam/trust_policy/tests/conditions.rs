use super::*;

/// Acceptance rows: F27.
#[test]
fn only_a_condition_on_the_exact_external_id_passes() {
    let equals = |value: Value| allow(&json!({"StringEquals": {"sts:ExternalId": value}}));
    let like = |value: &str| allow(&json!({"StringLike": {"sts:ExternalId": value}}));
    let by = |operator: &str| allow(&json!({operator: {"sts:ExternalId": EXTERNAL_ID}}));
    let upper = EXTERNAL_ID.to_uppercase();
    assert_findings(&[
        ("list of one", equals(json!([EXTERNAL_ID])), "PPP"),
        (
            "key in another case",
            allow(&json!({"StringEquals": {"STS:externalid": EXTERNAL_ID}})),
            "PPP",
        ),
        ("like, without wildcard", like(EXTERNAL_ID), "PPP"),
        ("no case", allow(&json!({"StringEqualsIgnoreCase": {"sts:ExternalId": upper}})), "PPP"),
        ("any value", by("ForAnyValue:StringEquals"), "PPP"),
        (
            "two conditions that agree",
            allow(
                &json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "StringLike": {"sts:ExternalId": "a2c4*"}}),
            ),
            "PPP",
        ),
        ("none", allow(&json!({})), "PFP"),
        (
            "no condition",
            json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}),
            "PFP",
        ),
        ("another", equals(json!("another")), "PFP"),
        ("another case", equals(json!(upper)), "PFP"),
        ("none at all", equals(json!([])), "PFP"),
        ("one of several", equals(json!([EXTERNAL_ID, "another"])), "PFP"),
        ("wildcard", like("*"), "PFP"),
        ("beginning", like("a2c4e6f8-*"), "PFP"),
        ("end left open", like(&format!("{EXTERNAL_ID}*")), "PFP"),
        ("one character open", like("a2c4e6f8-0b1d-4e3f-9a5c-7d9e1b3f5a7?"), "PFP"),
        ("if it exists", by("StringEqualsIfExists"), "PFP"),
        ("all values, which holds for none", by("ForAllValues:StringEquals"), "PFP"),
        ("not", by("StringNotEquals"), "PFP"),
        ("there, whatever it is", allow(&json!({"Null": {"sts:ExternalId": "false"}})), "PFP"),
        ("in one statement of two", json!([by("StringEquals"), allow(&json!({}))]), "PFP"),
        (
            "another in a second statement",
            json!([by("StringEquals"), equals(json!("another"))]),
            "PFP",
        ),
        (
            "bare, for its user, beside one for the root",
            json!([by("StringEquals"), {"Effect": "Allow", "Principal": {"AWS": USER}, "Action": "sts:AssumeRole"}]),
            "PFP",
        ),
        (
            "beside one that may take others",
            json!([
                by("StringEquals"),
                allow(&json!({"StringLike": {"sts:ExternalId": "${aws:userid}"}}))
            ]),
            "PUP",
        ),
        ("an operator that IAM lacks", by("StringIs"), "PUP"),
        ("filled in later", equals(json!("${aws:userid}")), "PUP"),
    ]);
}

#[test]
fn deny_statements_are_classified_by_whom_they_apply_to() {
    let right = || allow_principal(&json!({"AWS": ROOT}));
    let bare = || allow(&json!({}));
    let unlike = |value: &str| json!({"StringNotEquals": {"sts:ExternalId": value}});
    let all = || json!("*");
    let without_mfa = || json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    assert_findings(&[
        ("everyone", json!([right(), deny(&all(), &json!({}))]), "FPP"),
        ("Palette", json!([right(), deny(&json!({"AWS": "111122223333"}), &json!({}))]), "FPP"),
        (
            "another account",
            json!([right(), deny(&json!({"AWS": "444455556666"}), &json!({}))]),
            "PPP",
        ),
        (
            "a user of Palette's, perhaps its own",
            json!([right(), deny(&json!({"AWS": USER}), &json!({}))]),
            "PPU",
        ),
        (
            "all but Palette",
            json!([right(), {"Effect": "Deny", "NotPrincipal": {"AWS": ROOT}, "Action": "*"}]),
            "PPP",
        ),
        (
            "all but another",
            json!([right(), {"Effect": "Deny", "NotPrincipal": {"AWS": "444455556666"}, "Action": "*"}]),
            "FPP",
        ),
        (
            "another action",
            json!([right(), {"Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"}]),
            "PPP",
        ),
        (
            "any other external id, which enforces it",
            json!([bare(), deny(&all(), &unlike(EXTERNAL_ID))]),
            "PPP",
        ),
        ("any external id but another", json!([bare(), deny(&all(), &unlike("another"))]), "PFP"),
        (
            "none, yet any other will do",
            json!([bare(), deny(&all(), &json!({"Null": {"sts:ExternalId": "true"}}))]),
            "PFP",
        ),
        ("without MFA", json!([right(), deny(&all(), &without_mfa())]), "PPF"),
        ("without MFA, and no external id", json!([bare(), deny(&all(), &without_mfa())]), "PFF"),
        (
            "without MFA, strictly",
            json!([right(), deny(&all(), &json!({"Bool": {"aws:MultiFactorAuthPresent": false}}))]),
            "PPU",
        ),
        (
            "from elsewhere",
            json!([
                right(),
                deny(&all(), &json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}))
            ]),
            "PPU",
        ),
        (
            "from elsewhere, which is nowhere",
            json!([right(), deny(&all(), &json!({"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}))]),
            "PPP",
        ),
        (
            "without TLS",
            json!([right(), deny(&all(), &json!({"Bool": {"aws:SecureTransport": "false"}}))]),
            "PPP",
        ),
        (
            "another organization",
            json!([
                right(),
                deny(&all(), &json!({"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}))
            ]),
            "PPU",
        ),
        (
            "some session names",
            json!([right(), deny(&all(), &json!({"StringLike": {"sts:RoleSessionName": "x*"}}))]),
            "PPU",
        ),
    ]);
}

#[test]
fn deny_statements_that_can_apply_to_palette_are_found() {
    let right = || allow_principal(&json!({"AWS": ROOT}));
    let all = || json!("*");
    let without_mfa = || json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    assert_findings(&[
        (
            "a user of Palette's where it presents the external id",
            json!([
                right(),
                deny(
                    &json!({"AWS": USER}),
                    &json!({"StringEquals": {"sts:ExternalId": EXTERNAL_ID}})
                )
            ]),
            "PPU",
        ),
        (
            "the same without MFA",
            json!([right(), deny(&json!({"AWS": USER}), &without_mfa())]),
            "PPU",
        ),
        (
            "an external id that is filled in later",
            json!([
                right(),
                deny(&all(), &json!({"StringEquals": {"sts:ExternalId": "${aws:userid}"}}))
            ]),
            "PPU",
        ),
        (
            "all but what is neither user nor role",
            json!([
                right(),
                deny(
                    &all(),
                    &json!({"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:-*"}})
                )
            ]),
            "PPF",
        ),
    ]);
}

#[test]
fn conditions_on_other_keys_are_classified() {
    let account = json!("111122223333");
    assert_findings(&[
        ("MFA", allow_if("Bool", "aws:MultiFactorAuthPresent", &json!("true")), "PPF"),
        (
            "MFA, as a truth value, in another case",
            allow_if("Bool", "AWS:multifactorauthpresent", &json!(true)),
            "PPF",
        ),
        (
            "MFA if it exists",
            allow_if("BoolIfExists", "aws:MultiFactorAuthPresent", &json!("true")),
            "PPU",
        ),
        (
            "MFA not demanded",
            allow_if("BoolIfExists", "aws:MultiFactorAuthPresent", &json!("false")),
            "PPP",
        ),
        ("age of MFA", allow_if("NumericLessThan", "aws:MultiFactorAuthAge", &json!(3600)), "PPF"),
        ("address", allow_if("IpAddress", "aws:SourceIp", &json!(["203.0.113.0/24"])), "PPU"),
        ("any address", allow_if("IpAddress", "aws:SourceIp", &json!("0.0.0.0/0")), "PPP"),
        ("VPC", allow_if("StringEquals", "aws:SourceVpc", &json!("vpc-1")), "PPU"),
        ("endpoint", allow_if("StringEqualsIfExists", "aws:SourceVpce", &json!("vpce-1")), "PPU"),
        ("organization", allow_if("StringEquals", "aws:PrincipalOrgID", &json!("o-1")), "PPU"),
        ("Palette's account", allow_if("StringEquals", "aws:PrincipalAccount", &account), "PPP"),
        (
            "another account",
            allow_if("StringEquals", "aws:PrincipalAccount", &json!("444455556666")),
            "PPF",
        ),
        ("Palette's user", allow_if("ArnEquals", "aws:PrincipalArn", &json!(USER)), "PPP"),
        (
            "Palette's users",
            allow_if("ArnLike", "aws:PrincipalArn", &json!("arn:aws:iam::111122223333:user/*")),
            "PPP",
        ),
        (
            "another's users",
            allow_if("ArnLike", "aws:PrincipalArn", &json!("arn:aws:iam::444455556666:*")),
            "PPF",
        ),
        (
            "not Palette's users",
            allow_if("ArnNotLike", "aws:PrincipalArn", &json!("arn:aws:iam::111122223333:*")),
            "PPF",
        ),
        ("Null", allow_if("Null", "aws:SourceAccount", &json!("true")), "PPP"),
        ("Null, of what is there", allow_if("Null", "aws:PrincipalArn", &json!("true")), "PPF"),
        // AWS does not document the result of `Null` with these values.
        (
            "Null, neither true nor false",
            allow_if("Null", "aws:PrincipalArn", &json!("yes")),
            "PPU",
        ),
        (
            "Null, true and false",
            allow_if("Null", "aws:PrincipalArn", &json!(["true", "false"])),
            "PPU",
        ),
        (
            "source account, which no principal has",
            allow_if("StringEquals", "aws:SourceAccount", &account),
            "PPF",
        ),
        ("session name", allow_if("StringLike", "sts:RoleSessionName", &json!("palette-*")), "PPU"),
        (
            "until a day",
            allow_if("DateLessThan", "aws:CurrentTime", &json!("2030-01-01T00:00:00Z")),
            "PPU",
        ),
        ("a tag", allow_if("StringEquals", "aws:PrincipalTag/team", &json!("x")), "PPU"),
        (
            "in one statement of two",
            json!([
                allow_if("Bool", "aws:MultiFactorAuthPresent", &json!("true")),
                allow_principal(&json!({"AWS": USER}))
            ]),
            "PPP",
        ),
        (
            "beside an external id that is filled in later",
            json!([
                allow_if("Bool", "aws:MultiFactorAuthPresent", &json!("true")),
                allow(&json!({"StringEquals": {"sts:ExternalId": "${aws:userid}"}}))
            ]),
            "PUF",
        ),
        (
            "around the external id that is right",
            json!([
                allow_if("Bool", "aws:MultiFactorAuthPresent", &json!("true")),
                allow(&json!({"StringEquals": {"sts:ExternalId": "another"}}))
            ]),
            "PFF",
        ),
    ]);
}

#[test]
fn conditions_on_the_principal_arn_are_classified() {
    let arn = |kind: &str| json!(format!("arn:aws:iam::111122223333:{kind}"));
    let allowed = |operator: &str, value: Value| allow_if(operator, "aws:PrincipalArn", &value);
    let denied = |operator: &str, value: Value| {
        let condition = json!({operator: {"aws:PrincipalArn": value}});
        json!([allow_principal(&json!({"AWS": ROOT})), deny(&json!("*"), &condition)])
    };
    assert_findings(&[
        // An allowed identity is taken to be the identity of Palette.
        ("equals", allowed("StringEquals", arn("user/palette-sts")), "PPP"),
        ("equals a role", allowed("StringEquals", arn("role/palette")), "PPP"),
        ("no case", allowed("StringEqualsIgnoreCase", arn("USER/PALETTE")), "PPP"),
        ("like", allowed("StringLike", arn("user/palette*")), "PPP"),
        ("if it exists", allowed("ArnLikeIfExists", arn("user/palette*")), "PPP"),
        ("any of several", allowed("ForAnyValue:ArnLike", json!([arn("user/a"), "x"])), "PPP"),
        ("all of several", allowed("ForAllValues:StringEquals", arn("user/a")), "PPP"),
        // An excluded identity may be another identity than Palette's.
        ("all but one", allowed("StringNotEquals", arn("user/palette-sts")), "PPU"),
        ("all but some", allowed("ArnNotLike", arn("role/*")), "PPU"),
        ("all but one, if it exists", allowed("ArnNotEqualsIfExists", arn("user/a")), "PPU"),
        ("deny one", denied("ArnEquals", arn("user/palette-sts")), "PPU"),
        ("deny some", denied("StringLike", arn("role/*")), "PPU"),
        ("deny one of several", denied("ForAnyValue:StringEquals", arn("user/a")), "PPU"),
        ("deny all but one", denied("ArnNotEquals", arn("user/palette-sts")), "PPP"),
        ("deny all but users", denied("StringNotLike", arn("user/*")), "PPP"),
        // Conditions that are true, or false, for every user and role have a certain result.
        ("every one", allowed("ArnLike", arn("*")), "PPP"),
        ("users and roles", allowed("ArnLike", json!([arn("user/*"), arn("role/*")])), "PPP"),
        ("none of them", allowed("ArnNotLike", json!([arn("user/*"), arn("role/*")])), "PPF"),
        ("deny every one", denied("ArnLike", arn("*")), "PPF"),
        ("deny others", denied("ArnLike", json!("arn:aws:iam::444455556666:*")), "PPP"),
        ("neither user nor role", allowed("ArnLike", arn("group/*")), "PPF"),
        (
            "a session, which is no principal's ARN",
            allowed("ArnLike", json!("arn:aws:sts::111122223333:assumed-role/*")),
            "PPF",
        ),
        ("the partition apart", allowed("ArnLike", json!("arn:*:iam::111122223333:user/*")), "PPP"),
        // A wildcard of `ArnLike` matches within one field of an ARN only, unlike `StringLike`.
        ("across fields", allowed("ArnLike", json!("arn:*:user/palette:::")), "PPF"),
        ("across fields, by text", allowed("StringLike", json!("arn:*:user/palette")), "PPP"),
        ("across fields, denied", denied("ArnLike", json!("arn:*user/*:x:y:z:a")), "PPP"),
        ("too few fields", denied("ArnLike", json!("arn:aws:*")), "PPU"),
        ("a variable", allowed("StringEquals", json!("${aws:PrincipalArn}")), "PPU"),
        ("another operator", allowed("DateEquals", arn("user/a")), "PPU"),
    ]);
}

#[test]
fn trust_in_everyone_can_be_limited_by_conditions() {
    let star = |operator: &str, key: &str, value: &Value| {
        let mut statement = allow_if(operator, key, value);
        statement["Principal"] = json!("*");
        statement
    };
    let account = json!("111122223333");
    let star_alone = || allow_principal(&json!("*"));
    assert_findings(&[
        ("account", star("StringEquals", "aws:PrincipalAccount", &account), "PPP"),
        (
            "accounts",
            star("StringEquals", "aws:PrincipalAccount", &json!([account, "444455556666"])),
            "PPP",
        ),
        ("user", star("ArnLike", "aws:PrincipalArn", &json!(USER)), "PPP"),
        ("some accounts", star("StringLike", "aws:PrincipalAccount", &json!("1111*")), "UPP"),
        ("every account", star("StringLike", "aws:PrincipalAccount", &json!("*")), "FPP"),
        (
            "a user of any account",
            star("ArnLike", "aws:PrincipalArn", &json!("arn:aws:iam::*:user/palette")),
            "FPP",
        ),
        (
            "all but an account",
            star("StringNotEquals", "aws:PrincipalAccount", &json!("444455556666")),
            "FPP",
        ),
        ("organization", star("StringEquals", "aws:PrincipalOrgID", &json!("o-1")), "UPU"),
        (
            "organization, or none",
            star("StringEqualsIfExists", "aws:PrincipalOrgID", &json!("o-1")),
            "FPU",
        ),
        ("network", star("IpAddress", "aws:SourceIp", &json!("203.0.113.0/24")), "UPU"),
        ("any network", star("IpAddress", "aws:SourceIp", &json!("0.0.0.0/0")), "FPP"),
        (
            "a tag, which anybody can set",
            star("StringEquals", "aws:PrincipalTag/team", &json!("x")),
            "FPU",
        ),
        ("MFA", star("Bool", "aws:MultiFactorAuthPresent", &json!("true")), "FPF"),
        (
            "denied to other accounts",
            json!([
                star_alone(),
                deny(&json!("*"), &json!({"StringNotEquals": {"aws:PrincipalAccount": account}}))
            ]),
            "PPP",
        ),
        (
            "denied to other organizations",
            json!([
                star_alone(),
                deny(&json!("*"), &json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}))
            ]),
            "UPU",
        ),
        (
            "denied without TLS",
            json!([
                star_alone(),
                deny(&json!("*"), &json!({"Bool": {"aws:SecureTransport": "false"}}))
            ]),
            "FPP",
        ),
    ]);
}

#[test]
fn sessions_and_not_principal_name_single_identities() {
    let session = "arn:aws:sts::111122223333:assumed-role/palette/session";
    let federated = "arn:aws:sts::111122223333:federated-user/palette";
    let right = || allow_principal(&json!({"AWS": ROOT}));
    let all_but = |named: Value| json!([right(), {"Effect": "Deny", "NotPrincipal": {"AWS": named}, "Action": "sts:*"}]);
    assert_findings(&[
        ("a session", allow_principal(&json!({"AWS": session})), "UPP"),
        ("a session beside a user", allow_principal(&json!({"AWS": [session, USER]})), "PPP"),
        (
            "a session of another account",
            allow_principal(&json!({"AWS": session.replace('1', "5")})),
            "Fnn",
        ),
        ("a federated user", allow_principal(&json!({"AWS": federated})), "Fnn"),
        ("a session denied", json!([right(), deny(&json!({"AWS": session}), &json!({}))]), "PPU"),
        (
            "a federated user denied",
            json!([right(), deny(&json!({"AWS": federated}), &json!({}))]),
            "PPP",
        ),
        ("all but a user", all_but(json!(USER)), "PPU"),
        ("all but a session", all_but(json!([session, "444455556666"])), "PPU"),
        ("all but a user and its account", all_but(json!([USER, ROOT])), "PPP"),
        ("all but another's user", all_but(json!("arn:aws:iam::444455556666:user/x")), "FPP"),
    ]);
}
