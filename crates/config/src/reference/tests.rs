use serde_json::json;

use super::*;

fn page() -> String {
    let schema = json!({ "properties": {
        "tenant": { "type": "string", "x-project": true, "description": "The tenant, a|b." },
        "role": { "type": "object", "properties": { "arn": { "type": "string", "description": "The ARN." } } },
    } });
    reference(&[ProviderSchema { api: "my-api".to_owned(), schema }])
}

/// The rows of a section.
fn section_of<'p>(page: &'p str, title: &str) -> &'p str {
    let (_, rest) =
        page.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("no {title} in {page}"));
    rest.split("\n## ").next().unwrap()
}

#[test]
fn every_key_of_the_schema_has_a_row() {
    fn check(page: &str, path: &KeyPath, schema: &Value, count: &mut usize) {
        for name in schema::property_names(schema) {
            let below = path.key(name);
            let property = schema::property(schema, name).unwrap();
            if let Some((path, inner)) = super::section(&below, property) {
                check(page, &path, inner, count);
            } else {
                let title =
                    if path.segments().is_empty() { "The file".to_owned() } else { code(&shown(path)) };
                let rows = section_of(page, &title);
                assert_eq!(rows.matches(&format!("\n| `{name}` |")).count(), 1, "{below}");
                *count += 1;
            }
        }
    }
    let mut count = 0;
    check(&page(), &KeyPath::default(), &schema::schema(), &mut count);
    assert!(count > 70, "{count}");
}

#[test]
fn every_variable_stands_beside_its_key() {
    let page = page();
    for variable in VARIABLES.iter().filter(|variable| variable.path.is_some()) {
        assert_eq!(page.matches(&format!("`{}`", variable.name)).count(), 1, "{}", variable.name);
    }
    for (name, patterns) in AMBIENT {
        assert_eq!(page.matches(&format!("`{name}`")).count(), patterns.len(), "{name}");
    }
}

#[test]
fn rows_say_type_default_variable_and_who_may_set_it() {
    let page = page();
    let providers = section_of(&page, "`models.providers.<id>`");
    for row in [
        "| `profile` | string |  | `OUTCROP_PROFILE`, `AWS_PROFILE` | no |",
        "| `apiKey` | secret string |  |  | no |",
        "| `headers` | object of secret strings by name |  |  | no |",
        "| `baseUrl` | address |  | `OUTCROP_BASE_URL` | no |",
        "| `auth` | `aws-sdk`, `bearer`, `profile`, `api-key`, `none` |  | `OUTCROP_AUTH` | no |",
    ] {
        assert!(providers.contains(row), "{row} in {providers}");
    }
    let retry = section_of(&page, "`models.providers.<id>.retry`");
    assert!(
        retry.contains("| `maxDelay` | number of seconds, 0 to 86400 |  | `OUTCROP_RETRY_MAX_DELAY` | yes |")
    );
    let discovery = section_of(&page, "`models.bedrockDiscovery`");
    let include = "| `include` | list of `provisioned`, `imported`, `custom`, `marketplace` | `[]` |";
    assert!(discovery.contains(include), "{discovery}");
}

#[test]
fn providers_have_their_own_keys_described() {
    let page = page();
    let own = section_of(&page, "`models.providers.<id>` with `my-api`");
    assert!(own.contains("| `tenant` | string |  |  | yes | The tenant, a\\|b. |"), "{own}");
    let role = section_of(&page, "`models.providers.<id>.role`");
    assert!(role.contains("| `arn` | string |  |  | no | The ARN. |"), "{role}");
}
