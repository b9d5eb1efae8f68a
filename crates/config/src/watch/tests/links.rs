//! Links on the way to a file.
#![cfg(unix)]

use std::os::unix::fs::symlink;

use super::*;

/// Puts a link in the place of another, without a moment in which there is none.
fn link(target: &str, at: &Path) {
    let new = at.with_file_name("..data_tmp");
    symlink(target, &new).unwrap();
    fs::rename(new, at).unwrap();
}

#[test]
fn a_volume_of_kubernetes_is_followed() {
    // `config.json5` -> `..data/config.json5`, `..data` -> a folder with a date for its name. An update makes a new
    // folder, swaps `..data` and deletes the old one.
    let volume = tempfile::tempdir().unwrap();
    let folder = |name: &str| volume.path().join(name);
    put(&folder("..1/config.json5"), &region("a"));
    link("..1", &folder("..data"));
    link("..data/config.json5", &folder("config.json5"));
    let scene = watch(user(&folder("config.json5")));
    scene.watch.bell.until_idle();
    for (old, new, name) in [("..1", "..2", "b"), ("..2", "..3", "c")] {
        put(&folder(new).join("config.json5"), &region(name));
        link(new, &folder("..data"));
        fs::remove_dir_all(folder(old)).unwrap();
        scene.becomes(Some(name));
    }
}

#[test]
fn the_file_behind_a_link_is_followed() {
    let home = tempfile::tempdir().unwrap();
    let (file, target) = (home.path().join("config.json5"), home.path().join("dotfiles/outcrop.json5"));
    put(&target, &region("a"));
    link("dotfiles/../dotfiles/outcrop.json5", &file);
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    put(&target, &region("b"));
    scene.becomes(Some("b"));
    let other = home.path().join("elsewhere.json5");
    put(&other, &region("c"));
    link(other.to_str().unwrap(), &file);
    scene.becomes(Some("c"));
    put(&other, &region("d"));
    scene.becomes(Some("d"));
}

#[test]
fn a_link_to_a_folder_on_the_way_is_followed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config/outcrop/config.json5");
    put(&home.path().join("one/outcrop/config.json5"), &region("a"));
    put(&home.path().join("two/outcrop/config.json5"), &region("b"));
    link("one", &home.path().join("config"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    link("two", &home.path().join("config"));
    scene.becomes(Some("b"));
    put(&file, &region("c"));
    scene.becomes(Some("c"));
}

#[test]
fn a_link_that_leads_nowhere_yet_is_followed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.json5");
    link("later/config.json5", &file);
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    put(&home.path().join("later/config.json5"), &region("a"));
    scene.becomes(Some("a"));
}

#[test]
fn links_in_a_circle_end_and_can_be_mended() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.json5");
    put(&file, &region("a"));
    let scene = watch(user(&file));
    scene.watch.bell.until_idle();
    link("config.json5", &file);
    assert_eq!(scene.errors(), ["config::read"]);
    scene.watch.bell.until_idle();
    fs::remove_file(&file).unwrap();
    scene.becomes(None);
    put(&file, &region("b"));
    scene.becomes(Some("b"));
}
