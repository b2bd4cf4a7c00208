//! The person's signing settings, from their own git configuration.

use std::path::PathBuf;

/// The signature formats of git.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `gpg.format = openpgp`, the default.
    #[default]
    OpenPgp,
    /// `gpg.format = ssh`.
    Ssh,
    /// `gpg.format = x509`.
    X509,
}

/// The person's signing settings, all from the system and global configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// True if commits are signed (`commit.gpgsign`).
    pub wanted: bool,
    /// `gpg.format`.
    pub format: Format,
    /// `user.signingkey`; `None` if not set.
    pub key: Option<String>,
    /// `gpg.<format>.program`, for `openpgp` also `gpg.program`; `None` for the default.
    pub program: Option<String>,
    /// `gpg.ssh.defaultKeyCommand`; `None` if not set.
    pub key_command: Option<String>,
    /// `gpg.ssh.revocationFile`; `None` if not set.
    pub revoked: Option<PathBuf>,
    /// `gpg.ssh.allowedSignersFile`; `None` if not set.
    pub allowed_signers: Option<PathBuf>,
    /// `Name <mail>` of the person, by which GPG finds a key if none is set.
    pub identity: String,
}
