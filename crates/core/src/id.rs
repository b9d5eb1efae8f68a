//! Names of providers and models.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps the name as it is; nothing is validated or normalised.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self::new(name)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }
    };
}

name_type! {
    /// The id of a provider entry of the configuration, such as `amazon-bedrock`. Cheap to clone.
    ProviderId
}

name_type! {
    /// The id a model is called by, as its provider understands it: for Bedrock a model id, an inference profile id or
    /// an ARN. Cheap to clone.
    ModelId
}

impl ModelId {
    /// Whether both ids name the same model: they are equal, or one is the other with a date, a version of at least four
    /// digits, or a tag behind it. Endpoints answer with longer names than they are asked by. Tags can have prices of their own.
    ///
    /// ```
    /// use outcrop_core::ModelId;
    /// let same = |a: &str, b: &str| ModelId::from(a).names_same_as(&b.into());
    /// assert!(same("gpt-4o", "gpt-4o") && same("gpt-4o", "gpt-4o-2024-08-06"));
    /// assert!(same("claude-sonnet-4@20250514", "claude-sonnet-4") && same("gpt-oss-120b", "gpt-oss-120b:free"));
    /// assert!(!same("gpt-4", "gpt-4o") && !same("gpt-4", "gpt-4-32k") && !same("gpt-4o", "gpt-4o-mini-2024-07-18"));
    /// assert!(!same("claude-opus-4", "claude-opus-4.1") && !same("claude-opus-4", "claude-opus-4-1"));
    /// assert!(!same("llama3", "llama3:70b"));
    /// ```
    pub fn names_same_as(&self, other: &Self) -> bool {
        let (short, long) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        long.as_str().strip_prefix(short.as_str()).is_some_and(is_release)
    }
}

/// Nothing, or what stands behind the name of a model without making it another one.
fn is_release(rest: &str) -> bool {
    let Some((mark, release)) = rest.as_bytes().split_first() else { return true };
    let digits = release.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_tag = !release.is_empty() && release.iter().all(u8::is_ascii_alphabetic);
    (matches!(mark, b'-' | b'@' | b':') && digits >= 4) || (*mark == b':' && is_tag)
}
