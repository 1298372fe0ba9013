//! DSSE, the envelope of a signed statement (Dead Simple Signing Envelope, version 1 of its protocol).
//!
//! Signed is not the payload but its *pre-authentication encoding*, which binds the payload to its type:
//! `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`, lengths in ASCII digits.
//! Source: <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>.

use base64_simd::STANDARD;
use serde::{Deserialize, Serialize};

use crate::key::{PublicKey, SecretKey};

/// The type of in-toto's statements.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The envelope, with one signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Envelope {
    payload_type: String,
    /// The statement, in base64.
    payload: String,
    signatures: Vec<Signed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    /// The fingerprint of the key. It is a hint and not signed.
    keyid: String,
    /// In base64.
    sig: String,
}

/// What is signed of a payload of this type.
pub fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// Signs a payload.
    pub(crate) fn sign(payload: &[u8], key: &SecretKey) -> Envelope {
        let signature = key.sign(&pre_authentication_encoding(PAYLOAD_TYPE, payload));
        Envelope {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode_to_string(payload),
            signatures: vec![Signed {
                keyid: key.public().fingerprint(),
                sig: STANDARD.encode_to_string(signature),
            }],
        }
    }

    /// As it is written: one line.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads it, in the one way in which it is written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Envelope, String> {
        let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(format!(
                "its payload is of type {:?}, not {PAYLOAD_TYPE}",
                envelope.payload_type
            ));
        }
        if envelope.signatures.len() != 1 {
            return Err(format!("it has {} signatures, not 1", envelope.signatures.len()));
        }
        if envelope.to_bytes() == bytes {
            Ok(envelope)
        } else {
            Err("it is not written as Firedrill writes it".to_owned())
        }
    }

    /// The payload.
    ///
    /// # Errors
    /// If it is no base64, or is not encoded in the one way that counts.
    pub(crate) fn payload(&self) -> Result<Vec<u8>, String> {
        decoded(&self.payload).ok_or_else(|| "its payload is no base64".to_owned())
    }

    /// The fingerprint of the key, as the envelope names it.
    pub(crate) fn key_id(&self) -> &str {
        &self.signatures[0].keyid
    }

    /// Whether its signature is of this key.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let (Ok(payload), Some(signature)) = (self.payload(), decoded(&self.signatures[0].sig)) else {
            return false;
        };
        key.verifies(&pre_authentication_encoding(PAYLOAD_TYPE, &payload), &signature)
    }
}

/// Base64 in its one canonical form: unused bits are zero.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode_to_vec(text.as_bytes()).ok()?;
    (STANDARD.encode_to_string(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        // The example of the protocol's own document.
        let encoded = pre_authentication_encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn an_envelope_is_read_in_one_form_only() {
        let key = SecretKey::from_random([7; 32]);
        let envelope = Envelope::sign(b"{}", &key);
        let bytes = envelope.to_bytes();
        assert_eq!(Envelope::read(&bytes).unwrap(), envelope);
        assert!(envelope.is_signed_by(&key.public()));
        assert!(!envelope.is_signed_by(&SecretKey::from_random([8; 32]).public()));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let found = Envelope::read(&changed);
            // The key's id is a hint, which the caller holds against the key.
            let holds = found
                .is_ok_and(|found| found.is_signed_by(&key.public()) && found.key_id() == envelope.key_id());
            assert!(!holds, "byte {at}");
        }
    }
}
