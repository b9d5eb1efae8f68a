//! The lists against the runtime, called by AWS's own client: what is listed answers, and what is left out for a reason
//! does not.

use serde_json::json;

use super::{FixtureAccount, expected};
use crate::independent;

#[test]
fn what_is_listed_answers() {
    let lists = [
        ("profiles-denied", "profiles-denied"),
        ("models-denied", "models-denied"),
        ("three-pages", "three-pages"),
        ("application-profiles", "application-profiles"),
        ("unknown-modality", "unknown-modality"),
        ("govcloud", "govcloud"),
        ("eu-only", "eu-only"),
        ("hundred-fifty", "hundred-fifty"),
        ("lifecycle", "lifecycle.with-legacy"),
        ("further-models", "further-models.included"),
        ("odd-rows", "odd-rows"),
        ("two-regions", "two-regions.first"),
    ];
    for (account, list) in lists {
        let keys = expected(list);
        let ids: Vec<_> = keys.iter().map(|key| key.strip_prefix("amazon-bedrock/").unwrap()).collect();
        let emulator = FixtureAccount::named(account).start();
        let seen = independent::boto3(&emulator, "converses_with_each", &ids);
        assert_eq!(seen, json!({ "answered": ids.len() }), "{account}");
    }
}

/// An account, what its list leaves out and cannot be called either, and the code that says so.
const REFUSED: [(&str, &[&str], &str); 9] = [
    ("everything-denied", &["amazon.nova-lite-v1:0"], "AccessDeniedException"),
    (
        "profiles-denied",
        &["anthropic.claude-haiku-4-5-20251001-v1:0", "amazon.nova-lite-v1:0:24k"],
        "ValidationException",
    ),
    (
        "application-profiles",
        &["us.my-prod-profile", "n0m0d3lsy3t1", "amazon.titan-embed-text-v2:0"],
        "ValidationException",
    ),
    (
        "unknown-modality",
        &["acme-ai.projector-v1:0", "acme-ai.courier-v1:0", "acme-ai.oracle-v2:0"],
        "ValidationException",
    ),
    ("govcloud", &["us.anthropic.claude-haiku-4-5-20251001-v1:0"], "ValidationException"),
    (
        "hundred-fifty",
        &["lumen.hazel-7-v1:0", "lumen.ironwood-7-v1:0", "lumen.juniper-7-v1:0", "lumen.maple-7-v1:0"],
        "ValidationException",
    ),
    (
        "lifecycle",
        &["mistral.mistral-small-2402-v1:0", "us.anthropic.claude-3-opus-20240229-v1:0"],
        "ResourceNotFoundException",
    ),
    (
        "further-models",
        &[
            "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/pr0v1s10n3d3",
            "arn:aws:bedrock:us-east-1:123456789012:imported-model/basemodel001",
            "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/d3pl0ym3nt02",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/home-made",
        ],
        "ValidationException",
    ),
    ("no-access", &["us.anthropic.claude-haiku-4-5-20251001-v1:0", "deepseek.v3.2"], "AccessDeniedException"),
];

#[test]
fn what_cannot_be_called_is_refused() {
    for (account, ids, code) in REFUSED {
        let emulator = FixtureAccount::named(account).start();
        let seen = independent::boto3(&emulator, "is_refused_by_each", ids);
        for id in ids {
            assert_eq!(seen[id]["code"], code, "{account}: {id}: {seen}");
        }
    }
}
