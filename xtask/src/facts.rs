//! `cargo xtask facts`: the table of `outcrop-model-facts`, from public catalogues to Rust.
//!
//! `data/model-facts.json` is what the catalogues in its header say, put together by the rules in [`mod@derive`];
//! `data/overrides.json` decides what no rule can. A contradiction that nobody decided stops the generator, so that none
//! gets into the table unseen.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::files::replace;
use rebuild::Versions;

mod datafile;
mod derive;
mod difference;
mod packages;
mod prices;
mod rebuild;
mod reduce;
mod render;
mod row;
mod source;
#[cfg(test)]
mod tests;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The data file anew, and then the table.
    Rebuild(Versions),
    /// The table anew, from the data files as they are.
    Render,
    /// Whether the table is in step with its data. No network.
    Check,
}

fn step(args: &[String]) -> Result<Step, Failure> {
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(Step::Rebuild(Versions::Pinned)),
        ["--latest"] => Ok(Step::Rebuild(Versions::Latest)),
        ["--render"] => Ok(Step::Render),
        ["--check"] => Ok(Step::Check),
        other => Err(Failure::Usage(format!(
            "`cargo xtask facts` takes nothing, `--latest`, `--render` or `--check`, not `{}`",
            other.join(" ")
        ))),
    }
}

/// Rebuilds the data file and the table, or less than that.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let step = step(args)?;
    let data = crate_folder().join("data/model-facts.json");
    let mut facts = read(&data)?;
    if let Step::Rebuild(versions) = step {
        facts = rebuild::rebuild(&facts, versions)?;
        write(&data, &facts)?;
    }
    let table = crate_folder().join("src/facts/table.rs");
    let generated = generate(&facts, &read(&crate_folder().join("data/overrides.json"))?)?;
    if step != Step::Check {
        return Ok(write(&table, &generated)?);
    }
    if read(&table)? == generated {
        Ok(())
    } else {
        let table = table.display();
        Err(Failure::Task(format!("{table} is not in step with its data: run `cargo xtask facts --render`")))
    }
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

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    replace(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
