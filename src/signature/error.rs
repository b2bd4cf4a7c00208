//! Why there is no signature.

use crate::policy::text::Visible;

/// An error of a signing program. What it said is shown as visible text.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// The configuration names no key.
    #[error(
        "your git configuration names no key to sign with; for SSH: git config --global gpg.format ssh, and git config --global user.signingkey ~/.ssh/id_ed25519.pub"
    )]
    NoKey,
    /// The program cannot be run.
    #[error("`{program}` cannot be run ({source}); install it, or name another one in your git configuration ({key})")]
    NoProgram {
        /// The program.
        program: String,
        /// The key of the configuration that names it.
        key: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing came in time.
    #[error("`{program}` gave no signature within {seconds} s: was the key touched, is the agent there? ({hint})")]
    TooSlow {
        /// The program.
        program: String,
        /// How long it had.
        seconds: u64,
        /// What to try by hand.
        hint: &'static str,
    },
    /// The program refused.
    #[error("`{program}` gave no signature: {said}; {hint}")]
    Refused {
        /// The program.
        program: String,
        /// Its own words.
        said: Visible,
        /// What to try by hand.
        hint: &'static str,
    },
    /// Verification would not accept the key that signed.
    #[error(
        "it would be signed with {key}, which {allowed} does not have for {mail}; add the key there, or sign with another (user.signingkey in your git configuration)"
    )]
    NotAllowed {
        /// The key.
        key: String,
        /// The file of allowed signers.
        allowed: String,
        /// Who signs.
        mail: String,
    },
    /// The key of automatic answers is not the one that was accepted.
    #[error("{path} is not the key that was accepted with the policy (countersign policy --accept takes another in)")]
    OtherKey {
        /// The file that the policy names.
        path: String,
    },
    /// A value of the configuration cannot be used.
    #[error("{key} in your git configuration: {why}")]
    Setting {
        /// The key of the configuration.
        key: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A file for the program could not be written.
    #[error("a file for the signing program could not be written: {0}; {remedy}", remedy = crate::disk::remedy(.0))]
    Io(#[from] std::io::Error),
}
