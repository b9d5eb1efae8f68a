//! Where to listen so that no change on the way to a file is missed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// As many links as Linux follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// The folders and files to listen at, as they are now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// The folders in which something could change that matters: those of the files, those of links on the way, and where
    /// the way ends before its file the last one. No link leads to them.
    pub(super) folders: BTreeMap<PathBuf, Identity>,
    /// The files themselves: one that a container shows at another place changes without a change in its folder there.
    pub(super) files: BTreeMap<PathBuf, Identity>,
    /// What matters in the folders.
    steps: BTreeSet<PathBuf>,
}

/// What tells a folder or file from another one in its place, where the system has that.
type Identity = Option<(u64, u64)>;

impl Plan {
    /// Where to listen for changes of these files.
    pub(super) fn of(files: &[PathBuf]) -> Self {
        let mut plan = Self::default();
        for file in files {
            // Without a working directory, a relative path leads nowhere.
            if let Ok(file) = std::path::absolute(file) {
                plan.follow(file);
            }
        }
        plan
    }

    /// Whether a change of what is at `path` matters.
    pub(super) fn concerns(&self, path: &Path) -> bool {
        self.steps.contains(path) || self.folders.contains_key(path)
    }

    /// Whether what is at `path` is listened at.
    pub(super) fn listens_at(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.folders.contains_key(path)
    }

    /// Goes to a file link by link.
    fn follow(&mut self, file: PathBuf) {
        let mut ahead = file;
        let mut here = PathBuf::new();
        let mut links = 0;
        loop {
            let mut components = ahead.components();
            let Some(component) = components.next() else { return };
            let rest = components.as_path().to_owned();
            ahead = match component {
                Component::Prefix(_) | Component::RootDir => {
                    here.push(component);
                    rest
                }
                Component::CurDir => rest,
                Component::ParentDir => {
                    here.pop();
                    rest
                }
                Component::Normal(name) => {
                    let step = here.join(name);
                    match Step::at(&step, &rest) {
                        Step::Folder => {
                            here = step;
                            rest
                        }
                        Step::Link(target) if links < MOST_LINKS => {
                            links += 1;
                            self.listen(&here, step);
                            if target.has_root() {
                                here = PathBuf::new();
                            }
                            target.join(rest)
                        }
                        Step::File => {
                            self.files.insert(step.clone(), identity(&step));
                            return self.listen(&here, step);
                        }
                        Step::Nothing | Step::Link(_) => return self.listen(&here, step),
                    }
                }
            };
        }
    }

    fn listen(&mut self, folder: &Path, step: PathBuf) {
        self.folders.insert(folder.to_owned(), identity(folder));
        self.steps.insert(step);
    }
}

/// What is found on the way to a file.
enum Step {
    Folder,
    Link(PathBuf),
    /// The end of the way.
    File,
    /// Nothing, or nothing that leads further.
    Nothing,
}

impl Step {
    fn at(path: &Path, rest: &Path) -> Self {
        let Ok(metadata) = fs::symlink_metadata(path) else { return Self::Nothing };
        if metadata.is_symlink() {
            fs::read_link(path).map_or(Self::Nothing, Self::Link)
        } else if metadata.is_dir() && !rest.as_os_str().is_empty() {
            Self::Folder
        } else if metadata.is_file() {
            Self::File
        } else {
            Self::Nothing
        }
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Identity {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(plan: &Plan) -> Vec<&Path> {
        plan.folders.keys().map(PathBuf::as_path).collect()
    }

    #[test]
    fn the_last_folder_on_the_way_is_listened_at_until_there_is_another() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let file = root.join("a/./x/../b/config.json5");
        assert_eq!(folders(&Plan::of(std::slice::from_ref(&file))), [root.as_path()]);
        fs::create_dir_all(root.join("a/x")).unwrap();
        assert_eq!(folders(&Plan::of(std::slice::from_ref(&file))), [root.join("a")]);
        fs::create_dir(root.join("a/b")).unwrap();
        let plan = Plan::of(std::slice::from_ref(&file));
        assert_eq!(folders(&plan), [root.join("a/b")]);
        assert!(plan.concerns(&root.join("a/b/config.json5")) && !plan.concerns(&root.join("a/b/other")));
        assert!(plan.files.is_empty());
        fs::File::create(&file).unwrap();
        assert_eq!(Plan::of(&[file]).files.keys().collect::<Vec<_>>(), [&root.join("a/b/config.json5")]);
    }

    #[test]
    #[cfg(unix)]
    fn other_folders_under_the_same_names_are_another_plan() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("a/b/config.json5");
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        let plan = Plan::of(std::slice::from_ref(&file));
        assert_eq!(plan, Plan::of(std::slice::from_ref(&file)));
        // Whoever listens at `b` does not hear of it.
        fs::rename(root.path().join("a"), root.path().join("old")).unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        assert_ne!(plan, Plan::of(&[file]));
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_to_the_end_and_circles_are_left() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        for folder in ["etc", "volume/new"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        symlink("../volume/data", root.join("etc/outcrop")).unwrap();
        symlink(root.join("volume/new"), root.join("volume/data")).unwrap();
        let plan = Plan::of(&[root.join("etc/outcrop/config.json5")]);
        assert_eq!(folders(&plan), ["etc", "volume", "volume/new"].map(|folder| root.join(folder)));
        for step in ["etc/outcrop", "volume/data", "volume/new/config.json5"] {
            assert!(plan.concerns(&root.join(step)), "{step}");
        }
        symlink("circle", root.join("circle")).unwrap();
        assert_eq!(folders(&Plan::of(&[root.join("circle/config.json5")])), [root.as_path()]);
    }
}
