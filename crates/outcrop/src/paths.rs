//! Folders of the platform.

use std::path::PathBuf;

use outcrop_core::Environment;

/// The folder for what can be made again: `$XDG_CACHE_HOME/outcrop`, or what the platform has in its place. `None`
/// where the environment names no folder: then nothing is kept.
pub fn cache_folder(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME");
    let folder = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else {
        absolute("XDG_CACHE_HOME").or_else(|| {
            home().map(|home| home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
        })
    };
    folder.map(|folder| folder.join("outcrop"))
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn folder(variables: &[(&str, &str)]) -> Option<PathBuf> {
        cache_folder(&variables.iter().copied().collect())
    }

    #[test]
    fn the_cache_is_where_the_platform_has_it_or_nowhere() {
        assert_eq!(folder(&[("HOME", "/home/me")]), Some("/home/me/.cache/outcrop".into()));
        assert_eq!(folder(&[("HOME", "/home/me"), ("XDG_CACHE_HOME", "/c")]), Some("/c/outcrop".into()));
        assert_eq!(
            folder(&[("HOME", "/home/me"), ("XDG_CACHE_HOME", "c")]),
            Some("/home/me/.cache/outcrop".into())
        );
        assert_eq!(folder(&[]), None);
    }
}
