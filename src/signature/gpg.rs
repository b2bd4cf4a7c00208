//! GPG signatures by `gpg` and `gpgsm`, made and checked like git does.

use std::io::Write as _;

use super::program::{ProgramOutput, SignatureProgram};
use super::{Format, Settings, SignatureError, SignatureVerdict};

fn gpg(settings: &Settings) -> SignatureProgram<'_> {
    let (usual, key) = match settings.format {
        Format::X509 => ("gpgsm", "gpg.x509.program"),
        Format::OpenPgp | Format::Ssh => ("gpg", "gpg.program"),
    };
    // If the person signs by SSH, the configured program replaces ssh-keygen, not gpg.
    let named = settings.program.as_deref().filter(|_| settings.format != Format::Ssh);
    SignatureProgram {
        name: named.unwrap_or(usual),
        key,
        hint: "unlock the key in another shell (echo | gpg --clearsign) or plug it in, then decide again",
    }
}

pub(super) fn sign(settings: &Settings, bytes: &[u8]) -> Result<String, SignatureError> {
    let program = gpg(settings);
    let key = settings.key.as_deref().unwrap_or(&settings.identity);
    // No program can prompt for a passphrase while we own the screen: a locked key is an error.
    let mut args = vec!["--status-fd=2"];
    if settings.format == Format::OpenPgp {
        args.extend(["--batch", "--pinentry-mode=error"]);
    }
    args.extend(["-bsau", key]);
    let output = program.run(&args, bytes)?;
    let text = String::from_utf8_lossy(&output.out).into_owned();
    let made = status(&output, "SIG_CREATED").is_some();
    if !output.good || !made || !text.starts_with("-----BEGIN ") {
        return Err(program.refused(&output));
    }
    Ok(text)
}

pub(super) fn check(settings: &Settings, bytes: &[u8], signature: &str) -> Result<SignatureVerdict, SignatureError> {
    let program = gpg(settings);
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(signature.as_bytes())?;
    file.flush()?;
    let path = file.path().to_string_lossy().into_owned();
    let output = program.run(&["--status-fd=2", "--batch", "--verify", &path, "-"], bytes)?;
    let whose = |line: String| line.split_once(' ').map_or(line.clone(), |(_, name)| name.to_owned());
    // A key that has expired since was valid when it signed.
    let good = status(&output, "GOODSIG").filter(|_| output.good).or_else(|| status(&output, "EXPKEYSIG"));
    if let Some(line) = good {
        let name = whose(line);
        let known = ["TRUST_ULTIMATE", "TRUST_FULLY", "TRUST_MARGINAL"];
        return Ok(if known.iter().any(|word| status(&output, word).is_some()) {
            SignatureVerdict::Good(name)
        } else {
            SignatureVerdict::UnknownKey(name)
        });
    }
    if let Some(line) = status(&output, "NO_PUBKEY") {
        return Ok(SignatureVerdict::Bad(format!("key {line} is not in your key ring")));
    }
    let words = ["EXPSIG", "REVKEYSIG", "BADSIG"];
    let bad = words.iter().find_map(|word| status(&output, word).map(|line| (*word, whose(line))));
    Ok(SignatureVerdict::Bad(match bad {
        Some(("EXPSIG", who)) => format!("the signature of {who} has expired"),
        Some(("REVKEYSIG", who)) => format!("the key of {who} was revoked"),
        Some((_, who)) => format!("it is not valid (it names {who})"),
        None => format!("it could not be checked: {}", output.last_words()),
    }))
}

/// Returns the rest of gpg's status line with a keyword.
fn status(output: &ProgramOutput, word: &str) -> Option<String> {
    let text = String::from_utf8_lossy(&output.err).into_owned();
    text.lines().find_map(|line| {
        let rest = line.strip_prefix("[GNUPG:] ")?.strip_prefix(word)?;
        (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim().to_owned())
    })
}
