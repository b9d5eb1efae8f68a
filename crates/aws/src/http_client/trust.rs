//! Which certificate authorities are trusted.

use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use outcrop_core::{Environment, Error, ErrorKind, Result};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

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
}

/// Who is trusted to say which key belongs to which host.
pub(super) struct Trust(pub(super) TlsContext);

impl Trust {
    /// Those whom the platform trusts. Nothing is loaded yet.
    pub(super) fn platform() -> Self {
        Self(TlsContext::default())
    }

    /// Those whose certificates are in the bundle, and nobody else: somebody who names a bundle says who is trusted
    /// (botocore, `httpsession.get_cert_path`).
    ///
    /// # Errors
    /// [`outcrop_core::ErrorKind::Config`] if the file cannot be read or holds no certificate.
    pub(super) fn read(bundle: &Bundle) -> Result<Self> {
        let Bundle { setting, path } = bundle;
        let bad = |what: &str| {
            Error::config(format!("`{setting}` is `{}`, {what}", path.display())).with_hint(format!(
                "set `{setting}` to a PEM file with the certificates to trust, or take it away"
            ))
        };
        let bytes = std::fs::read(path).map_err(|error| bad("which cannot be read").with_source(error))?;
        // Comments may be in any encoding; what counts is ASCII.
        let text = String::from_utf8_lossy(&bytes);
        let (usable, broken): (Vec<_>, Vec<_>) =
            text.split_inclusive(END).filter(|part| part.ends_with(END)).partition(|part| is_usable(part));
        if usable.is_empty() {
            return Err(bad("which holds no certificate that can be used"));
        }
        if !broken.is_empty() {
            tracing::warn!(path = %path.display(), count = broken.len(), "unusable certificates in `{setting}`");
        }
        tracing::debug!(path = %path.display(), count = usable.len(), "only the certificates in `{setting}` are trusted");
        let store = usable.into_iter().fold(TrustStore::empty(), TrustStore::with_pem_certificate);
        let context = TlsContext::builder().with_trust_store(store).build();
        context
            .map(Self)
            .map_err(|error| Error::new(ErrorKind::Unexpected, "TLS cannot be set up").with_source(error))
    }

    /// The connector's setting.
    pub(super) fn context(&self) -> TlsContext {
        self.0.clone()
    }
}

/// Whether this part of a PEM file makes trust anchors. The connector does the same, and panics if it does not.
fn is_usable(part: &str) -> bool {
    let mut roots = RootCertStore::empty();
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(part.as_bytes()).collect();
    certificates.is_ok_and(|certificates| {
        !certificates.is_empty() && certificates.into_iter().all(|it| roots.add(it).is_ok())
    })
}

#[cfg(test)]
mod tests;
