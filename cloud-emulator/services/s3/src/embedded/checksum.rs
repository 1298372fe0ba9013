//! Digests of bodies: the MD5 that makes the ETag, and the one checksum that S3 stores with each object.
//!
//! A client names an algorithm, with a value to verify or without; when it names none, S3 stores CRC64NVME.
//! A multipart object has either a checksum over the whole (`FULL_OBJECT`) or one over the checksums of its
//! parts (`COMPOSITE`).

use md5::{Digest, Md5};
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};

/// A checksum algorithm that S3 knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// CRC-32 (ISO-HDLC).
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME, the default.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    /// All of them, in the order of S3's documentation.
    pub const ALL: [Algorithm; 5] = [
        Algorithm::Crc32,
        Algorithm::Crc32c,
        Algorithm::Crc64Nvme,
        Algorithm::Sha1,
        Algorithm::Sha256,
    ];

    /// As S3 writes it, `CRC32C` for instance.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "CRC32",
            Algorithm::Crc32c => "CRC32C",
            Algorithm::Crc64Nvme => "CRC64NVME",
            Algorithm::Sha1 => "SHA1",
            Algorithm::Sha256 => "SHA256",
        }
    }

    /// The algorithm of that name, in either case.
    pub fn named(name: &str) -> Option<Algorithm> {
        Self::ALL
            .into_iter()
            .find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// The header that carries it, in lower case.
    pub fn header(self) -> &'static str {
        match self {
            Algorithm::Crc32 => "x-amz-checksum-crc32",
            Algorithm::Crc32c => "x-amz-checksum-crc32c",
            Algorithm::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Algorithm::Sha1 => "x-amz-checksum-sha1",
            Algorithm::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The length of its value in bytes.
    pub fn length(self) -> usize {
        match self {
            Algorithm::Crc32 | Algorithm::Crc32c => 4,
            Algorithm::Crc64Nvme => 8,
            Algorithm::Sha1 => 20,
            Algorithm::Sha256 => 32,
        }
    }

    /// Its value over `data`.
    pub fn digest(self, data: &[u8]) -> Value {
        let mut hasher = Hasher::new(self);
        hasher.update(data);
        hasher.finish()
    }
}

/// The value of a checksum, without its algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value {
    bytes: [u8; 32],
    length: u8,
}

impl Value {
    /// A value of these bytes; `None` when no algorithm has so many.
    pub fn new(bytes: &[u8]) -> Option<Value> {
        let mut value = Value {
            bytes: [0; 32],
            length: u8::try_from(bytes.len()).ok()?,
        };
        value.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(value)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// As headers carry it.
    pub fn base64(&self) -> String {
        base64_simd::STANDARD.encode_to_string(self.as_bytes())
    }

    /// Reads what a header carries; `None` unless it is Base64 of this algorithm's length.
    pub fn from_base64(algorithm: Algorithm, text: &str) -> Option<Value> {
        let bytes = base64_simd::STANDARD.decode_to_vec(text).ok()?;
        (bytes.len() == algorithm.length()).then(|| Value::new(&bytes))?
    }
}

/// The checksum stored with an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksum {
    /// How it was computed.
    pub algorithm: Algorithm,
    /// Over the checksums of the parts, rather than over the whole body.
    pub composite: bool,
    /// What came out.
    pub value: Value,
}

impl Checksum {
    /// Over the whole body.
    pub fn full(algorithm: Algorithm, value: Value) -> Checksum {
        Checksum {
            algorithm,
            composite: false,
            value,
        }
    }

    /// As answers show it: a composite one is followed by the number of its parts.
    pub(crate) fn shown(&self, parts: u16) -> String {
        if self.composite {
            format!("{}-{parts}", self.value.base64())
        } else {
            self.value.base64()
        }
    }

    /// A SHA-256 over the whole body.
    pub fn sha256(digest: [u8; 32]) -> Checksum {
        Checksum::full(
            Algorithm::Sha256,
            Value {
                bytes: digest,
                length: 32,
            },
        )
    }
}

/// A running checksum.
pub(crate) enum Hasher {
    Crc32(Crc32),
    Crc32c(Crc32c),
    Crc64Nvme(Crc64Nvme),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Hasher {
        match algorithm {
            Algorithm::Crc32 => Hasher::Crc32(Crc32::new()),
            Algorithm::Crc32c => Hasher::Crc32c(Crc32c::new()),
            Algorithm::Crc64Nvme => Hasher::Crc64Nvme(Crc64Nvme::new()),
            Algorithm::Sha1 => Hasher::Sha1(Sha1::new()),
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Hasher::Crc32(h) => h.update(data),
            Hasher::Crc32c(h) => h.update(data),
            Hasher::Crc64Nvme(h) => h.update(data),
            Hasher::Sha1(h) => h.update(data),
            Hasher::Sha256(h) => h.update(data),
        }
    }

    pub(crate) fn finish(self) -> Value {
        let value = match self {
            Hasher::Crc32(h) => Value::new(&h.finalize()),
            Hasher::Crc32c(h) => Value::new(&h.finalize()),
            Hasher::Crc64Nvme(h) => Value::new(&h.finalize()),
            Hasher::Sha1(h) => Value::new(h.finalize().as_ref()),
            Hasher::Sha256(h) => Value::new(h.finalize().as_ref()),
        };
        value.expect("no algorithm has more than 32 bytes")
    }
}

/// The MD5 of `data`.
pub(crate) fn md5(data: &[u8]) -> [u8; 16] {
    Md5::digest(data).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_agree_with_the_published_check_values() {
        // The check values of the CRC catalogue and FIPS 180 for the input "123456789" and "abc".
        let hexed = |a: Algorithm, data: &[u8]| hex::encode(a.digest(data).as_bytes());
        assert_eq!(hexed(Algorithm::Crc32, b"123456789"), "cbf43926");
        assert_eq!(hexed(Algorithm::Crc32c, b"123456789"), "e3069283");
        assert_eq!(hexed(Algorithm::Crc64Nvme, b"123456789"), "ae8b14860a799888");
        assert_eq!(
            hexed(Algorithm::Sha1, b"abc"),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert!(hexed(Algorithm::Sha256, b"abc").starts_with("ba7816bf8f01cfea"));
    }

    #[test]
    fn values_are_read_only_in_their_own_length() {
        let value = Algorithm::Crc32.digest(b"x");
        assert_eq!(Value::from_base64(Algorithm::Crc32, &value.base64()), Some(value));
        assert_eq!(Value::from_base64(Algorithm::Sha1, &value.base64()), None);
        assert_eq!(Value::from_base64(Algorithm::Crc32, "not base64!"), None);
    }
}
