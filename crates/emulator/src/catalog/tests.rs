use time::macros::date;

use super::*;
use crate::place::text;

const TODAY: Date = date!(2026 - 11 - 23);

fn profiles(region: &str) -> Vec<Row> {
    holdings(region, "123456789012", TODAY).inference_profiles
}

fn of<'a>(row: &'a Row, member: &str) -> &'a str {
    text(row, member).unwrap()
}

#[test]
fn profiles_are_those_of_the_region() {
    let prefixes = |region| {
        let rows = profiles(region);
        let system = rows.iter().filter(|row| row["type"] == "SYSTEM_DEFINED");
        let mut prefixes: Vec<_> =
            system.map(|row| of(row, "inferenceProfileId").split('.').next().unwrap().to_owned()).collect();
        prefixes.dedup();
        prefixes
    };
    assert_eq!(prefixes("us-east-1"), ["global", "us"]);
    assert_eq!(prefixes("ap-northeast-1"), ["apac", "global", "jp"]);
    assert_eq!(prefixes("us-gov-west-1"), ["us-gov"]);
    assert!(
        of(&profiles("us-gov-west-1")[0], "inferenceProfileArn")
            .starts_with("arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.")
    );
}

#[test]
fn every_row_keeps_to_the_limits_of_the_service_model() {
    let word = |byte: u8| byte.is_ascii_alphanumeric();
    for region in ["us-east-1", "eu-central-1", "ap-south-1", "ca-central-1", "us-gov-east-1"] {
        for profile in profiles(region) {
            assert!((1..=64).contains(&of(&profile, "inferenceProfileName").len()), "{profile:?}");
            assert!((1..=200).contains(&of(&profile, "description").len()), "{profile:?}");
            assert!((1..=64).contains(&of(&profile, "inferenceProfileId").len()), "{profile:?}");
            assert!((1..=5).contains(&profile["models"].as_array().unwrap().len()), "{profile:?}");
            // ([0-9a-zA-Z][ _-]?)+
            let bytes = of(&profile, "inferenceProfileName").as_bytes();
            assert!(word(bytes[0]), "{profile:?}");
            assert!(bytes.windows(2).all(|pair| word(pair[0]) || word(pair[1])), "{profile:?}");
            assert!(bytes.iter().all(|byte| word(*byte) || b" _-".contains(byte)), "{profile:?}");
        }
    }
    for model in holdings("us-east-1", "123456789012", TODAY).foundation_models {
        assert!((1..=20).contains(&of(&model, "modelName").chars().count()), "{model:?}");
        assert!((1..=20).contains(&of(&model, "providerName").chars().count()), "{model:?}");
    }
}

#[test]
fn names_are_made_from_ids_where_nobody_gave_one() {
    assert_eq!(name_from_id("ai21.j2-mid-v1"), "J2 Mid");
    assert_eq!(name_from_id("anthropic.claude-v2:1"), "Claude");
    assert_eq!(name_from_id("anthropic.claude-sonnet-5-5"), "Claude Sonnet 5.5");
}

#[test]
fn what_went_away_is_not_available() {
    let sonnet = "anthropic.claude-sonnet-4-20250514-v1:0";
    let is_away = |today| holdings("us-east-1", "123456789012", today).availability.contains_key(sonnet);
    assert!(is_away(TODAY) && is_away(date!(2026 - 10 - 14)) && !is_away(date!(2026 - 10 - 13)));
}
