//! Tokens, which distinguish the agents of a loop: a random string that the agent keeps; only its hash is stored.

use std::io::Read as _;

use sha2::{Digest as _, Sha256};

use super::Refused;
use crate::model::hex;

/// Returns a new token: 128 random bits in hexadecimal.
pub fn new_token() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Returns the stored hash of a token; empty for an empty token.
pub(super) fn owner_of(token: &str) -> Result<String, Refused> {
    if token.is_empty() {
        return Ok(String::new());
    }
    // Shorter tokens could be guessed from the hash.
    if !(16..=128).contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refused::because(
            "proposal.json: token: 16 to 128 letters, digits and punctuation; `countersign propose --token new` creates one",
        ));
    }
    Ok(hex(&Sha256::digest(token.as_bytes())))
}
