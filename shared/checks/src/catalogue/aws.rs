//! Checks of AWS STS, and of the identity that an access key belongs to.

use gangway_model::{Check, CheckSubject, Severity};

pub static CLOCK: Check = Check {
    id: "aws.clock",
    title: "The clocks of Gangway and AWS agree",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C06"],
    remedy: "Set the clock of the machine that Gangway runs on (NTP). AWS accepts a difference of five minutes.",
};

pub static IDENTITY_IS_ROLE: Check = Check {
    id: "aws.identity-is-role",
    title: "The portal's keys belong to an IAM role or user",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["X09"],
    remedy: "Ask the portal's administrator to map the portal's role to an IAM role that has Palette's policies.",
};

pub static IDENTITY_IS_USER: Check = Check {
    id: "aws.identity-is-user",
    title: "The keys belong to an IAM user",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["S01"],
    remedy: "Create an IAM user for Palette alone and send its access key. Root keys and temporary keys are not accepted.",
};

pub static IDENTITY_VALID: Check = Check {
    id: "aws.identity-valid",
    title: "AWS accepts the keys",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["S02", "S03", "X11"],
    remedy: "Send an active access key of this partition. If an access portal issued the keys, check the portal's clock and partition.",
};

pub static PARTITION: Check = Check {
    id: "aws.partition",
    title: "The keys belong to the requested partition and account",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C03", "X12"],
    remedy: "Send keys of this partition and account, or send the request to the deployment of the other partition.",
};

pub static REACHABLE: Check = Check {
    id: "aws.reachable",
    title: "AWS STS of this partition can be reached",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C05"],
    remedy: "Give the function a network path to STS. If a private CA signs the endpoint, put its certificate into the secret of `AwsCaBundleSecret`.",
};
