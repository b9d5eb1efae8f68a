//! `cargo xtask outside`: the programs of the guides, built as somebody else's packages against the packed crates, and run.

mod programs;

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use programs::{Program, programs, with_output};

use crate::files::replace;
use crate::packages::{Packed, pack};
use crate::process::{capture, command, target, workspace};
use crate::{Failure, flag, say};

/// Each holds whole programs: a `Cargo.toml`, a `main.rs`, and what the program prints. They are checked here and nowhere
/// else.
const GUIDES: [&str; 2] = ["docs/guide/add-a-provider.md", "docs/guide/link-a-crate.md"];

/// Runs every program of the guides. Fails if one does not build, fails itself, or prints something else than its guide
/// says; with `--save` the guides are made to say what it prints.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let saves = flag("--save", args)?;
    let outside = folder();
    let packed = pack(&outside.join("packed"))?;
    write(&outside.join(".cargo/config.toml"), &config(&packed))?;
    let lock = read(&workspace().join("Cargo.lock"))?;
    let mut problems = Vec::new();
    for guide in GUIDES {
        let path = workspace().join(guide);
        let mut text = read(&path)?;
        for program in programs(&text).map_err(|problem| format!("{guide}: {problem}"))? {
            let start = Instant::now();
            let printed = printed(&program, &outside, &lock)?;
            say(&format!("{}: {:.1} s", program.name, start.elapsed().as_secs_f64()));
            if saves {
                text = with_output(&text, &program, &printed);
            } else if printed != program.output {
                problems.push(format!(
                    "{guide}: `{}` prints something else than the guide says; `cargo xtask outside --save` writes it \
                     there:\n{printed}",
                    program.name
                ));
            }
        }
        if saves {
            replace(&path, &text).map_err(|error| format!("{guide}: {error}"))?;
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Task(problems.join("\n"))) }
}

/// Where the programs are built: outside of the workspace, and always the same for it, so that what cargo keeps of one
/// run serves the next.
fn folder() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    workspace().hash(&mut hasher);
    std::env::temp_dir().join(format!("outcrop-outside-{:016x}", hasher.finish()))
}

/// What takes the place of the registry. Dependencies are built as those of the workspace are, so that those of the same
/// features are not built again.
fn config(packed: &[Packed]) -> String {
    let mut config = "[profile.dev]\ndebug = false\n\n[patch.crates-io]\n".to_owned();
    for Packed { manifest, folder, .. } in packed {
        // Writing to a text does not fail. A path as JSON is one as TOML.
        writeln!(config, "{} = {{ path = {} }}", manifest.name, serde_json::json!(folder)).ok();
    }
    config
}

/// Builds a program and runs it: what it prints on its standard output.
fn printed(program: &Program, outside: &Path, lock: &str) -> Result<String, Failure> {
    let folder = outside.join(&program.name);
    write(&folder.join("Cargo.toml"), &program.manifest)?;
    write(&folder.join("src/main.rs"), &program.source)?;
    // With the versions of the workspace, nothing has to be fetched.
    write(&folder.join("Cargo.lock"), lock)?;
    let mut cargo = command(env!("CARGO"));
    cargo.args(["run", "--quiet", "--offline"]).current_dir(folder).env("CARGO_TARGET_DIR", target()?);
    Ok(capture(&mut cargo)?.replace("\r\n", "\n"))
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::Task(format!("{}: {error}", path.display())))
}

/// Writes a file if it is not that already: cargo looks at the time of a file.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| replace(path, text))
        .map_err(|error| Failure::Task(format!("{}: {error}", path.display())))
}
