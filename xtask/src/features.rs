//! The feature matrix: every crate with no feature, with each of its features alone, and with all of them.

use crate::Failure;
use crate::packages::{Manifest, publishable};
use crate::process::{cargo, run as run_command};

/// Builds nothing, but lets clippy look at every combination, so that a warning fails too. Each crate is looked at by
/// itself: in the workspace, a feature of a dependency that one crate forgot to name is on because another one named it.
pub(crate) fn run() -> Result<(), Failure> {
    // What is shipped, tests included. The same selection as with all features, so that no dependency is built twice.
    run_command(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    for package in publishable()? {
        for features in combinations(&package) {
            let features = features.join(",");
            let clippy =
                ["clippy", "--quiet", "--package", &package.name, "--no-default-features", "--features"];
            run_command(cargo().args(clippy).args([&features, "--", "-D", "warnings"]))?;
        }
    }
    Ok(())
}

/// None, each, and all: each once.
fn combinations(package: &Manifest) -> Vec<Vec<&str>> {
    let all: Vec<&str> = package.features.keys().map(String::as_str).collect();
    let mut combinations = vec![Vec::new()];
    combinations.extend(all.iter().map(|feature| vec![*feature]));
    if all.len() > 1 {
        combinations.push(all);
    }
    combinations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_is_seen_without_its_features_and_no_combination_twice() {
        let packages = publishable().unwrap();
        assert!(packages.iter().all(|package| package.name != "xtask"));
        let of = |name: &str| combinations(packages.iter().find(|package| package.name == name).unwrap());
        assert_eq!(of("outcrop-files"), [Vec::<&str>::new()]);
        assert_eq!(of("outcrop-config"), [vec![], vec!["watch"]]);
        let both = ["mock", "output-check"];
        assert_eq!(of("outcrop-core"), [vec![], vec!["mock"], vec!["output-check"], both.to_vec()]);
    }
}
