//! Makes a pack: files, the statement on them, its signature, the archive.

use std::collections::BTreeMap;

use crate::archive::{self, Files};
use crate::digest::sha256;
use crate::dsse::Envelope;
use crate::key::SecretKey;
use crate::layout::{LARGEST, REQUIRED, SIGNER, STATEMENT};
use crate::statement::{PREDICATE_TYPE, Predicate, STATEMENT_TYPE, Statement, Subject};

/// A pack that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file that every pack has is not among them.
    #[error("{0} is missing, which every pack has")]
    Missing(&'static str),
    /// More than a pack may hold.
    #[error("the files have {0} bytes together; a pack holds at most {LARGEST}")]
    TooLarge(u64),
    /// The archive cannot be made.
    #[error("cannot make the archive: {0}")]
    Archive(#[from] std::io::Error),
    /// The statement cannot be encoded.
    #[error("cannot write the statement: {0}")]
    Statement(#[from] serde_json::Error),
}

/// The archive of these files, by name, with a signed statement on them and the public key. The same files, statement and key
/// give the same bytes.
///
/// # Errors
/// A file that every pack has is missing, or there is too much.
pub fn pack(
    files: BTreeMap<String, Vec<u8>>,
    predicate: Predicate,
    key: &SecretKey,
) -> Result<Vec<u8>, PackError> {
    let mut files: Files = files;
    if let Some(missing) = REQUIRED.into_iter().find(|name| !files.contains_key(*name)) {
        return Err(PackError::Missing(missing));
    }
    files.insert(SIGNER.to_owned(), key.public().to_pem().into_bytes());
    files.remove(STATEMENT);
    let size: u64 = files.values().map(|content| content.len() as u64).sum();
    // Room for the statement and the headers of members.
    if size > LARGEST - (16 << 20) {
        return Err(PackError::TooLarge(size));
    }
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: files
            .iter()
            .map(|(name, content)| subject(name, content))
            .collect(),
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate,
    };
    let payload = serde_json::to_vec(&statement)?;
    files.insert(STATEMENT.to_owned(), Envelope::sign(&payload, key).to_bytes());
    Ok(archive::write(&files)?)
}

fn subject(name: &str, content: &[u8]) -> Subject {
    Subject {
        name: name.to_owned(),
        digest: BTreeMap::from([("sha256".to_owned(), sha256(content))]),
    }
}
