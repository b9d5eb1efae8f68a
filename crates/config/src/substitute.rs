//! `${VARIABLE}` in the strings of files.

use std::collections::BTreeMap;

/// What is wrong with a string that asks for a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SubstitutionError {
    /// The variable is not in the environment.
    Unset(String),
    /// `${` without `}`.
    Unclosed,
    /// What stands between the braces is no name of a variable.
    NoName(String),
}

/// The string with each `${VARIABLE}` replaced by its value, and each `$${` by a literal `${`. Values are not looked
/// through again. `None` if there is nothing to replace.
pub(crate) fn substitute(
    text: &str,
    environment: &BTreeMap<String, String>,
) -> Result<Option<String>, SubstitutionError> {
    let mut rest = text;
    let mut result = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            result.push_str(before);
            result.push_str("${");
            rest = after;
            continue;
        }
        let (name, after) = after.split_once('}').ok_or(SubstitutionError::Unclosed)?;
        if !is_name(name) {
            return Err(SubstitutionError::NoName(name.to_owned()));
        }
        let value = environment.get(name).ok_or_else(|| SubstitutionError::Unset(name.to_owned()))?;
        result.push_str(before);
        result.push_str(value);
        rest = after;
    }
    if rest.len() == text.len() {
        return Ok(None);
    }
    result.push_str(rest);
    Ok(Some(result))
}

/// Whether there is a `${` that is no escape.
pub(crate) fn asks_for_variables(text: &str) -> bool {
    text.match_indices("${").any(|(at, _)| text.get(..at).is_some_and(|before| !before.ends_with('$')))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(text: &str) -> Result<Option<String>, SubstitutionError> {
        let environment = [("A", "1"), ("EMPTY", ""), ("NESTED", "${A}")];
        substitute(text, &environment.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    #[test]
    fn variables_and_escapes() {
        assert_eq!(run("plain $A $$ {A}"), Ok(None));
        assert_eq!(run("${A}"), Ok(Some("1".to_owned())));
        assert_eq!(run("<${A}${EMPTY}${A}>"), Ok(Some("<11>".to_owned())));
        assert_eq!(run("$${A} ${A}"), Ok(Some("${A} 1".to_owned())));
        assert_eq!(run("${NESTED}"), Ok(Some("${A}".to_owned())));
        assert_eq!(run("${MISSING}"), Err(SubstitutionError::Unset("MISSING".to_owned())));
        assert_eq!(run("${A"), Err(SubstitutionError::Unclosed));
        assert_eq!(run("${a.b}"), Err(SubstitutionError::NoName("a.b".to_owned())));
        assert_eq!(run("${}"), Err(SubstitutionError::NoName(String::new())));
    }

    proptest! {
        #[test]
        fn escaping_gives_the_text_back(text in ".*") {
            let escaped = text.replace("${", "$${");
            // A dollar right before `${` cannot be told from the escape itself.
            prop_assume!(!text.contains("$${"));
            prop_assert_eq!(run(&escaped).unwrap().unwrap_or_else(|| escaped.clone()), text);
        }
    }
}
