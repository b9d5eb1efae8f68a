//! What is described is read, and what is built is ours.

use outcrop_core::{Environment, ErrorKind, ModelProviderExt as _, Registry};

use super::*;

#[test]
fn every_setting_of_the_schema_is_described_and_read() {
    let schema = ProviderFactory::schema(&Factory);
    let properties = schema["properties"]["compat"]["properties"].as_object().unwrap();
    assert!(properties.len() >= 15, "{schema}");
    for (key, schema) in properties {
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{key} is not described: {schema}");
        let wrong = json!({ "baseUrl": "http://127.0.0.1:1", "compat": { key: [] } });
        let problems = ProviderFactory::check(&Factory, &wrong);
        let found = problems.iter().any(|problem| problem.pointer == format!("/compat/{key}"));
        assert!(found, "nobody looks at {key}: {problems:?}");
    }
}

#[tokio::test]
async fn provider_and_catalogue_are_built_without_the_network() {
    let registry = Registry::new().with(factory()).with_catalog(catalog_factory());
    let context = BuildContext::new("local".into(), Environment::default());
    let settings = json!({ "baseUrl": "http://127.0.0.1:1" });
    let factory = registry.factory(API).unwrap();
    assert_eq!((factory.api(), factory.crate_name()), (API, "outcrop-provider-openai"));
    let provider = factory.build(&settings, &context).await.unwrap();
    assert_eq!(provider.id().as_str(), "local");
    assert!(provider.find::<OpenAi>().is_some());
    let catalogs = registry.catalog(API).unwrap();
    assert_eq!(catalogs.check(&settings), []);
    let built = catalogs.build(&settings, &context).await.unwrap();
    assert_eq!(built.catalog.id().as_str(), "local");

    let error = factory.build(&json!({ "baseUrl": "nowhere" }), &context).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}
