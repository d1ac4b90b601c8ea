//! Random ids and tokens, and the hashes under which secrets are kept.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use crate::model::ids::MessageId;

/// SHA-256 in hex.
#[must_use]
pub fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// A secret of 256 bits in hex.
#[must_use]
pub fn token() -> String {
    hex(&random::<32>())
}

/// A request's id: `r-` and 16 hex digits.
#[must_use]
pub fn request_id() -> String {
    format!("r-{}", hex(&random::<8>()))
}

/// A message's id: `m-` and 16 hex digits.
#[must_use]
pub fn message_id() -> MessageId {
    MessageId::parse(format!("m-{}", hex(&random::<8>()))).expect("hex digits make an id")
}

/// A permission request's id: `p-` and 16 hex digits.
#[must_use]
pub fn permit_id() -> String {
    format!("p-{}", hex(&random::<8>()))
}

/// The mark of a fence around a text: 10 hex digits, the same for the same text as long as this
/// process lives, and not to be foreseen by who wrote it.
#[must_use]
pub fn mark(text: &str) -> String {
    static SALT: OnceLock<String> = OnceLock::new();
    let mut mark = sha256(&format!("{}\n{text}", SALT.get_or_init(token)));
    mark.truncate(10);
    mark
}

/// A random byte, for the jitter of retries.
#[must_use]
pub fn jitter() -> u8 {
    random::<1>()[0]
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes once it has booted");
    bytes
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
