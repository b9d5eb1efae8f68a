use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-23 00:00 UTC);
const HERE: Place<'_> = Place { region: "us-east-1", account_id: "123456789012" };

fn outcome(id: &str) -> Result<&'static str, (u16, String)> {
    HERE.resolve(id, NOW).map(|model| model.id).map_err(|error| (error.status.as_u16(), error.message))
}

#[test]
fn ids_and_arns_lead_to_the_model() {
    let haiku = "anthropic.claude-haiku-4-5-20251001-v1:0";
    for id in [
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
    ] {
        assert_eq!(outcome(id), Ok(haiku), "{id}");
    }
    for id in [
        "amazon.nova-lite-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
        "us.amazon.nova-lite-v1:0",
    ] {
        assert_eq!(outcome(id), Ok("amazon.nova-lite-v1:0"), "{id}");
    }
}

#[test]
fn what_cannot_be_called_is_refused_in_the_words_of_the_service() {
    let profile = (
        400,
        "Invocation of model ID anthropic.claude-haiku-4-5-20251001-v1:0 with on-demand throughput isn’t supported. \
         Retry your request with the ID or ARN of an inference profile that contains this model.",
    );
    let gone = (
        404,
        "This model version has reached the end of its life. Please refer to the AWS documentation for more details.",
    );
    let unknown = (404, "Could not resolve the foundation model from the provided model identifier.");
    let invalid = (400, "The provided model identifier is invalid.");
    for (id, expected) in [
        ("anthropic.claude-haiku-4-5-20251001-v1:0", profile),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", gone),
        ("anthropic.claude-sonnet-4-20250514-v1:0", gone),
        ("anthropic.claude-9", unknown),
        ("us.anthropic.claude-9", unknown),
        // A name of another endpoint, priced there and nowhere else.
        ("anthropic.claude-haiku-4-5", unknown),
        ("amazon.nova-lite-v1", unknown),
        ("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl", unknown),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/other", unknown),
        ("eu.amazon.nova-lite-v1:0", invalid),
        ("arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0", invalid),
        ("arn:aws:bedrock:us-east-1:999999999999:inference-profile/us.amazon.nova-lite-v1:0", invalid),
        ("us.openai.gpt-oss-120b-1:0", invalid),
        ("sonnet", invalid),
        ("a1b2c3d4e5f6", invalid),
        ("", invalid),
    ] {
        assert_eq!(outcome(id), Err((expected.0, expected.1.to_owned())), "{id}");
    }
}

#[test]
fn tokens_are_counted_for_foundation_models_only() {
    let count = |id: &str| resolve_for_counting(id, NOW).map(|model| model.id);
    assert!(count("anthropic.claude-haiku-4-5-20251001-v1:0").is_ok());
    assert!(count("us.anthropic.claude-haiku-4-5-20251001-v1:0").is_err());
}

#[test]
fn profiles_are_those_of_the_region() {
    let prefixes = |region| {
        let place = Place { region, account_id: "123456789012" };
        let mut prefixes: Vec<_> = place
            .profiles()
            .into_iter()
            .filter(|profile| !profile.application)
            .map(|profile| profile.id.split('.').next().unwrap().to_owned())
            .collect();
        prefixes.dedup();
        prefixes
    };
    assert_eq!(prefixes("us-east-1"), ["global", "us"]);
    assert_eq!(prefixes("ap-northeast-1"), ["apac", "global", "jp"]);
    assert_eq!(prefixes("us-gov-west-1"), ["us-gov"]);
    let gov = Place { region: "us-gov-west-1", account_id: "123456789012" };
    assert!(
        gov.profiles()[0]
            .arn
            .starts_with("arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.")
    );
}

#[test]
fn every_name_keeps_to_the_limits_of_the_service_model() {
    let word = |byte: u8| byte.is_ascii_alphanumeric();
    for region in ["us-east-1", "eu-central-1", "ap-south-1", "ca-central-1", "us-gov-east-1"] {
        for profile in (Place { region, account_id: "123456789012" }).profiles() {
            assert!((1..=64).contains(&profile.name.len()), "{profile:?}");
            assert!((1..=200).contains(&profile.description.len()), "{profile:?}");
            assert!((1..=64).contains(&profile.id.len()), "{profile:?}");
            assert!((1..=5).contains(&profile.model_arns.len()), "{profile:?}");
            // ([0-9a-zA-Z][ _-]?)+
            let bytes = profile.name.as_bytes();
            assert!(word(bytes[0]), "{profile:?}");
            assert!(bytes.windows(2).all(|pair| word(pair[0]) || word(pair[1])), "{profile:?}");
            assert!(bytes.iter().all(|byte| word(*byte) || b" _-".contains(byte)), "{profile:?}");
        }
    }
    for model in models() {
        assert!((1..=20).contains(&name(model).chars().count()), "{}", model.id);
        assert!((1..=20).contains(&model.provider_name.chars().count()), "{}", model.id);
    }
}

#[test]
fn names_are_made_from_ids_where_nobody_gave_one() {
    assert_eq!(name_from_id("ai21.j2-mid-v1"), "J2 Mid");
    assert_eq!(name_from_id("anthropic.claude-v2:1"), "Claude");
    assert_eq!(name_from_id("anthropic.claude-sonnet-5-5"), "Claude Sonnet 5.5");
}
