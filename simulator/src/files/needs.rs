//! Programs that scripts call and this machine may lack: only `aws`, without which most scripts of recovery plans do nothing.
//!
//! It is a warning: the script may call it in a case that does not come, or find it where this program does not look.

use super::looked::Files;
use super::program::is_installed;

/// What is looked for, and how to get it.
const AWS: &str = "aws";
pub(crate) const HOW_TO_GET_AWS: &str = "pip install awscli, or apt-get install awscli";

/// Words of a shell after which a command begins.
const BEFORE: [&str; 12] = [
    "if", "then", "else", "elif", "do", "while", "until", "time", "exec", "command", "!", "{",
];

/// Warns of commands that stand at `path` in the scenario, or in the script that is named there.
pub(super) fn check(files: &mut Files<'_>, path: &str, text: &str) {
    if calls(text, AWS) && !is_installed(AWS) {
        files.warn(
            path,
            format!("it calls {AWS}, which is not installed here, and will fail: {HOW_TO_GET_AWS}"),
        );
    }
}

/// Whether commands for a shell call this program, as far as can be told without running them.
fn calls(text: &str, program: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.into_iter().any(|line| {
        // What begins a command: the line, or one of these.
        let mut commands = line.split([';', '|', '&', '(', '`']);
        commands.any(|command| {
            let mut words = command.split_whitespace().skip_while(|word| {
                BEFORE.contains(word) || word.split_once('=').is_some_and(|(name, _)| is_variable(name))
            });
            words.next() == Some(program)
        })
    })
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_told_from_a_mention() {
        for text in [
            "aws s3 ls",
            "set -e\n  aws s3 sync s3://a s3://b --delete",
            "echo x; aws s3 ls",
            "keys=$(aws s3api list-objects-v2 --bucket b)",
            "if ! aws s3 ls; then exit 1; fi",
            "AWS_REGION=us-east-1 aws s3 ls",
            "list | while read -r key; do aws s3 rm \"$key\"; done",
        ] {
            assert!(calls(text, "aws"), "{text}");
        }
        for text in [
            "",
            "# aws s3 ls",
            "command -v aws >/dev/null",
            "echo \"aws is not installed\"",
            "awslocal s3 ls",
            "echo aws",
            "./aws.sh",
        ] {
            assert!(!calls(text, "aws"), "{text}");
        }
    }
}
