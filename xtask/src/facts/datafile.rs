//! `data/model-facts.json`: a header, and one model a line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataFile {
    /// The day on which the packages were the newest ones, `YYYY-MM-DD`.
    pub(super) as_of: String,
    /// What the numbers count.
    pub(super) units: Value,
    /// What the models were derived from.
    pub(super) sources: Vec<Package>,
    #[serde(deserialize_with = "by_id")]
    pub(super) models: Models,
}

/// The models by id, as JSON.
pub(super) type Models = BTreeMap<String, Value>;

/// A package whose data file says something about Bedrock's models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    /// Its name in the registry.
    #[serde(rename = "package")]
    pub(super) name: String,
    pub(super) version: String,
    pub(super) licence: String,
    /// The program that fetches it.
    pub(super) from: Client,
    /// The file that it comes as.
    pub(super) archive: String,
    /// Of the archive, in lower-case hexadecimal.
    pub(super) sha256: String,
}

/// The client of a package registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Client {
    Pip,
    Npm,
}

impl Package {
    /// As the table names it.
    pub(super) fn title(&self) -> String {
        format!("{} {} ({})", self.name, self.version, self.licence)
    }
}

/// Reads the file.
pub(super) fn read(text: &str) -> Result<DataFile, String> {
    serde_json::from_str(text).map_err(|error| format!("model-facts.json: {error}"))
}

/// The text of the file.
pub(super) fn write(file: &DataFile) -> Result<String, String> {
    let line = |value: &Value| value.to_string();
    let mut text = format!(
        "{{\n\"as_of\": {},\n\"units\": {},\n\"sources\": [\n",
        line(&Value::from(file.as_of.as_str())),
        line(&file.units)
    );
    let sources = file.sources.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
    text.push_str(&sources.map_err(|error| format!("model-facts.json: {error}"))?.join(",\n"));
    text.push_str("\n],\n\"models\": [\n");
    let models = file.models.iter().map(|(id, model)| model_line(id, model));
    text.push_str(&models.collect::<Vec<_>>().join(",\n"));
    text.push_str("\n]\n}\n");
    Ok(text)
}

/// One model on one line; the id comes first.
fn model_line(id: &str, model: &Value) -> String {
    let mut line = format!("{{\"id\":{}", Value::from(id));
    for (key, value) in model.as_object().into_iter().flatten().filter(|(key, _)| *key != "id") {
        let _ = write!(line, ",{}:{value}", Value::from(key.as_str()));
    }
    line.push('}');
    line
}

/// Without what says nothing: `null`, empty lists and empty objects, at every depth.
pub(super) fn tidy(value: Value) -> Value {
    let says_something = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(tidy).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key, tidy(value)));
            Value::Object(fields.filter(|(_, value)| says_something(value)).collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn by_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Models, D::Error> {
    let mut models = Models::new();
    for model in Vec::<Value>::deserialize(deserializer)? {
        let id = model.get("id").and_then(Value::as_str).map(str::to_owned);
        let id = id.ok_or_else(|| serde::de::Error::custom("a model without `id`"))?;
        if models.insert(id.clone(), model).is_some() {
            return Err(serde::de::Error::custom(format!("`{id}` stands there twice")));
        }
    }
    Ok(models)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = r#"{
"as_of": "2026-01-02",
"units": {"price":"US dollars"},
"sources": [
{"package":"@a/list","version":"1.0","licence":"MIT","from":"npm","archive":"a-list-1.0.tgz","sha256":"00"}
],
"models": [
{"id":"b.one","input":["text"],"price":{"input":2.0}},
{"id":"b.two"}
]
}
"#;

    #[test]
    fn the_file_is_written_as_it_was_read() {
        let file = read(TEXT).unwrap();
        assert_eq!(file.sources.first().map(Package::title).as_deref(), Some("@a/list 1.0 (MIT)"));
        assert_eq!(write(&file).unwrap(), TEXT);
    }

    #[test]
    fn a_model_stands_there_once_and_has_an_id() {
        assert!(read(&TEXT.replace("b.two", "b.one")).unwrap_err().contains("`b.one` stands there twice"));
        assert!(read(&TEXT.replace(r#""id":"b.two""#, "")).unwrap_err().contains("a model without `id`"));
    }

    #[test]
    fn what_says_nothing_is_not_written() {
        let model = json!({ "id": "b.one", "name": null, "flags": {}, "prices": { "us": { "tiers": [], "input": 0.0 } } });
        assert_eq!(tidy(model), json!({ "id": "b.one", "prices": { "us": { "input": 0.0 } } }));
    }
}
