use proptest::prelude::*;

use super::*;

const ACCOUNT: &str = "123456789012";

#[test]
fn plain_foundation_models() {
    for id in [
        "anthropic.claude-opus-4-6-v1",
        "anthropic.claude-3-haiku-20240307-v1:0",
        "amazon.titan-embed-text-v1:2:8k",
        "deepseek.v3.2",
        "openai.gpt-oss-120b-1:0",
        "ai21.jamba-1-5-large-v1:0",
        "qwen.qwen3-coder-30b-a3b-v1:0",
        "newcomer.first-model-v1:0",
    ] {
        let parsed = BedrockId::parse(id);
        assert_eq!(parsed.kind(), Kind::FoundationModel, "{id}");
        assert_eq!(parsed.base(), Some(id));
        assert_eq!(parsed.maker(), id.split('.').next());
        assert_eq!(
            (parsed.geography(), parsed.region(), parsed.partition(), parsed.account()),
            (None, None, None, None)
        );
        assert!(!parsed.is_arn());
    }
}

#[test]
fn system_profiles_of_every_known_geography() {
    for geography in Geography::KNOWN {
        for base in ["anthropic.claude-opus-5", "amazon.nova-2-lite-v1:0", "newcomer.first-model-v1:0"] {
            let id = format!("{geography}.{base}");
            let parsed = BedrockId::parse(&id);
            assert_eq!(parsed.kind(), Kind::SystemProfile, "{id}");
            assert_eq!((parsed.geography(), parsed.base()), (Some(geography), Some(base)));
        }
    }
}

#[test]
fn a_new_geography_is_believed_in_front_of_a_known_maker_only() {
    let believed = BedrockId::parse("mena.anthropic.claude-opus-5");
    assert_eq!(believed.kind(), Kind::SystemProfile);
    assert_eq!(believed.geography().map(Geography::as_str), Some("mena"));
    let model = BedrockId::parse("newcomer.model.v1");
    assert_eq!((model.kind(), model.base()), (Kind::FoundationModel, Some("newcomer.model.v1")));
    // A maker is a maker, even in front of a word that is another's name.
    assert_eq!(BedrockId::parse("mistral.openai.v1").kind(), Kind::FoundationModel);
}

#[test]
fn arns_of_every_kind_in_every_partition() {
    let kinds = [
        ("bedrock", "application-inference-profile/abc123def456", Kind::ApplicationProfile),
        ("bedrock", "provisioned-model/abc123def456", Kind::ProvisionedModel),
        ("bedrock", "custom-model/imported/abc123def456", Kind::CustomModel),
        ("bedrock", "custom-model-deployment/abc123def456", Kind::CustomModelDeployment),
        ("bedrock", "imported-model/abc123def456", Kind::ImportedModel),
        ("bedrock", "default-prompt-router/anthropic.claude:1", Kind::DefaultPromptRouter),
        ("bedrock", "prompt-router/abc123def456", Kind::PromptRouter),
        ("bedrock", "prompt/ABCDEF1234", Kind::Prompt),
        ("bedrock", "prompt/ABCDEF1234:3", Kind::Prompt),
        ("sagemaker", "endpoint/my-endpoint", Kind::MarketplaceEndpoint),
        ("bedrock", "guardrail/abc123", Kind::Other),
        ("bedrock", "endpoint/my-endpoint", Kind::Other),
        ("s3", "foundation-model/anthropic.claude-opus-5", Kind::Other),
    ];
    for partition in Partition::ALL {
        for (service, resource, kind) in kinds {
            let arn = format!("arn:{}:{service}:xx-east-1:{ACCOUNT}:{resource}", partition.name());
            let parsed = BedrockId::parse(&arn);
            assert_eq!(parsed.kind(), kind, "{arn}");
            assert_eq!(parsed.partition(), Some(partition), "{arn}");
            assert_eq!((parsed.region(), parsed.account()), (Some("xx-east-1"), Some(ACCOUNT)), "{arn}");
            assert_eq!((parsed.base(), parsed.geography()), (None, None), "{arn}");
            assert_eq!(parsed.resource_id(), resource.split_once('/').map(|(_, id)| id), "{arn}");
            assert!(parsed.is_arn());
        }
    }
}

#[test]
fn arns_that_name_a_foundation_model() {
    for partition in Partition::ALL {
        let name = partition.name();
        let arn = format!("arn:{name}:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0");
        let model = BedrockId::parse(&arn);
        assert_eq!(
            (model.kind(), model.base()),
            (Kind::FoundationModel, Some("amazon.nova-lite-v1:0")),
            "{arn}"
        );
        assert_eq!((model.partition(), model.account()), (Some(partition), None), "{arn}");

        let arn =
            format!("arn:{name}:bedrock:us-east-1:{ACCOUNT}:inference-profile/us.amazon.nova-lite-v1:0");
        let profile = BedrockId::parse(&arn);
        assert_eq!(
            (profile.kind(), profile.base()),
            (Kind::SystemProfile, Some("amazon.nova-lite-v1:0")),
            "{arn}"
        );
        assert_eq!((profile.geography(), profile.maker()), (Some(Geography::US), Some("amazon")), "{arn}");
    }
}

#[test]
fn a_foundation_model_arn_has_no_geography() {
    let wrong = BedrockId::parse("arn:aws:bedrock:us-east-1::foundation-model/us.anthropic.claude-opus-5");
    assert_eq!((wrong.kind(), wrong.base(), wrong.geography()), (Kind::FoundationModel, None, None));
}

#[test]
fn an_arn_of_a_partition_to_come_is_read_without_it() {
    let parsed = BedrockId::parse("arn:aws-moon:bedrock:mo-sea-1:123456789012:imported-model/abc123def456");
    assert_eq!(
        (parsed.kind(), parsed.partition(), parsed.region()),
        (Kind::ImportedModel, None, Some("mo-sea-1"))
    );
}

#[test]
fn a_custom_model_tells_what_it_was_made_from() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0:300k/abc123def456";
    let parsed = BedrockId::parse(arn);
    assert_eq!((parsed.base(), parsed.customized_from()), (None, Some("amazon.nova-lite-v1:0")));
    let imported =
        BedrockId::parse("arn:aws:bedrock:us-east-1:123456789012:custom-model/imported/abc123def456");
    assert_eq!(imported.customized_from(), None);
}

#[test]
fn what_fits_nothing_is_other() {
    for id in [
        "",
        " ",
        ".",
        "claude",
        "my-provisioned-model",
        "us.my-prod-profile",
        "us.eu.anthropic.claude-opus-5",
        "eu.",
        ".anthropic.claude",
        "anthropic.",
        "anthropic..claude",
        "anthropic.claude:",
        "Anthropic.Claude",
        "us.anthropic.claude opus",
        "https://bedrock-runtime.us-east-1.amazonaws.com/",
        "amazon-bedrock/anthropic.claude-opus-5",
        "arn:",
        "arn:aws:bedrock",
        "arn:aws:bedrock:us-east-1::foundation-model",
        "arn:aws:bedrock:us-east-1::foundation-model/",
        "é.ü",
    ] {
        let parsed = BedrockId::parse(id);
        assert_eq!((parsed.kind(), parsed.base(), parsed.geography()), (Kind::Other, None, None), "{id:?}");
    }
}

#[test]
fn throughput_suffixes_come_off() {
    for (id, expected) in [
        ("amazon.titan-embed-text-v1:2:8k", "amazon.titan-embed-text-v1:2"),
        ("anthropic.claude-v2:1:200k", "anthropic.claude-v2:1"),
        ("anthropic.claude-instant-v1:48k", "anthropic.claude-instant-v1"),
        ("cohere.embed-english-v3:0:512", "cohere.embed-english-v3:0"),
        ("amazon.nova-premier-v1:0:mm", "amazon.nova-premier-v1:0"),
        ("amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("deepseek.v3.2", "deepseek.v3.2"),
    ] {
        let prefixed = format!("us.{id}");
        assert_eq!(BedrockId::parse(id).base_without_throughput(), Some(expected));
        assert_eq!(BedrockId::parse(&prefixed).base_without_throughput(), Some(expected));
    }
}

#[test]
fn another_base_keeps_everything_around_it() {
    for head in ["", "eu.", "arn:aws:bedrock:us-east-1::foundation-model/"] {
        let id = format!("{head}anthropic.claude-opus-4-6-v1:0");
        let expected = format!("{head}anthropic.claude-opus-4-6-v1");
        assert_eq!(BedrockId::parse(&id).with_base("anthropic.claude-opus-4-6-v1"), Some(expected));
    }
    assert_eq!(BedrockId::parse("my-model").with_base("anthropic.claude-opus-5"), None);
}

proptest! {
    #[test]
    fn any_text_is_read_and_given_back(text in "\\PC*") {
        prop_assert_eq!(BedrockId::parse(&text).to_string(), text);
    }

    #[test]
    fn whatever_has_a_base_ends_with_it_and_can_be_put_together_again(
        text in "(arn:aws:bedrock:us-east-1:[0-9]{0,2}:(foundation-model|inference-profile)/)?([a-z-]{1,4}\\.)?(amazon|new)\\.[a-z0-9.:-]{0,12}"
    ) {
        let id = BedrockId::parse(&text);
        if let Some(base) = id.base() {
            prop_assert!(text.ends_with(base));
            prop_assert!(base.starts_with(id.base_without_throughput().unwrap()));
            prop_assert_eq!(id.with_base(base), Some(text.clone()));
            if let Some(geography) = id.geography() {
                let tail = [geography.as_str(), base].join(".");
                prop_assert!(text.ends_with(&tail));
            }
            prop_assert_eq!(BedrockId::parse(base).base(), Some(base));
        } else {
            prop_assert_eq!(id.geography(), None);
        }
    }
}
