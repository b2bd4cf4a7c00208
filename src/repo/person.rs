//! Who decides: the identity in the person's own git configuration, never the repository's.

use super::RepoError;

/// The person at the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// `user.name`.
    pub name: String,
    /// `user.email`.
    pub email: String,
    /// True when their configuration asks for signed commits.
    pub wants_signature: bool,
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// Reads the identity from the environment, then the system and global configuration.
pub fn person() -> Result<Person, RepoError> {
    let config = git2::Config::open_default()?.snapshot()?;
    let get = |variable: &str, key: &'static str| {
        std::env::var(variable)
            .ok()
            .or_else(|| config.get_str(key).ok().map(str::to_owned))
            .map(|value| value.chars().filter(|c| !matches!(c, '<' | '>' | '\n' | '\r' | '\0')).collect::<String>())
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .ok_or(RepoError::NoIdentity(key))
    };
    Ok(Person {
        name: get("GIT_COMMITTER_NAME", "user.name")?,
        email: get("GIT_COMMITTER_EMAIL", "user.email")?,
        wants_signature: config.get_bool("commit.gpgsign").unwrap_or(false),
    })
}
