//! The programs in a guide.

/// A package of one file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) name: String,
    pub(super) manifest: String,
    pub(super) source: String,
    /// What it prints, as its guide says.
    pub(super) output: String,
}

/// The blocks that begin with these lines make a program, in this order.
const MANIFEST: &str = "\n```toml\n[package]\n";
const SOURCE: &str = "\n```rust\n";
const OUTPUT: &str = "\n```text\n";
const END: &str = "```\n";

/// Every program of a guide, in its order.
pub(super) fn programs(guide: &str) -> Result<Vec<Program>, String> {
    let mut programs = Vec::new();
    for part in guide.split(MANIFEST).skip(1) {
        let (manifest, rest) = part.split_once(END).ok_or("a block of TOML has no end")?;
        let manifest = format!("[package]\n{manifest}");
        let name = manifest.split("name = \"").nth(1).and_then(|rest| rest.split('"').next());
        let name = name.ok_or("a package has no name")?.to_owned();
        let block = |begin: &str| rest.split_once(begin).and_then(|(_, block)| block.split_once(END));
        let lacks = |what: &str| format!("`{name}` has no block of {what}");
        let (source, _) = block(SOURCE).ok_or_else(|| lacks("Rust"))?;
        let (output, _) = block(OUTPUT).ok_or_else(|| lacks("text that says what it prints"))?;
        let (source, output) = (source.to_owned(), output.to_owned());
        programs.push(Program { name, manifest, source, output });
    }
    if programs.is_empty() {
        return Err("there is no program in it".to_owned());
    }
    Ok(programs)
}

/// The guide, with another output of a program.
pub(super) fn with_output(guide: &str, program: &Program, output: &str) -> String {
    let at = guide.find(&program.source).unwrap_or(guide.len());
    let (before, after) = guide.split_at(at);
    let told = format!("{OUTPUT}{}{END}", program.output);
    format!("{before}{}", after.replacen(&told, &format!("{OUTPUT}{output}{END}"), 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(name: &str, output: &str) -> Program {
        Program {
            name: name.to_owned(),
            manifest: format!("[package]\nname = \"{name}\"\n\n[dependencies]\n"),
            source: format!("fn main() {{ {name} }}\n"),
            output: output.to_owned(),
        }
    }

    fn text(programs: &[Program]) -> String {
        let blocks = programs.iter().map(|it| {
            format!(
                "\nWords.\n\n```toml\n{}```\n\n```json5\n{{}}\n```\n\n```rust\n{}```\n\n```text\n{}```\n",
                it.manifest, it.source, it.output
            )
        });
        format!("# A guide\n\n```toml\n[patch]\n```\n{}", blocks.collect::<String>())
    }

    #[test]
    fn programs_are_found_by_their_manifests() {
        let expected = [program("one", "1\n"), program("two", "")];
        assert_eq!(programs(&text(&expected)).unwrap(), expected);
    }

    #[test]
    fn a_guide_that_lacks_something_says_what() {
        let whole = text(&[program("one", "1\n")]);
        for (block, problem) in [
            ("```rust", "`one` has no block of Rust"),
            ("```text", "`one` has no block of text that says what it prints"),
            ("name =", "a package has no name"),
            ("```toml\n[package]", "there is no program in it"),
        ] {
            assert_eq!(programs(&whole.replace(block, "")).unwrap_err(), problem);
        }
    }

    #[test]
    fn an_output_is_put_in_the_place_of_its_own_program_alone() {
        let [one, two] = [program("one", "same\n"), program("two", "same\n")];
        let changed = with_output(&text(&[one, two]), &program("two", "same\n"), "other\n");
        assert_eq!(changed, text(&[program("one", "same\n"), program("two", "other\n")]));
    }
}
