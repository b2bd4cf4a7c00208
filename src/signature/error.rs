//! Errors of signing.

use crate::policy::text::Visible;

/// An error of a signing program. Its output is shown as visible text.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The configuration does not name a key.
    #[error(
        "your git configuration has no signing key; for SSH: git config --global gpg.format ssh, and git config --global user.signingkey ~/.ssh/id_ed25519.pub"
    )]
    NoKey,
    /// The program cannot be run.
    #[error("cannot run `{program}` ({source}); install it, or set another one in your git configuration ({key})")]
    NoProgram {
        /// The program.
        program: String,
        /// The configuration key that names it.
        key: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
    /// The program timed out.
    #[error(
        "`{program}` gave no signature within {seconds} s: was the key touched, is the key agent running? ({hint})"
    )]
    TooSlow {
        /// The program.
        program: String,
        /// Its time limit in seconds.
        seconds: u64,
        /// Suggestion to try by hand.
        hint: &'static str,
    },
    /// The program failed.
    #[error("`{program}` gave no signature: {said}; {hint}")]
    Refused {
        /// The program.
        program: String,
        /// Its own message.
        said: Visible,
        /// Suggestion to try by hand.
        hint: &'static str,
    },
    /// Verification would not accept the signing key.
    #[error(
        "the signing key {key} is not in {allowed} for {mail}; add it there, or sign with another key (user.signingkey in your git configuration)"
    )]
    NotAllowed {
        /// The key.
        key: String,
        /// The file of allowed signers.
        allowed: String,
        /// Mail of the signer.
        mail: String,
    },
    /// The key for automatic answers differs from the accepted one.
    #[error(
        "{path} differs from the key that was accepted with the policy (countersign policy --accept accepts the new one)"
    )]
    OtherKey {
        /// The file that the policy names.
        path: String,
    },
    /// A configuration value cannot be used.
    #[error("{key} in your git configuration: {why}")]
    Setting {
        /// The configuration key.
        key: &'static str,
        /// The problem with its value.
        why: String,
    },
    /// A file for the program could not be written.
    #[error("cannot write a file for the signing program: {0}; {remedy}", remedy = crate::disk::remedy(.0))]
    Io(#[from] std::io::Error),
}
