//! The request bodies that the tests saw, for the check against AWS's own service model.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::environment;

/// The operation whose body is in the model's own format, of which the service model says nothing.
const OPAQUE: &str = "InvokeModel";

/// One line of the validator's input for each request of the journal that has a body.
pub(crate) fn lines(requests: &[Value]) -> String {
    requests
        .iter()
        .filter(|request| request["body"].is_object() && request["operation"] != OPAQUE)
        .filter_map(|request| {
            let operation = request["operation"].as_str()?;
            let shape = format!("{operation}Request");
            Some(format!(
                "{}\n",
                json!({ "service": "bedrock-runtime", "shape": shape, "body": request["body"] })
            ))
        })
        .collect()
}

/// Adds the bodies to the folder that `cargo xtask test` looks through at the end, if it asked for them.
pub(crate) fn keep(requests: &[Value]) {
    let lines = lines(requests);
    let Some(folder) = environment::value(environment::BODIES).filter(|_| !lines.is_empty()) else { return };
    let mut file = tempfile::Builder::new()
        .prefix("bodies-")
        .suffix(".jsonl")
        .tempfile_in(PathBuf::from(folder))
        .unwrap();
    file.write_all(lines.as_bytes()).unwrap();
    file.keep().unwrap();
}
