//! Signatures of the person who decides, made and checked by their own programs.
//!
//! Keys, programs and allowed signers come from the person's own git configuration, never from the
//! repository's. The programs get arguments, never a shell line; they run outside the repository,
//! without a terminal to draw on, and not for longer than a deadline.

mod error;
mod gpg;
mod program;
mod settings;
mod ssh;

pub use error::SignatureError;
pub use settings::{Format, Settings};
pub use ssh::in_home;

use jiff::Timestamp;

/// What the signature of a commit is for, in the SSH format: what git uses.
pub const FOR_COMMITS: &str = "git";
/// What the signature of a ledger record is for, in the SSH format.
pub const FOR_RECORDS: &str = "countersign";

/// What the signature of an automatic answer is for: it can stand for no record of a person's.
pub const FOR_GATES: &str = "countersign-gate";

/// Signs bytes; the answer is the armoured signature.
pub fn sign(settings: &Settings, purpose: &str, bytes: &[u8]) -> Result<String, SignatureError> {
    match settings.format {
        Format::Ssh => ssh::sign(settings, purpose, bytes),
        Format::OpenPgp | Format::X509 => gpg::sign(settings, bytes),
    }
}

/// What a signature proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureVerdict {
    /// A key that is known made it: whose, as the allowed signers or the key ring say.
    Good(String),
    /// A good signature by a key that is not known here to be anybody's.
    Stranger(String),
    /// It does not hold, or could not be checked: why.
    Bad(String),
}

/// Checks a signature over bytes that were signed at a time. `mail` is whose it should be.
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
