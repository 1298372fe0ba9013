//! Where a program's text comes from.

use cloud_emulator::functions::check::refused;
use cloud_emulator::functions::{HandlerResult, fault};

use super::syntax::{LARGEST, too_large};

/// A program's text, or the object that has it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The text itself.
    Text(String),
    /// An object of S3.
    Object {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
    },
}

impl Source {
    /// The text; within the answer, what makes it no text.
    ///
    /// # Errors
    /// S3 does not give the object.
    pub(super) async fn text(self, s3: &aws_sdk_s3::Client) -> HandlerResult<Result<String, String>> {
        match self {
            Source::Text(text) => Ok(Ok(text)),
            Source::Object { bucket, key } => read(s3, &bucket, &key).await,
        }
    }
}

/// Reads an object, and no more of it than a program may have.
async fn read(s3: &aws_sdk_s3::Client, bucket: &str, key: &str) -> HandlerResult<Result<String, String>> {
    let doing = format!("cannot read s3://{bucket}/{key}");
    let got = s3.get_object().bucket(bucket).key(key).send().await;
    let mut object = got.map_err(|error| refused(&doing, &error))?;
    let mut bytes = Vec::new();
    while let Some(chunk) = object.body.next().await {
        let chunk = chunk.map_err(|error| fault("S3Unavailable", format!("{doing}: {error}")))?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() > LARGEST {
            let size = object.content_length.and_then(|size| usize::try_from(size).ok());
            return Ok(Err(too_large(size.unwrap_or(bytes.len()))));
        }
    }
    Ok(String::from_utf8(bytes).map_err(|error| {
        let intact = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + intact.iter().filter(|byte| **byte == b'\n').count();
        format!("line {line}: the text is not UTF-8")
    }))
}

/// The name of an object without folders and extension.
pub(super) fn stem(key: &str) -> &str {
    let name = key.rsplit('/').next().unwrap_or(key);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stem_has_neither_folders_nor_extension() {
        let cases = [
            ("blink.scm", "blink"),
            ("a/b.c/blink", "blink"),
            ("v1.2.scm", "v1.2"),
            (".hidden", ".hidden"),
            ("folder/", ""),
        ];
        for (key, expected) in cases {
            assert_eq!(stem(key), expected, "{key}");
        }
    }
}
