//! Bundles of certificates. What they are good for is proved over sockets, in the end-to-end tests.

use outcrop_core::ErrorKind;

use super::*;

impl Trust {
    /// Nobody at all.
    pub(crate) fn nobody() -> Self {
        Self::only(RootCertStore::empty())
    }

    /// These and nobody else.
    pub(crate) const fn only(roots: RootCertStore) -> Self {
        Self { bundle: Some(roots), tls: OnceLock::new() }
    }

    /// Whether somebody wanted to know.
    pub(crate) fn is_loaded(&self) -> bool {
        self.tls.get().is_some()
    }
}

#[test]
fn the_variable_beats_the_profile() {
    let of = |variables: &[(&str, &str)], profile: Option<&str>| {
        let bundle = Bundle::choose(&variables.iter().copied().collect(), profile.map(Path::new))?;
        Some((bundle.setting, bundle.path.to_str().unwrap().to_owned()))
    };
    assert_eq!(of(&[], None), None);
    assert_eq!(of(&[("AWS_CA_BUNDLE", " ")], None), None);
    assert_eq!(of(&[], Some("/profile.pem")), Some(("ca_bundle", "/profile.pem".to_owned())));
    assert_eq!(
        of(&[("AWS_CA_BUNDLE", "/variable.pem")], Some("/profile.pem")),
        Some(("AWS_CA_BUNDLE", "/variable.pem".to_owned()))
    );
}

#[test]
fn what_is_no_bundle_is_an_error_that_names_setting_and_path() {
    let (missing, folder) = (Path::new("/nowhere/ca.pem"), Path::new(env!("CARGO_MANIFEST_DIR")));
    for path in [missing, folder] {
        let error = Trust::read(&Bundle { setting: SETTING, path: path.to_owned() }).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config);
        let shown = error.to_string();
        assert!(shown.contains("`ca_bundle`") && shown.contains(path.to_str().unwrap()), "{shown}");
        assert!(error.hints().iter().any(|hint| hint.contains("PEM")), "{:?}", error.hints());
    }
}

#[test]
fn only_parts_that_make_trust_anchors_are_usable() {
    let not_der = format!("-----BEGIN CERTIFICATE-----\nbm90IERFUg==\n{END}");
    let not_base64 = format!("-----BEGIN CERTIFICATE-----\n!!!\n{END}");
    for part in ["", END, &not_der, &not_base64, "-----BEGIN CERTIFICATE-----"] {
        assert!(!add(&mut RootCertStore::empty(), part), "{part}");
    }
}
