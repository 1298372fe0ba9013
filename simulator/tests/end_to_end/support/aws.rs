//! The real `aws` command line client against a cloud that runs.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The client with what a cloud says to export, and nothing of this machine's own configuration.
#[derive(Clone, Copy)]
pub(crate) struct Aws<'a> {
    /// Where it works.
    pub(crate) folder: &'a Path,
    pub(crate) environment: &'a BTreeMap<String, String>,
}

impl Aws<'_> {
    fn command(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("aws");
        command
            .args(arguments)
            .current_dir(self.folder)
            .stdin(Stdio::null());
        let inherited = std::env::vars_os().filter(|(name, _)| !name.to_string_lossy().starts_with("AWS_"));
        command.env_clear().envs(inherited).envs(self.environment);
        let nowhere = self.folder.join("no-such-file");
        command
            .env("AWS_CONFIG_FILE", &nowhere)
            .env("AWS_SHARED_CREDENTIALS_FILE", &nowhere);
        command
            .env("AWS_PAGER", "")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_MAX_ATTEMPTS", "1");
        command.output().expect("the aws CLI can be started")
    }

    /// It succeeds; gives what it says.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let [said, errors] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(
            output.status.success(),
            "aws {arguments:?}: {}\n{said}\n{errors}",
            output.status
        );
        said
    }

    /// It succeeds; gives its JSON.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.ok(&[arguments, &["--output", "json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("aws {arguments:?}: {error}\n{text}"))
    }

    /// It fails; gives its error message.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(!output.status.success(), "aws {arguments:?} was to be refused");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}
