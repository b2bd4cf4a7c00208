//! What tells the agents of one loop apart: a random word that an agent keeps, and of which only the hash
//! is written down here.

use std::io::Read as _;

use sha2::{Digest as _, Sha256};

use super::Refused;
use crate::model::hex;

/// A new token: 128 random bits in hexadecimal.
pub fn new_token() -> std::io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(hex(&bytes))
}

/// What is written down of a token; empty for none.
pub(super) fn owner_of(token: &str) -> Result<String, Refused> {
    if token.is_empty() {
        return Ok(String::new());
    }
    // Shorter ones could be guessed from the hash.
    if !(16..=128).contains(&token.len()) || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refused::because(
            "proposal.json: token: 16 to 128 letters, digits and signs; `countersign propose --token new` gives one out",
        ));
    }
    Ok(hex(&Sha256::digest(token.as_bytes())))
}
