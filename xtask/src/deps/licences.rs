//! Which licences the crates of the graph may have.

use spdx::{Expression, ParseMode};

use super::Package;
use crate::Failure;

/// The allowed licences.
#[derive(Debug)]
pub(crate) struct Allowed(Vec<spdx::Licensee>);

impl Allowed {
    /// Reads SPDX identifiers, with or without `WITH` an exception.
    pub(super) fn read(names: &[String]) -> Result<Self, Failure> {
        let read = |name: &String| {
            spdx::Licensee::parse(name)
                .map_err(|error| Failure::Task(format!("deny.toml: `{name}`: {error}")))
        };
        names.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Why a crate cannot be used, if it cannot.
    pub(super) fn problem(&self, Package { name, licence }: &Package) -> Option<String> {
        if licence.is_empty() {
            return Some(format!("{name} states no licence"));
        }
        // Old crates write `MIT/Apache-2.0`.
        let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
            return Some(format!("{name}: `{licence}` is no licence expression"));
        };
        if expression.evaluate(|need| self.0.iter().any(|licence| licence.satisfies(need))) {
            return None;
        }
        Some(format!("{name}: `{licence}` is not allowed by deny.toml"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_understood() {
        let allowed =
            Allowed::read(&["MIT".into(), "Apache-2.0 WITH LLVM-exception".into(), "ISC".into()]).unwrap();
        let problem =
            |licence: &str| allowed.problem(&Package { name: "x v1".into(), licence: licence.into() });
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "ISC AND (MIT OR GPL-3.0)",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert_eq!(problem(good), None);
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "Free as in beer"] {
            assert!(problem(bad).is_some(), "{bad}");
        }
    }
}
