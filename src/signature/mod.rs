//! Makes and checks signatures of the deciding person, with their own programs.
//!
//! Keys, programs and allowed signers come from the person's own git configuration, never from the repository's. The
//! programs get arguments, never a shell line; they run outside the repository, without a terminal, and with a timeout.

mod error;
mod gpg;
mod program;
mod settings;
mod ssh;

pub use error::SignatureError;
pub use settings::{Format, Settings};
pub use ssh::in_home;

use jiff::Timestamp;

/// Namespace of commit signatures in the SSH format, as git uses it.
pub const FOR_COMMITS: &str = "git";
/// Namespace of ledger record signatures in the SSH format.
pub const FOR_RECORDS: &str = "countersign";

/// Namespace of automatic answers: such a signature is not valid for a record of a person.
pub const FOR_GATES: &str = "countersign-gate";

/// Signs bytes and returns the armoured signature.
pub fn sign(settings: &Settings, purpose: &str, bytes: &[u8]) -> Result<String, SignatureError> {
    match settings.format {
        Format::Ssh => ssh::sign(settings, purpose, bytes),
        Format::OpenPgp | Format::X509 => gpg::sign(settings, bytes),
    }
}

/// The result of checking a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureVerdict {
    /// Valid, by a known key: the signer, according to the allowed signers or the key ring.
    Good(String),
    /// Valid, by an unknown key.
    UnknownKey(String),
    /// Invalid, or it could not be checked, for this reason.
    Bad(String),
}

/// Checks a signature over bytes, as of the time of signing. `mail` is the expected signer.
pub fn check(
    settings: &Settings,
    purpose: &str,
    bytes: &[u8],
    signature: &str,
    at: Timestamp,
    mail: &str,
) -> SignatureVerdict {
    let checked = if signature.trim_start().starts_with("-----BEGIN SSH SIGNATURE-----") {
        ssh::check(settings, purpose, bytes, signature, at, mail)
    } else {
        gpg::check(settings, bytes, signature)
    };
    checked.unwrap_or_else(|error| SignatureVerdict::Bad(error.to_string()))
}
