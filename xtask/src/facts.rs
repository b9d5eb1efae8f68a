//! `cargo xtask facts`: generates the table of `outcrop-model-facts` from its data files.
//!
//! `data/model-facts.json` is what public catalogues say, contradictions included; `data/overrides.json` decides what
//! they disagree on. A contradiction that nobody decided stops the generator, so that none gets into the table unseen.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::replace;

mod prices;
mod reduce;
mod render;
mod source;
#[cfg(test)]
mod tests;

/// Rewrites the table; with `--check` fails if it is not in step with the data instead.
pub(crate) fn run(args: &[String]) -> Result<(), String> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("`cargo xtask facts` takes nothing, or `--check`".to_owned()),
    };
    let table = crate_folder().join("src/facts/table.rs");
    let generated = generate(&read("data/model-facts.json")?, &read("data/overrides.json")?)?;
    if check {
        let current = fs::read_to_string(&table).map_err(|error| format!("{}: {error}", table.display()))?;
        return if current == generated {
            Ok(())
        } else {
            Err(format!("{} is not in step with its data: run `cargo xtask facts`", table.display()))
        };
    }
    replace(&table, &generated).map_err(|error| format!("{}: {error}", table.display()))
}

/// The text of the table, or every contradiction that is left, one a line.
fn generate(facts: &str, overrides: &str) -> Result<String, String> {
    let source = source::load(facts, overrides)?;
    let reduced = source.models.iter().map(reduce::reduce).collect::<Vec<_>>();
    let problems = reduced.iter().filter_map(|row| row.as_ref().err()).flatten().cloned().collect::<Vec<_>>();
    if !problems.is_empty() {
        return Err(format!(
            "model-facts.json contradicts itself; decide each in overrides.json, with the reason:\n{}",
            problems.join("\n")
        ));
    }
    let rows = reduced.into_iter().filter_map(Result::ok).collect::<Vec<_>>();
    Ok(render::table(&source, &rows))
}

fn crate_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/model-facts")
}

fn read(file: &str) -> Result<String, String> {
    let path = crate_folder().join(file);
    fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}
