//! The key that signs automatic answers where signatures are required: selects the key for a record, signs with it and
//! checks its signatures.

use std::io::Write as _;

use jiff::Timestamp;

use super::DecideError;
use crate::disk::{open_plain, read_text};
use crate::ledger::{Body, Chain};
use crate::policy::Policy;
use crate::repo::signing;
use crate::signature::{FOR_GATES, Format, Settings, SignatureError, SignatureVerdict, check, in_home, sign};

/// Size limit of a public key file in bytes.
const LARGEST: u64 = 1 << 16;
/// Name of the signer in the list of allowed signers that the check uses.
const WHO: &str = "automatic@countersign";

/// Reads the public key that a policy names, as text; `None` if it names none.
pub(super) fn named_key(policy: &Policy) -> Result<Option<String>, DecideError> {
    let Some(path) = &policy.automatic_key else { return Ok(None) };
    let place = in_home(path);
    let text = read_text(&place, LARGEST)
        .map_err(|error| DecideError::GateKey(format!("signing: automatic: {}: {error}", place.display())))?;
    let line = text.lines().next().unwrap_or_default().trim();
    if !["ssh-", "ecdsa-", "sk-"].iter().any(|kind| line.starts_with(kind)) {
        return Err(DecideError::GateKey(format!("signing: automatic: {} is not a public SSH key", place.display())));
    }
    Ok(Some(line.to_owned()))
}

/// The keys of the policies that were in force, each with its first record.
pub(super) struct GateKeys(Vec<(u64, Option<String>)>);

impl GateKeys {
    pub(super) fn of(chain: &Chain) -> Self {
        let mut keys = Vec::new();
        for entry in &chain.entries {
            if let Body::Policy { automatic, reviewer, .. } = &entry.record.body
                && (keys.is_empty() || !reviewer.is_empty())
            {
                keys.push((entry.record.seq, automatic.clone()));
            }
        }
        Self(keys)
    }

    /// Returns the key in force.
    pub(super) fn newest(&self) -> Option<&str> {
        self.0.last()?.1.as_deref()
    }

    /// Returns the key that must sign a record; `None` if the policy named none that can be read.
    pub(super) fn for_record(&self, seq: u64) -> Option<&str> {
        self.0.iter().rev().find(|(since, _)| *since < seq)?.1.as_deref()
    }
}

/// Returns an error unless an automatic answer is signed with the key.
pub(super) fn check_key(key: Option<&str>, signature: &str, bytes: &[u8], at: Timestamp) -> Result<(), String> {
    let key =
        key.ok_or("an automatic answer, but the policy in force then names no readable key for automatic answers")?;
    let listed = || -> Result<tempfile::NamedTempFile, SignatureError> {
        let mut file = tempfile::NamedTempFile::new()?;
        writeln!(file, "{WHO} namespaces=\"{FOR_GATES}\" {}", key.lines().next().unwrap_or_default())?;
        file.flush()?;
        Ok(file)
    };
    let file = listed().map_err(|error| error.to_string())?;
    let settings = programs().map_err(|error| error.to_string())?;
    let settings = Settings { allowed_signers: Some(file.path().to_owned()), ..settings };
    match check(&settings, FOR_GATES, bytes, signature, at, WHO) {
        SignatureVerdict::Good(_) => Ok(()),
        _ => Err("an automatic answer not signed with the key that the policy named then".to_owned()),
    }
}

/// Signs an automatic answer with the secret half of the key.
pub(super) fn sign_with(
    policy: &Policy,
    key: Option<&str>,
    bytes: &[u8],
    at: Timestamp,
) -> Result<String, SignatureError> {
    let path = policy.automatic_key.as_deref().ok_or(SignatureError::NoKey)?;
    let secret = path.strip_suffix(".pub").unwrap_or(path).to_owned();
    // The ledger is locked meanwhile, so a FIFO in place of the key would block everybody.
    drop(open_plain(&in_home(&secret))?);
    let settings = programs().map_err(|error| SignatureError::Setting { key: "gpg.ssh", why: error.to_string() })?;
    let settings = Settings { key: Some(secret), allowed_signers: None, ..settings };
    let signature = sign(&settings, FOR_GATES, bytes)?;
    check_key(key, &signature, bytes, at).map_err(|_| SignatureError::OtherKey { path: path.to_owned() })?;
    Ok(signature)
}

/// Returns the person's signing programs, without their keys.
fn programs() -> Result<Settings, crate::repo::RepoError> {
    let own = signing()?;
    let program = own.program.filter(|_| own.format == Format::Ssh);
    Ok(Settings { format: Format::Ssh, program, ..Settings::default() })
}
