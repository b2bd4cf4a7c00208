//! Identities: git objects by their full id, experiments by theirs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Encodes bytes as hexadecimal digits, two per byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

macro_rules! object_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 20]);

        impl $name {
            /// Makes an id from the 20 raw bytes of a SHA-1 object id.
            pub fn from_bytes(bytes: [u8; 20]) -> Self {
                Self(bytes)
            }

            /// The 20 raw bytes.
            pub fn as_bytes(&self) -> &[u8; 20] {
                &self.0
            }

            /// The first seven hexadecimal digits, for people.
            pub fn short(&self) -> String {
                let mut text = self.to_string();
                text.truncate(7);
                text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = BadObjectId;

            fn from_str(text: &str) -> Result<Self, BadObjectId> {
                let digits = text.as_bytes();
                if digits.len() != 40 {
                    return Err(BadObjectId);
                }
                let mut bytes = [0; 20];
                for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
                    let pair = std::str::from_utf8(pair).map_err(|_| BadObjectId)?;
                    *byte = u8::from_str_radix(pair, 16).map_err(|_| BadObjectId)?;
                }
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

object_id! {
    /// A git commit, by its full SHA-1 id.
    CommitId
}
object_id! {
    /// A git tree, by its full SHA-1 id.
    TreeId
}

/// The text is not 40 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a full object id (40 hexadecimal digits)")]
pub struct BadObjectId;

/// An experiment's identity: the full object id of its commit if its row names exactly one, or else `row-<line>-<hash
/// of the row>`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExperimentId(Arc<str>);

impl ExperimentId {
    /// Wraps an identity made by [`crate::model::row_id`], from a commit, or read from the ledger.
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The full identity.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<CommitId> for ExperimentId {
    fn from(commit: CommitId) -> Self {
        Self(commit.to_string().into())
    }
}

impl fmt::Display for ExperimentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ExperimentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
