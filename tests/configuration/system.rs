//! The file for everybody on this machine, really written.

use std::fs;

use super::{file, fixture};
use crate::support::{Home, Outcrop};

const REGION: &str = "models.bedrockDiscovery.region";

#[test]
fn the_file_of_the_system_is_written_as_any_other() {
    let home = Home::new();
    let etc = home.path().join("etc");
    fs::create_dir(&etc).unwrap();
    let layer = ["--layer", "system"];
    if Outcrop::at(&home, ["config", "path"]).with_etc(&etc).is_none() {
        // What remains is proved in one process, by the tests of the library; and where it would go.
        let run = Outcrop::at(&home, ["config", "set", REGION, "s", "--dry-run"]).args(&layer).run();
        assert!(run.succeeds().stdout.contains("+++ /etc/outcrop/config.json5"));
        return;
    }
    let run = |args: &[&str]| {
        let ours =
            file(&home, "editor", "echo '{ models: { bedrockDiscovery: { region: \"e\" } } }' > \"$1\"\n");
        let run = Outcrop::at(&home, ["config"].iter().chain(args)).args(&layer);
        run.env("EDITOR", format!("/bin/sh {}", ours.display())).with_etc(&etc).unwrap().run()
    };
    let written = || fs::read_to_string(etc.join("outcrop/config.json5")).unwrap();
    let set = run(&["set", REGION, "s"]).succeeds();
    assert!(set.stdout.contains("is set, in /etc/outcrop/config.json5:4"), "{}", set.stdout);
    assert!(written().contains("region: \"s\""));
    assert_eq!(run(&["get", REGION]).succeeds().stdout, "s\n");
    let list = run(&["list"]).succeeds().stdout;
    assert_eq!(list, format!("{REGION} = \"s\"  (/etc/outcrop/config.json5:4:15)\n"));
    // It counts, for want of anything stronger.
    let counts = Outcrop::at(&home, ["config", "get", REGION]).with_etc(&etc).unwrap().run().succeeds();
    assert_eq!(counts.stdout, "s\n");
    run(&["unset", REGION]).succeeds();
    assert!(!written().contains("region"));
    let theirs = fixture("discovery.json5");
    let import = run(&["import", theirs.to_str().unwrap()]).succeeds();
    assert!(import.stdout.contains(" in /etc/outcrop/config.json5"), "{}", import.stdout);
    assert_eq!(run(&["get", REGION]).succeeds().stdout, "us-east-1\n");
    let edit = run(&["edit"]).succeeds();
    assert_eq!(edit.stdout, "/etc/outcrop/config.json5 is written\n");
    assert_eq!(run(&["get", REGION]).succeeds().stdout, "e\n");
    let left: Vec<_> = fs::read_dir(etc.join("outcrop")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["config.json5"]);
}
