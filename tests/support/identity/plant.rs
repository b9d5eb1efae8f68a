//! What a person or a platform leaves in a home for AWS's programs to find.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use sha1::{Digest as _, Sha1};
use time::{Duration, OffsetDateTime};

use super::{Key, hex, sso, stamp};
use crate::support::Home;

impl Home {
    /// Writes a file, in folders that are made for it.
    #[track_caller]
    pub(crate) fn plant(&self, path: impl AsRef<Path>, text: &str) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    }

    /// `~/.aws/config`.
    #[track_caller]
    pub(crate) fn plant_config(&self, text: &str) -> PathBuf {
        self.plant(".aws/config", text)
    }

    /// `~/.aws/credentials`.
    #[track_caller]
    pub(crate) fn plant_credentials(&self, text: &str) -> PathBuf {
        self.plant(".aws/credentials", text)
    }

    /// What `aws sso login` leaves behind, with an access token that is good for so long; `name` is the name of the
    /// session, or the start URL where a profile has no session.
    #[track_caller]
    pub(crate) fn plant_sso_token(&self, name: &str, good_for: Duration) -> PathBuf {
        let digest = hex(&Sha1::digest(name));
        let token = sso::cached_token(&stamp(OffsetDateTime::now_utc() + good_for));
        self.plant(format!(".aws/sso/cache/{digest}.json"), &token.to_string())
    }

    /// A line for `credential_process` that prints this key; the key is good for so long.
    #[track_caller]
    pub(crate) fn plant_process(&self, key: &Key, good_for: Duration) -> String {
        let output = json!({
            "Version": 1,
            "AccessKeyId": key.access_key_id,
            "SecretAccessKey": key.secret_access_key,
            "SessionToken": key.session_token,
            "Expiration": stamp(OffsetDateTime::now_utc() + good_for),
        });
        // No key has a quote in it.
        let script = self.plant("credential-process.sh", &format!("printf '%s' '{output}'\n"));
        format!("/bin/sh {}", script.display())
    }
}
