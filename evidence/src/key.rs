//! Keys: ed25519, as PEM, as `openssl genpkey -algorithm ed25519` makes them.

use ed25519_dalek::pkcs8::spki::DecodePublicKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::digest::sha256;

const MAKE: &str = "make one with `openssl genpkey -algorithm ed25519 -out KEY`";
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----";

/// A file that is no key that is of use here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct KeyError {
    /// The file, as the user named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What stands there, and what should.
    pub what: String,
}

/// A key that signs. It is never shown.
pub struct SecretKey(SigningKey);

/// A key that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl SecretKey {
    /// Reads a private key in PKCS#8, as PEM.
    ///
    /// # Errors
    /// Anything else: another algorithm, an encrypted key, a public key, no key at all.
    pub fn from_pem(file: &str, text: &str) -> Result<SecretKey, KeyError> {
        let error = |line, what: String| KeyError {
            file: file.to_owned(),
            line,
            what,
        };
        let (line, head) = first_line(text);
        if head != PRIVATE {
            let what = match head {
                PUBLIC => "a public key, which verifies; to sign, the private one is needed".to_owned(),
                head => wrong_kind(
                    head,
                    "a private key (PKCS#8, PEM: it begins with -----BEGIN PRIVATE KEY-----)",
                ),
            };
            return Err(error(line, what));
        }
        // From the key on; what stands before it is a comment.
        let body = body(text, line);
        match SigningKey::from_pkcs8_pem(&body) {
            Ok(key) => Ok(SecretKey(key)),
            Err(_) => Err(error(broken_line(text, line), not_ed25519(&body, "PRIVATE KEY"))),
        }
    }

    /// The key of these bytes, which must have been drawn for it.
    pub fn from_random(bytes: [u8; 32]) -> SecretKey {
        SecretKey(SigningKey::from_bytes(&bytes))
    }

    /// In PKCS#8, as PEM; `None` if it cannot be encoded.
    pub fn to_pem(&self) -> Option<String> {
        // Without the public key, as openssl writes it: some readers take only that.
        let pair = ed25519_dalek::pkcs8::KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        let pem = pair.to_pkcs8_pem(LineEnding::LF).ok()?;
        Some(pem.as_str().to_owned())
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature of a message; the same each time.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl PublicKey {
    /// Reads a public key (SubjectPublicKeyInfo), as PEM.
    ///
    /// # Errors
    /// Anything else: another algorithm, a private key, no key at all.
    pub fn from_pem(file: &str, text: &str) -> Result<PublicKey, KeyError> {
        let error = |line, what: String| KeyError {
            file: file.to_owned(),
            line,
            what,
        };
        let (line, head) = first_line(text);
        if head != PUBLIC {
            let what = match head {
                PRIVATE => format!(
                    "a private key, which signs; to verify, the public one is needed: openssl pkey -in {file} -pubout"
                ),
                head => wrong_kind(
                    head,
                    "a public key (PEM: it begins with -----BEGIN PUBLIC KEY-----)",
                ),
            };
            return Err(error(line, what));
        }
        let body = body(text, line);
        match VerifyingKey::from_public_key_pem(&body) {
            Ok(key) => Ok(PublicKey(key)),
            Err(_) => Err(error(broken_line(text, line), not_ed25519(&body, "PUBLIC KEY"))),
        }
    }

    /// As PEM, as `openssl pkey -pubout` writes it.
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).unwrap_or_default()
    }

    /// SHA-256 (hex) of the key in DER: `openssl pkey -pubin -in KEY -outform DER | sha256sum`.
    pub fn fingerprint(&self) -> String {
        self.0
            .to_public_key_der()
            .map(|der| sha256(der.as_bytes()))
            .unwrap_or_default()
    }

    /// Whether this is the signature of a message. Only the one form of each signature is taken.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

/// The first line that begins a block of PEM, or else the first with anything in it; its number, from 1.
fn first_line(text: &str) -> (usize, &str) {
    let lines = || (1..).zip(text.lines().map(str::trim_end));
    let begins = lines().find(|(_, line)| line.starts_with("-----BEGIN "));
    let any = || lines().find(|(_, line)| !line.trim().is_empty());
    begins.or_else(any).unwrap_or((1, ""))
}

/// The lines from this one on.
fn body(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().skip(line - 1).map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// What a file is that is not what was asked for.
fn wrong_kind(head: &str, wanted: &str) -> String {
    match head {
        "-----BEGIN ENCRYPTED PRIVATE KEY-----" => {
            "a private key that is encrypted with a passphrase; decrypt it first: openssl pkey -in KEY -out PLAIN".to_owned()
        }
        "-----BEGIN RSA PRIVATE KEY-----" => format!("an RSA key; evidence is signed with ed25519: {MAKE}"),
        "-----BEGIN EC PRIVATE KEY-----" => format!("an elliptic-curve key; evidence is signed with ed25519: {MAKE}"),
        "-----BEGIN OPENSSH PRIVATE KEY-----" => format!("a key of OpenSSH; a PEM in PKCS#8 is needed: {MAKE}"),
        "" => format!("an empty file; it should hold {wanted}"),
        head if head.starts_with("-----BEGIN ") => format!("{head:?}; it should be {wanted}: {MAKE}"),
        _ => format!("no key; it should be {wanted}: {MAKE}"),
    }
}

/// Of a block of PEM that holds no such key: which algorithm it is of, or that it is broken.
fn not_ed25519(body: &str, label: &str) -> String {
    let base64: String = body
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with("-----"))
        .collect();
    let der = base64_simd::STANDARD
        .decode_to_vec(base64.as_bytes())
        .unwrap_or_default();
    // The encoded object identifiers of other algorithms.
    let known: [(&[u8], &str); 4] = [
        (
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
            "an RSA key",
        ),
        (
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
            "an elliptic-curve key",
        ),
        (&[0x2b, 0x65, 0x6e], "an X25519 key"),
        (&[0x2b, 0x65, 0x71], "an Ed448 key"),
    ];
    let is_in = |oid: &[u8]| der.len() > 32 && der[..32].windows(oid.len()).any(|window| window == oid);
    match known.iter().find(|(oid, _)| is_in(oid)) {
        Some((_, name)) => format!("{name}; evidence is signed with ed25519: {MAKE}"),
        None => format!("a broken {label}: it cannot be decoded; {MAKE}"),
    }
}

/// The line of a block of PEM that is no base64; where it is none of them, that with which the block begins.
fn broken_line(text: &str, begins: usize) -> usize {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let lines = (1..).zip(text.lines()).skip(begins);
    let mut body = lines.take_while(|(_, line)| !line.starts_with("-----END "));
    body.find(|(_, line)| !line.trim_end().chars().all(is_base64))
        .map_or(begins, |(line, _)| line)
}
