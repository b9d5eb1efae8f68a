//! Which certificate authorities are trusted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use outcrop_core::{Environment, Error, Result};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// What AWS's command line and SDKs read (AWS SDKs and Tools Reference Guide, "General configuration settings").
const VARIABLE: &str = "AWS_CA_BUNDLE";
/// The same in a profile.
const SETTING: &str = "ca_bundle";

/// What ends a certificate in a PEM file.
const END: &str = "-----END CERTIFICATE-----";

/// A file with the certificates to trust, and what names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bundle {
    setting: &'static str,
    path: PathBuf,
}

impl Bundle {
    /// The bundle that counts: the variable's, else the profile's.
    pub(super) fn choose(environment: &Environment, profile: Option<&Path>) -> Option<Self> {
        let of_variable = environment.get(VARIABLE).map(|path| Self { setting: VARIABLE, path: path.into() });
        of_variable.or_else(|| profile.map(|path| Self { setting: SETTING, path: path.to_owned() }))
    }

    #[track_caller]
    fn bad(&self, what: &str) -> Error {
        let Self { setting, path } = self;
        Error::config(format!("`{setting}` is `{}`, {what}", path.display())).with_hint(format!(
            "set `{setting}` to a PEM file with the certificates to trust, or take it away"
        ))
    }
}

/// Who is trusted to say which key belongs to which host.
pub(super) struct Trust {
    /// `None` for whom the platform trusts.
    bundle: Option<RootCertStore>,
    tls: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
}

impl Trust {
    /// Those whom the platform trusts. Nothing is loaded yet.
    pub(super) const fn platform() -> Self {
        Self { bundle: None, tls: OnceLock::new() }
    }

    /// Those whose certificates are in the bundle, and nobody else: somebody who names a bundle says who is trusted
    /// (botocore, `httpsession.get_cert_path`).
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the file cannot be read or holds no certificate.
    pub(super) fn read(bundle: &Bundle) -> Result<Self> {
        let Bundle { setting, path } = bundle;
        let bytes =
            std::fs::read(path).map_err(|error| bundle.bad("which cannot be read").with_source(error))?;
        // Comments may be in any encoding; what counts is ASCII.
        let text = String::from_utf8_lossy(&bytes);
        let mut roots = RootCertStore::empty();
        let parts = text.split_inclusive(END).filter(|part| part.ends_with(END));
        let broken = parts.filter(|part| !add(&mut roots, part)).count();
        if roots.is_empty() {
            return Err(bundle.bad("which holds no certificate that can be used"));
        }
        if broken > 0 {
            tracing::warn!(path = %path.display(), count = broken, "unusable certificates in `{setting}`");
        }
        tracing::debug!(path = %path.display(), count = roots.len(), "only the certificates in `{setting}` are trusted");
        Ok(Self { bundle: Some(roots), tls: OnceLock::new() })
    }

    /// How to speak TLS with whom they vouch for. All connections share one, and with it the tickets by which a TLS
    /// session is taken up again.
    ///
    /// # Errors
    /// If the cryptography has nothing to offer for TLS.
    pub(super) fn tls(&self) -> Result<&Arc<ClientConfig>, rustls::Error> {
        let build = || {
            let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
            let builder = builder.with_safe_default_protocol_versions()?;
            let roots = self.bundle.clone().unwrap_or_else(of_the_platform);
            Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
        };
        self.tls.get_or_init(build).as_ref().map_err(Clone::clone)
    }
}

/// The certificates of the platform, as far as there are any that can be used.
fn of_the_platform() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!(%error, "certificates of the platform cannot be read");
    }
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(added, ignored, "the certificates of the platform are trusted");
    roots
}

/// Adds what stands in this part of a PEM file to those who are trusted; whether all of it could be added.
fn add(roots: &mut RootCertStore, part: &str) -> bool {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(part.as_bytes()).collect();
    certificates.is_ok_and(|certificates| {
        !certificates.is_empty() && certificates.into_iter().all(|it| roots.add(it).is_ok())
    })
}

#[cfg(test)]
mod tests;
