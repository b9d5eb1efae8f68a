//! The list as people see it.

use serde_json::{Value, json};

use super::{account, each, list, models, row};
use crate::support::{Emulator, Home};
#[cfg(unix)]
use crate::support::{Finished, Started, python};

#[test]
fn the_table_has_a_line_for_each_model() {
    let emulator = Emulator::start();
    let table = list(&emulator, &[]).run().succeeds();
    assert_eq!(table.stderr, "");
    let mut lines = table.stdout.lines();
    let head = lines.next().unwrap();
    for title in ["NAME", "ID", "CONTEXT", "OUTPUT", "IN $/M", "OUT $/M", "INPUT", "THINKING", "TAGS"] {
        assert!(head.contains(title), "{head}");
    }
    for title in ["REGIONS", "ACCESS", "HIDDEN"] {
        assert!(!head.contains(title), "{head}");
    }
    let found = list(&emulator, &["--json"]).run().succeeds().json();
    let ids = each(&found, "id");
    assert_eq!(lines.clone().count(), ids.len());
    for (line, id) in lines.zip(ids) {
        assert!(line.split_whitespace().any(|word| word == id), "{id} is not in {line}");
    }
}

/// What stands in a column in the row of an id.
#[track_caller]
fn cell<'a>(table: &'a str, title: &str, id: &str) -> &'a str {
    let head = table.lines().next().unwrap();
    let start = head.find(title).unwrap_or_else(|| panic!("no {title} in {head}"));
    let mut rows = table.lines().filter(|row| row.split_whitespace().any(|word| word == id));
    let row = rows.next().unwrap_or_else(|| panic!("no {id} in {table}"));
    row[start..].split("  ").next().unwrap().trim()
}

#[test]
fn thinking_is_told_by_its_mode() {
    let emulator = Emulator::start();
    let table = list(&emulator, &[]).run().succeeds().stdout;
    let thinking = |id: &str| cell(&table, "THINKING", id);
    assert_eq!(thinking("us.amazon.nova-lite-v1:0"), "-");
    assert_eq!(thinking("us.amazon.nova-2-lite-v1:0"), "reasoningConfig");
    assert_eq!(thinking("us.anthropic.claude-sonnet-4-6"), "adaptive");
    let found = list(&emulator, &["--json"]).run().succeeds().json();
    let mut always = 0;
    for model in found["models"].as_array().unwrap() {
        let id = model["id"].as_str().unwrap();
        let is_always = model["thinking"]["alwaysOn"] == true;
        assert_eq!(thinking(id).ends_with(" always"), is_always, "{id}");
        always += u32::from(is_always);
    }
    assert!(always > 0);
}

/// An emulator whose account has these foundation models.
#[track_caller]
fn with_rows(home: &Home, rows: &[Value]) -> Emulator {
    account(home, &json!({ "regions": { "us-east-1": { "foundationModels": { "modelSummaries": rows } } } }))
}

#[test]
fn guesses_and_doubtful_prices_are_marked() {
    let home = Home::new();
    let rows = [
        row("us-east-1", "startup.first-v1:0", "First", "ON_DEMAND"),
        row("us-east-1", "anthropic.claude-sonnet-4-6", "Sonnet", "ON_DEMAND"),
        row("us-east-1", "amazon.nova-lite-v1:0", "Nova Lite", "ON_DEMAND"),
    ];
    let emulator = with_rows(&home, &rows);
    let words = |word: &str| {
        let table = models(&home, &emulator, &[word]).run().succeeds().stdout;
        table.lines().nth(1).unwrap().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(words("startup")[1..5], ["32k?", "4k?", "-", "-"]);
    assert_eq!(words("nova")[2..6], ["300k", "10k", "0.06", "0.24"]);
    assert_eq!(words("nova").last().unwrap(), "amazon.nova-lite-v1:0");
    let found = models(&home, &emulator, &["--json", "sonnet"]).run().succeeds().json();
    let price = &found["models"][0]["price"];
    assert_eq!(price["confidence"], "low", "another model must stand in here");
    assert_eq!(words("sonnet")[3..5], [format!("~{}", price["input"]), format!("~{}", price["output"])]);
}

#[test]
fn all_has_a_column_for_what_hides() {
    let emulator = Emulator::start();
    let table = list(&emulator, &["--all", "amazon.nova-sonic-v1:0"]).run().succeeds().stdout;
    assert_eq!(cell(&table, "HIDDEN BY", "amazon.nova-sonic-v1:0"), "converse");
    let table = list(&emulator, &["--all", "us.amazon.nova-lite-v1:0"]).run().succeeds().stdout;
    assert_eq!(cell(&table, "HIDDEN BY", "us.amazon.nova-lite-v1:0"), "-");
}

/// Runs it with standard output on a terminal of so many columns.
#[cfg(unix)]
fn on_terminal(columns: u16, home: &Home, emulator: &Emulator, args: &[&str]) -> Finished {
    let mut command = python::client("width.py");
    command.args([&columns.to_string(), env!("CARGO_BIN_EXE_outcrop"), "models"]).args(args);
    command.envs(emulator.variables());
    Started::new(&mut command, home).finish().succeeds()
}

#[test]
#[cfg(unix)]
fn a_narrow_terminal_loses_columns_and_never_an_id() {
    let (emulator, home) = (Emulator::start(), Home::new());
    let found = models(&home, &emulator, &["--json", "nova"]).run().succeeds().json();
    let ids = each(&found, "id");
    let mut titles = usize::MAX;
    for columns in [200, 130, 100, 80, 60] {
        let table = on_terminal(columns, &home, &emulator, &["nova"]).stdout;
        let width = table.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(width <= columns.into(), "{width} columns on a terminal of {columns}:\n{table}");
        let head = table.lines().next().unwrap().matches("  ").count();
        assert!(head <= titles, "{table}");
        titles = head;
        for (line, id) in table.lines().skip(1).zip(&ids) {
            assert!(line.split_whitespace().any(|word| word == *id), "{id} is not in {line}");
        }
        assert_eq!(table.lines().count(), ids.len() + 1, "{table}");
    }
    let narrow = on_terminal(20, &home, &emulator, &["us.amazon.nova-lite"]).stdout;
    assert_eq!(narrow.split_whitespace().collect::<Vec<_>>(), ["ID", "us.amazon.nova-lite-v1:0"]);
}

#[test]
fn names_of_others_cannot_control_the_terminal_or_break_the_table() {
    let home = Home::new();
    let rows = [
        row("us-east-1", "startup.first-v1:0", "Red \u{1b}[31m\u{7}", "ON_DEMAND"),
        row("us-east-1", "startup.second-v1:0", "Two\nlines\r\u{9b}", "ON_DEMAND"),
        row("us-east-1", "startup.third-v1:0", "\u{6a21}\u{578b}", "ON_DEMAND"),
    ];
    let emulator = with_rows(&home, &rows);
    let run = |args: &[&str]| models(&home, &emulator, args).run().succeeds().stdout;
    let table = run(&[]);
    assert_eq!(table.lines().count(), 4, "{table}");
    for text in [&table, &run(&["show", "startup.first-v1:0"]), &run(&["show", "startup.second-v1:0"])] {
        assert!(!text.contains(|it: char| it.is_control() && it != '\n'), "{text:?}");
    }
    assert!(table.contains("\\u{1b}[31m") && table.contains("Two lines"), "{table}");
    // Programs get what AWS wrote.
    let found: Value = models(&home, &emulator, &["--json"]).run().succeeds().json();
    assert!(each(&found, "name").contains(&"Red \u{1b}[31m\u{7}"), "{found}");
}

#[test]
fn wide_letters_count_as_wide_as_they_are() {
    let home = Home::new();
    let rows = [
        row("us-east-1", "startup.first-v1:0", "\u{6a21}\u{578b}\u{6a21}\u{578b}", "ON_DEMAND"),
        row("us-east-1", "startup.second-v1:0", "Plain", "ON_DEMAND"),
    ];
    let emulator = with_rows(&home, &rows);
    let table = models(&home, &emulator, &[]).run().succeeds().stdout;
    let place = |line: &str| {
        line.find("startup.")
            .map(|at| line[..at].chars().map(|it| if it > '\u{ff}' { 2 } else { 1 }).sum::<u32>())
    };
    let places: Vec<_> = table.lines().skip(1).map(place).collect();
    assert!(places[0].is_some() && places[0] == places[1], "{table}");
}
