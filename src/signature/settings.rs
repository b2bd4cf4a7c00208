//! How the person signs, as their own git configuration has it.

use std::path::PathBuf;

/// The kinds of signatures that git knows.
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

/// The person's settings for signing. All of it comes from the system and global configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// True when commits are to be signed (`commit.gpgsign`).
    pub wanted: bool,
    /// `gpg.format`.
    pub format: Format,
    /// `user.signingkey`; `None` when not set.
    pub key: Option<String>,
    /// `gpg.<format>.program`, for `openpgp` also `gpg.program`; `None` for the usual one.
    pub program: Option<String>,
    /// `gpg.ssh.defaultKeyCommand`; `None` when not set.
    pub key_command: Option<String>,
    /// `gpg.ssh.revocationFile`; `None` when not set.
    pub revoked: Option<PathBuf>,
    /// `gpg.ssh.allowedSignersFile`; `None` when not set.
    pub allowed_signers: Option<PathBuf>,
    /// `Name <mail>` of the person, by which GPG finds a key when none is named.
    pub identity: String,
}
