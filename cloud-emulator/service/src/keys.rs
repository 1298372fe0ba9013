//! The keys of a run: one pair for each principal, with secrets from the system's random source, so that knowledge of
//! the scenario and its seed is not enough to sign a request.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use cloud_client::KeyPair;
use cloud_gateway::Principal;

use super::random;

/// Bytes of randomness in a secret: as many as AWS's secrets have characters, in hexadecimal digits.
const SECRET: usize = 20;

/// What AWS's clients call the two halves of a pair in a file of credentials.
const ID: &str = "aws_access_key_id";
const SECRET_KEY: &str = "aws_secret_access_key";

/// Why a file of credentials has no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It cannot be read or written, or the system has no randomness to give.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It has no access key id.
    #[error("it has no {ID} of 16 to 128 letters, digits and underscores")]
    NoId,
    /// It has no secret.
    #[error("it has no {SECRET_KEY} of 16 to 128 visible characters")]
    NoSecret,
}

/// A pair for each principal of a run.
#[derive(Clone)]
pub struct RunKeys(Vec<(Principal, KeyPair)>);

impl RunKeys {
    /// New pairs, which no earlier run used.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn random() -> io::Result<RunKeys> {
        let pair = |principal: Principal| Ok((principal, key_pair(principal)?));
        let pairs: io::Result<Vec<_>> = Principal::ALL.into_iter().map(pair).collect();
        Ok(RunKeys(pairs?))
    }

    /// The same, but the users' pair is that of a file in the format of AWS's clients; a file that is not there is
    /// made, for its owner's eyes only.
    ///
    /// # Errors
    /// The file cannot be read or written, or has no pair.
    pub fn of_file(path: &Path) -> Result<RunKeys, KeysError> {
        let mut keys = RunKeys::random()?;
        let user = keys.0.iter_mut().find(|(of, _)| *of == Principal::User);
        let (_, pair) = user.expect("every principal has keys");
        match fs::read_to_string(path) {
            Ok(text) => *pair = pair_in(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write(path, pair)?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(keys)
    }

    /// All of them, with whose they are.
    pub fn pairs(&self) -> impl Iterator<Item = &(Principal, KeyPair)> {
        self.0.iter()
    }

    /// The pair of a principal.
    pub fn pair(&self, principal: Principal) -> &KeyPair {
        let found = self.0.iter().find(|(of, _)| *of == principal);
        &found.expect("every principal has keys").1
    }
}

/// They look like AWS's, and are good for one run only.
fn key_pair(principal: Principal) -> io::Result<KeyPair> {
    let name = format!("{principal:?}").to_uppercase();
    Ok(KeyPair {
        access_key: format!("AKIAFIREDRILL{name:X<7.7}"),
        secret_key: hex::encode(random::bytes::<SECRET>()?),
    })
}

/// The pair in a file of credentials, whatever its profile is called.
fn pair_in(text: &str) -> Result<KeyPair, KeysError> {
    let value = |wanted: &str| {
        let mut fields = text.lines().filter_map(|line| line.split_once('='));
        let found = fields.find(|(name, _)| name.trim() == wanted);
        found.map(|(_, value)| value.trim().to_owned())
    };
    let is_id = |id: &String| {
        (16..=128).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_secret = |secret: &String| {
        (16..=128).contains(&secret.len()) && secret.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let id = value(ID).filter(is_id);
    let secret = value(SECRET_KEY).filter(is_secret);
    match (id, secret) {
        (Some(access_key), Some(secret_key)) => Ok(KeyPair {
            access_key,
            secret_key,
        }),
        (None, _) => Err(KeysError::NoId),
        (_, None) => Err(KeysError::NoSecret),
    }
}

fn write(path: &Path, pair: &KeyPair) -> io::Result<()> {
    let mut file = fs::OpenOptions::new();
    let mut file = file.write(true).create_new(true).mode(0o600).open(path)?;
    let KeyPair {
        access_key,
        secret_key,
    } = pair;
    write!(
        file,
        "[default]\n{ID} = {access_key}\n{SECRET_KEY} = {secret_key}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_runs_share_a_secret() {
        let (one, other) = (RunKeys::random().unwrap(), RunKeys::random().unwrap());
        let mut secrets: Vec<&str> = [&one, &other]
            .into_iter()
            .flat_map(|keys| keys.0.iter().map(|(_, pair)| pair.secret_key.as_str()))
            .collect();
        secrets.sort_unstable();
        secrets.dedup();
        assert_eq!(secrets.len(), 2 * Principal::ALL.len());
        assert!(secrets.iter().all(|secret| secret.len() == 40));
    }

    #[test]
    fn a_file_keeps_only_the_users_keys() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let (first, second) = (RunKeys::of_file(&path).unwrap(), RunKeys::of_file(&path).unwrap());
        let secret = |keys: &RunKeys, of| keys.pair(of).secret_key.clone();
        assert_eq!(secret(&first, Principal::User), secret(&second, Principal::User));
        assert_ne!(
            secret(&first, Principal::Audit),
            secret(&second, Principal::Audit)
        );
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for (text, missing) in [
            ("", ID),
            ("aws_access_key_id = AKIAAAAAAAAAAAAAAAAA\n", SECRET_KEY),
            (
                "aws_access_key_id = short\naws_secret_access_key = 0123456789abcdef\n",
                ID,
            ),
        ] {
            fs::write(&path, text).unwrap();
            let error = RunKeys::of_file(&path).err().unwrap();
            assert!(error.to_string().contains(missing), "{error}");
        }
        assert!(RunKeys::of_file(folder.path()).is_err());
    }
}
