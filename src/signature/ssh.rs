//! SSH signatures by `ssh-keygen -Y`, made and checked like git does.

use std::io::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;

use super::program::SignatureProgram;
use super::{Settings, SignatureError, SignatureVerdict};

fn keygen(settings: &Settings) -> SignatureProgram<'_> {
    SignatureProgram {
        name: settings.program.as_deref().unwrap_or("ssh-keygen"),
        key: "gpg.ssh.program",
        hint: "try it in another shell: ssh-add -L lists the keys of your agent, and a key with a passphrase must be added to one (ssh-add)",
    }
}

pub(super) fn sign(settings: &Settings, purpose: &str, bytes: &[u8]) -> Result<String, SignatureError> {
    let key = match &settings.key {
        Some(key) => key.clone(),
        None => default_key(settings)?,
    };
    let program = keygen(settings);
    let literal = literal_key(&key);
    // A key that is given as text is held by an agent.
    let (_kept, path, agent) = match literal {
        Some(text) => {
            let file = written(text.as_bytes())?;
            let path = file.path().to_owned();
            (Some(file), path, true)
        }
        None => (None, in_home(&key), false),
    };
    let path = path.to_string_lossy().into_owned();
    let mut args = vec!["-Y", "sign", "-n", purpose, "-f", &path];
    if agent {
        args.push("-U");
    }
    let output = program.run(&args, bytes)?;
    let text = String::from_utf8_lossy(&output.out).into_owned();
    if !output.good || !text.starts_with("-----BEGIN SSH SIGNATURE-----") {
        return Err(program.refused(&output));
    }
    Ok(text)
}

/// Returns the first key that `gpg.ssh.defaultKeyCommand` prints.
fn default_key(settings: &Settings) -> Result<String, SignatureError> {
    let line = settings.key_command.as_deref().ok_or(SignatureError::NoKey)?;
    let key = "gpg.ssh.defaultKeyCommand";
    let words = shell_words::split(line).map_err(|error| SignatureError::Setting { key, why: error.to_string() })?;
    let Some((name, args)) = words.split_first() else { return Err(SignatureError::NoKey) };
    let program = SignatureProgram { name, key, hint: "it should print a key like `ssh-add -L`" };
    let output = program.run(&args.iter().map(String::as_str).collect::<Vec<_>>(), b"")?;
    let out = String::from_utf8_lossy(&output.out).into_owned();
    let first = out.lines().map(str::trim).find(|line| literal_key(line).is_some());
    match first.filter(|_| output.good) {
        Some(first) => Ok(first.to_owned()),
        None => Err(program.refused(&output)),
    }
}

/// Returns a key that is given as text, by git's rules.
fn literal_key(key: &str) -> Option<&str> {
    key.strip_prefix("key::")
        .or_else(|| ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|kind| key.starts_with(kind)).then_some(key))
}

/// Resolves a path of the person's configuration; `~/` is their home directory.
pub fn in_home(path: &str) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    match (path.strip_prefix("~/"), home) {
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(path),
    }
}

fn written(bytes: &[u8]) -> Result<tempfile::NamedTempFile, SignatureError> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(bytes)?;
    file.flush()?;
    Ok(file)
}

pub(super) fn check(
    settings: &Settings,
    purpose: &str,
    bytes: &[u8],
    signature: &str,
    at: Timestamp,
    mail: &str,
) -> Result<SignatureVerdict, SignatureError> {
    let program = keygen(settings);
    let file = written(signature.as_bytes())?;
    let path = file.path().to_string_lossy().into_owned();
    if let Some(allowed) = &settings.allowed_signers {
        if !allowed.is_file() {
            return Ok(SignatureVerdict::Bad(format!("the allowed signers file {} does not exist", allowed.display())));
        }
        if let Some(revoked) = settings.revoked.as_ref().filter(|revoked| !revoked.is_file()) {
            return Ok(SignatureVerdict::Bad(format!("the revocation file {} does not exist", revoked.display())));
        }
        let revoked = settings.revoked.as_ref().map(|revoked| revoked.to_string_lossy().into_owned());
        let allowed = allowed.to_string_lossy().into_owned();
        let time = at.to_zoned_datetime(jiff::tz::TimeZone::UTC).strftime("-Overify-time=%Y%m%d%H%M%SZ").to_string();
        let is_by = |who: &str| -> Result<bool, SignatureError> {
            let mut args = vec!["-Y", "verify", "-n", purpose, "-f", &allowed, "-I", who, "-s", &path, &time];
            args.extend(revoked.iter().flat_map(|revoked| ["-r", revoked.as_str()]));
            Ok(!who.is_empty() && program.run(&args, bytes)?.good)
        };
        // Try the expected signer first: that usually matches, and a pattern of the file may cover many.
        if is_by(mail)? {
            return Ok(SignatureVerdict::Good(mail.to_owned()));
        }
        let found = program.run(&["-Y", "find-principals", "-f", &allowed, "-s", &path, &time], b"")?;
        for who in String::from_utf8_lossy(&found.out).lines().map(str::trim) {
            if is_by(who)? {
                return Ok(SignatureVerdict::Good(who.to_owned()));
            }
        }
    }
    let output = program.run(&["-Y", "check-novalidate", "-n", purpose, "-s", &path], bytes)?;
    Ok(if output.good {
        SignatureVerdict::UnknownKey(fingerprint(&output.out))
    } else {
        SignatureVerdict::Bad(last_words(&output.err, &output.out))
    })
}

/// Returns `ED25519 key SHA256:…` from `Good "git" signature with ED25519 key SHA256:…`.
fn fingerprint(out: &[u8]) -> String {
    let text = String::from_utf8_lossy(out);
    text.trim().rsplit(" with ").next().unwrap_or_default().to_owned()
}

fn last_words(err: &[u8], out: &[u8]) -> String {
    let text = [err, out].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("the signature is not valid").to_owned()
}
