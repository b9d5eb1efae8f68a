//! `outcrop emulate --account`: which files it takes, and what it says of others.

use super::{FixtureAccount, folder};
use crate::support::{Home, Outcrop};

/// `outcrop emulate --account` with a file of that content.
fn emulate(home: &Home, content: &str) -> Outcrop {
    let file = home.path().join("account.json");
    std::fs::File::create(&file)
        .and_then(|mut file| std::io::Write::write_all(&mut file, content.as_bytes()))
        .unwrap();
    Outcrop::at(home, ["emulate", "--listen", "127.0.0.1:0", "--account"]).arg(file)
}

#[test]
fn every_account_has_its_list_and_is_taken() {
    for entry in folder("accounts").read_dir().unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        super::expected(name);
        FixtureAccount::named(name).start();
    }
}

#[test]
fn a_wrong_account_is_refused_by_the_name_of_its_field() {
    let home = Home::new();
    for (content, words) in [
        ("{", "EOF while parsing"),
        (
            r#"{"region":{}}"#,
            "unknown field `region`, expected one of `accountId`, `pageSize`, `regions`, `denied`",
        ),
        (r#"{"accountId":"1"}"#, "`accountId`"),
        (r#"{"denied":["ListAll"]}"#, "`denied[0]`"),
        (r#"{"regions":{"us-east-1":{"importedModels":[]}}}"#, "`regions.us-east-1.importedModels`"),
        (r#"{"regions":{"us-east-1":{"importedModels":{"models":[]}}}}"#, "missing field `modelSummaries`"),
    ] {
        let run = emulate(&home, content).run().exits_with(3);
        assert_eq!(run.stdout, "");
        assert!(
            run.stderr.contains(words) && run.stderr.contains("account.json"),
            "{content}: {}",
            run.stderr
        );
    }
    let missing = home.path().join("none.json");
    let run = Outcrop::at(&home, ["emulate", "--account"]).arg(missing).run().exits_with(3);
    assert!(run.stderr.contains("none.json"), "{}", run.stderr);
}

#[test]
fn the_printed_region_is_one_where_the_account_has_something() {
    let home = Home::new();
    for (content, args, region) in [
        (r#"{"regions":{"us-gov-west-1":{}}}"#, &[][..], "us-gov-west-1"),
        (r#"{"regions":{"eu-west-1":{},"us-east-1":{}}}"#, &[], "us-east-1"),
        (r#"{"regions":{"us-gov-west-1":{}}}"#, &["--region", "eu-west-1"], "eu-west-1"),
        ("{}", &[], "us-east-1"),
    ] {
        let mut emulator = emulate(&home, content).args(args).start();
        let printed = emulator.wait_for("the region", |line| {
            line.strip_prefix("export AWS_REGION='")
                .map(|rest| rest.trim_end().trim_end_matches('\'').to_owned())
        });
        assert_eq!(printed, region, "{content} {args:?}");
    }
}
