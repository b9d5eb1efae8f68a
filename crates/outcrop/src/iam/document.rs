//! A policy document, in the grammar of IAM.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// How long a managed policy may be, in characters; white space does not count. (An inline policy of a role may have
/// 10,240.) Source: "IAM and AWS STS quotas" in the IAM user guide.
pub const MANAGED_POLICY_SIZE: usize = 6144;

/// A policy. Serialised it is what IAM takes; its statements and their lists are always in the same order. `{}` writes it
/// in one line, `{:#}` in several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    #[serde(rename = "Statement")]
    statements: Vec<Statement>,
}

/// One statement; it allows something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Statement {
    /// What it is for: letters only.
    pub sid: &'static str,
    /// `Allow`.
    pub effect: &'static str,
    /// Who may do it; only in trust policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// The actions, sorted.
    #[serde(rename = "Action")]
    pub actions: Vec<&'static str>,
    /// The ARNs or patterns of ARNs, sorted; none in trust policies.
    #[serde(rename = "Resource", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Operators, each with keys and the values that they may have.
    #[serde(rename = "Condition", skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<&'static str, BTreeMap<&'static str, Vec<String>>>,
}

/// A service that may take on a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Principal {
    /// The name of the service, such as `ec2.amazonaws.com`.
    pub service: String,
}

impl PolicyDocument {
    pub(super) const fn new(statements: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statements }
    }

    /// The statements.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// How many characters IAM counts: those that are not white space.
    pub fn size(&self) -> usize {
        self.to_string().chars().filter(|character| !character.is_whitespace()).count()
    }
}

impl fmt::Display for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = if f.alternate() { serde_json::to_string_pretty } else { serde_json::to_string };
        f.write_str(&write(self).map_err(|_| fmt::Error)?)
    }
}

impl Statement {
    pub(super) fn new(sid: &'static str, actions: Vec<&'static str>) -> Self {
        let (principal, resources, conditions) = (None, Vec::new(), BTreeMap::new());
        Self { sid, effect: "Allow", principal, actions, resources, conditions }
    }

    pub(super) fn of(mut self, service: String) -> Self {
        self.principal = Some(Principal { service });
        self
    }

    pub(super) fn on(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources.extend(resources);
        self.resources.sort();
        self.resources.dedup();
        self
    }

    pub(super) fn when<'a>(
        mut self,
        operator: &'static str,
        key: &'static str,
        values: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut values: Vec<_> = values.into_iter().map(str::to_owned).collect();
        values.sort();
        self.conditions.entry(operator).or_default().insert(key, values);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_written_as_iam_reads_it() {
        let statement = Statement::new("A", vec!["bedrock:InvokeModel"])
            .on(["b".to_owned(), "a".to_owned(), "b".to_owned()])
            .when("ArnLike", "bedrock:InferenceProfileArn", ["z", "y"]);
        let document = PolicyDocument::new(vec![statement]);
        let expected = json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": "A",
            "Effect": "Allow",
            "Action": ["bedrock:InvokeModel"],
            "Resource": ["a", "b"],
            "Condition": { "ArnLike": { "bedrock:InferenceProfileArn": ["y", "z"] } },
        }] });
        assert_eq!(serde_json::to_value(&document).unwrap(), expected);
        assert_eq!(document.size(), expected.to_string().len());
        assert!(document.to_string().starts_with(r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","#));
        assert!(format!("{document:#}").starts_with(
            "{
  \"Version\""
        ));
    }
}
