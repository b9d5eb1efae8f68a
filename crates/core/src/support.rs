//! Three-valued knowledge: what is not known is not guessed.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether something is supported: yes, no, or nobody said.
///
/// Serialises as `true`, `false` and `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Support {
    /// Known to be supported.
    Yes,
    /// Known not to be supported.
    No,
    /// Not known. Try it, and believe the answer.
    #[default]
    Unknown,
}

impl Support {
    /// True for [`Support::Yes`] only.
    pub const fn is_yes(self) -> bool {
        matches!(self, Self::Yes)
    }

    /// True for [`Support::No`] only.
    pub const fn is_no(self) -> bool {
        matches!(self, Self::No)
    }

    /// This value if it is known, else `other`.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        match self {
            Self::Unknown => other,
            known => known,
        }
    }

    /// `Some(true)`, `Some(false)` or `None`.
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Unknown => None,
        }
    }
}

impl From<bool> for Support {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl From<Option<bool>> for Support {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::from)
    }
}

impl Serialize for Support {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Support {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<bool>::deserialize(deserializer).map(Self::from)
    }
}
