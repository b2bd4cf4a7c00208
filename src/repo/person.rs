//! The deciding person: the identity in their own git configuration, never the repository's.

use super::RepoError;
use crate::signature::{Format, Settings};

/// The person at the terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// `user.name`.
    pub name: String,
    /// `user.email`.
    pub email: String,
    /// Their signing settings.
    pub signing: Settings,
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

impl Person {
    /// Creates a person who does not sign.
    pub fn new(name: impl Into<String>, email: impl Into<String>) -> Self {
        Self { name: name.into(), email: email.into(), signing: Settings::default() }
    }
}

/// Reads the identity from the environment, then from the system and global configuration.
pub fn person() -> Result<Person, RepoError> {
    let config = configuration()?;
    let get = |variable: &str, key: &'static str| {
        std::env::var(variable)
            .ok()
            .or_else(|| config.get_str(key).ok().map(str::to_owned))
            .map(|value| value.chars().filter(|c| !matches!(c, '<' | '>' | '\n' | '\r' | '\0')).collect::<String>())
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .ok_or(RepoError::NoIdentity(key))
    };
    let mut person = Person::new(get("GIT_COMMITTER_NAME", "user.name")?, get("GIT_COMMITTER_EMAIL", "user.email")?);
    person.signing = settings(&config, person.to_string())?;
    Ok(person)
}

/// Returns `core.editor` of the system and global configuration; `None` if it is not set.
pub fn core_editor() -> Option<String> {
    configuration().ok()?.get_string("core.editor").ok()
}

/// Returns the person's signing settings and accepted signers, where no name is needed.
pub fn signing() -> Result<Settings, RepoError> {
    settings(&configuration()?, String::new())
}

fn configuration() -> Result<git2::Config, RepoError> {
    super::places::refuse_waiting_for_person()?;
    Ok(git2::Config::open_default()?.snapshot()?)
}

fn settings(config: &git2::Config, identity: String) -> Result<Settings, RepoError> {
    let text = |key: &str| config.get_string(key).ok().filter(|value| !value.is_empty());
    let format = match text("gpg.format").as_deref() {
        None | Some("openpgp") => Format::OpenPgp,
        Some("ssh") => Format::Ssh,
        Some("x509") => Format::X509,
        Some(_) => return Err(RepoError::BadSetting("gpg.format", "openpgp, ssh or x509")),
    };
    let program = match format {
        Format::OpenPgp => text("gpg.openpgp.program").or_else(|| text("gpg.program")),
        Format::Ssh => text("gpg.ssh.program"),
        Format::X509 => text("gpg.x509.program"),
    };
    Ok(Settings {
        wanted: config.get_bool("commit.gpgsign").unwrap_or(false),
        format,
        key: text("user.signingkey"),
        program,
        key_command: text("gpg.ssh.defaultkeycommand"),
        revoked: config.get_path("gpg.ssh.revocationfile").ok(),
        allowed_signers: config.get_path("gpg.ssh.allowedsignersfile").ok(),
        identity,
    })
}
