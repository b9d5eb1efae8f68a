//! A file is replaced whole or not at all, and stays what it was in every other way.

use std::ffi::OsString;

use super::*;

/// The names in a folder, to see that nothing was left behind.
fn names(folder: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_created_and_replaced_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    for content in ["", "x", "something longer", "short"] {
        for options in [Options::new(), Options::new().durable().private()] {
            replace(&path, content.as_bytes(), options).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
        }
    }
    assert_eq!(names(folder.path()), ["a.json"]);
}

#[test]
fn a_failure_at_any_point_leaves_the_old_content_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    for point in FailurePoint::ALL {
        let error = replace(&path, b"never", Options::new().fail_at(*point)).unwrap_err();
        let injected = error.get_ref().and_then(|source| source.downcast_ref());
        assert_eq!(injected, Some(&InjectedFailure(*point)));
        assert!(names(folder.path()).is_empty(), "{point:?} created a file");
    }
    replace(&path, b"old", Options::new()).unwrap();
    for point in FailurePoint::ALL {
        replace(&path, b"new", Options::new().fail_at(*point)).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"old", "{point:?}");
        assert_eq!(names(folder.path()), ["a.json"], "{point:?}");
    }
}

#[test]
fn a_reader_of_the_old_file_keeps_the_old_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    replace(&path, b"old", Options::new()).unwrap();
    let reader = fs::File::open(&path).unwrap();
    replace(&path, b"new", Options::new()).unwrap();
    assert_eq!(io::read_to_string(reader).unwrap(), "old");
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn missing_folders_are_created_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b/c/a.json");
    let error = replace(&path, b"x", Options::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(names(folder.path()).is_empty());
    replace(&path, b"x", Options::new().create_parents()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"x");
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = replace(folder.path(), b"x", Options::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().ends_with("is no file"), "{error}");
}

#[test]
fn a_read_only_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    replace(&path, b"old", Options::new()).unwrap();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let error = replace(&path, b"new", Options::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[test]
fn what_would_be_refused_is_known_beforehand_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let kind = |path: &Path| ensure_replaceable(path).unwrap_err().kind();
    ensure_replaceable(&path).unwrap();
    ensure_replaceable(folder.path().join("b/c/a.json")).unwrap();
    assert!(names(folder.path()).is_empty());
    replace(&path, b"old", Options::new()).unwrap();
    ensure_replaceable(&path).unwrap();
    assert_eq!(kind(folder.path()), io::ErrorKind::InvalidInput);
    assert_eq!(kind(&path.join("below.json")), io::ErrorKind::NotADirectory);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    assert_eq!(kind(&path), io::ErrorKind::PermissionDenied);
    assert_eq!(names(folder.path()), ["a.json"]);
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn an_existing_file_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        for kept in [0o600, 0o640, 0o755, 0o666] {
            replace(&path, b"old", Options::new()).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            replace(&path, b"new", Options::new().private()).unwrap();
            assert_eq!(mode(&path), kept);
        }
    }

    #[test]
    fn a_new_private_file_and_new_folders_are_the_users_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b/c/a.json");
        replace(&path, b"x", Options::new().private().create_parents()).unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(&folder.path().join("b")), 0o700);
        assert_eq!(mode(&folder.path().join("b/c")), 0o700);
    }

    #[test]
    fn a_new_shared_file_has_the_mode_of_any_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let usual = folder.path().join("usual");
        fs::File::create(&usual).unwrap();
        let path = folder.path().join("a.json");
        replace(&path, b"x", Options::new()).unwrap();
        assert_eq!(mode(&path), mode(&usual));
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced_or_created() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("dotfiles")).unwrap();
        let target = folder.path().join("dotfiles/real.json");
        // An absolute link to a relative one.
        symlink("dotfiles/real.json", folder.path().join("relative")).unwrap();
        let link = folder.path().join("a.json");
        symlink(folder.path().join("relative"), &link).unwrap();
        for content in ["created", "replaced"] {
            replace(&link, content.as_bytes(), Options::new()).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), content);
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(folder.path()), ["a.json", "dotfiles", "relative"]);
        assert_eq!(names(&folder.path().join("dotfiles")), ["real.json"]);
    }

    #[test]
    fn links_in_a_circle_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        symlink("a.json", &path).unwrap();
        let error = replace(&path, b"x", Options::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("symbolic links"), "{error}");
    }
}
