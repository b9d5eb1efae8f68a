//! `outcrop models why`: the right reason for what each account leaves out, and what to do about it.

use serde_json::Value;

use super::{ACCESS, FixtureAccount, INCLUDE, LEGACY, REGIONS};
use crate::support::{Emulator, Finished, Outcrop};

/// An id that an account leaves out.
struct Dropped {
    account: &'static str,
    settings: &'static [&'static str],
    id: &'static str,
    /// The rule that it does not pass.
    rule: &'static str,
    /// What the fix must name; empty where there is nothing to be done.
    fix: &'static str,
}

const fn dropped(account: &'static str, id: &'static str, rule: &'static str, fix: &'static str) -> Dropped {
    Dropped { account, settings: &[], id, rule, fix }
}

const HAIKU: &str = "anthropic.claude-haiku-4-5-20251001-v1:0";
const US_HAIKU: &str = "us.anthropic.claude-haiku-4-5-20251001-v1:0";

const DROPPED: [Dropped; 24] = [
    dropped("everything-denied", "amazon.nova-lite-v1:0", "listing", "bedrock:ListFoundationModels"),
    dropped("profiles-denied", US_HAIKU, "listing", "bedrock:ListInferenceProfiles"),
    dropped("profiles-denied", "amazon.nova-lite-v1:0:24k", "on-demand", ""),
    dropped("models-denied", "amazon.nova-lite-v1:0", "listing", "bedrock:ListFoundationModels"),
    dropped("models-denied", "us.cohere.embed-v4:0", "converse", ""),
    dropped("three-pages", HAIKU, "on-demand", US_HAIKU),
    dropped("application-profiles", HAIKU, "on-demand", ":application-inference-profile/"),
    dropped("unknown-modality", "acme-ai.projector-v1:0", "text-output", ""),
    dropped("unknown-modality", "acme-ai.oracle-v2:0", "on-demand", "us.acme-ai.oracle-v2:0"),
    dropped("govcloud", US_HAIKU, "unlisted", "us-gov.anthropic.claude-haiku-4-5-20251001-v1:0"),
    dropped("eu-only", US_HAIKU, "unlisted", "eu.anthropic.claude-haiku-4-5-20251001-v1:0"),
    dropped("hundred-fifty", "lumen.juniper-7-v1:0", "text-output", ""),
    dropped("hundred-fifty", "lumen.ironwood-7-v1:0", "streaming", ""),
    dropped("lifecycle", "cohere.command-r-v1:0", "lifecycle", "includeLegacy"),
    dropped("lifecycle", "mistral.mistral-small-2402-v1:0", "end-of-life", ""),
    Dropped {
        settings: &LEGACY,
        ..dropped("lifecycle", "us.anthropic.claude-3-opus-20240229-v1:0", "end-of-life", "")
    },
    dropped("new-account", "amazon.nova-lite-v1:0", "unlisted", ""),
    Dropped {
        settings: &INCLUDE,
        ..dropped(
            "further-models",
            "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/pr0v1s10n3d2",
            "deployed",
            "",
        )
    },
    Dropped {
        settings: &INCLUDE,
        ..dropped(
            "further-models",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/home-made",
            "deployed",
            "",
        )
    },
    dropped("odd-rows", "us.amazon.nova-lite-v1:0", "profile-active", ""),
    dropped("odd-rows", "qwen.qwen3-32b-v1:0", "streaming", ""),
    Dropped {
        settings: &REGIONS,
        ..dropped(
            "two-regions",
            "arn:aws:bedrock:ap-south-1:123456789012:application-inference-profile/1nd14pr0f1l3",
            "other-region",
            "ap-south-1",
        )
    },
    Dropped { settings: &ACCESS, ..dropped("no-access", US_HAIKU, "access", "agreement") },
    Dropped {
        settings: &ACCESS,
        ..dropped("no-access", "mistral.mistral-large-3-675b-instruct", "access", "")
    },
];

#[track_caller]
fn why(emulator: &Emulator, id: &str, settings: &[&str]) -> Finished {
    Outcrop::new(["models", "why", id, "--json"]).args(settings).via(emulator).run()
}

/// The rules that were not passed.
fn failed(answer: &Value) -> Vec<&Value> {
    answer["rules"].as_array().unwrap().iter().filter(|rule| rule["passed"] == false).collect()
}

#[test]
fn what_is_left_out_is_explained_with_its_fix() {
    for Dropped { account, settings, id, rule, fix } in DROPPED {
        let emulator = FixtureAccount::named(account).start();
        let answer = why(&emulator, id, settings).exits_with(5).json();
        assert_eq!((&answer["id"], &answer["listed"]), (&id.into(), &false.into()), "{account}: {answer}");
        let rule = failed(&answer).into_iter().find(|failed| failed["rule"] == rule);
        let rule = rule.unwrap_or_else(|| panic!("{account}: {id}: {answer}"));
        assert!(rule["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{account}: {rule}");
        let text = answer["fix"].as_str().unwrap_or_default();
        assert!(text.contains(fix), "{account}: {id}: `{fix}` is not in `{text}`");
    }
}

#[test]
fn what_is_listed_passed_every_rule() {
    for (account, id) in [
        ("profiles-denied", "amazon.nova-lite-v1:0"),
        ("models-denied", US_HAIKU),
        ("govcloud", "us-gov.anthropic.claude-sonnet-4-6"),
        ("odd-rows", "us.anthropic.claude-opus-5"),
    ] {
        let emulator = FixtureAccount::named(account).start();
        let answer = why(&emulator, id, &[]).succeeds().json();
        assert_eq!(
            (&answer["listed"], &answer["callable"]),
            (&true.into(), &true.into()),
            "{account}: {answer}"
        );
        assert!(failed(&answer).is_empty(), "{account}: {answer}");
    }
}

#[test]
fn every_account_has_an_id_to_explain() {
    for entry in super::folder("accounts").read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(DROPPED.iter().any(|dropped| dropped.account == name), "{name}");
    }
}
