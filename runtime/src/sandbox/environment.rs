//! The environment that scripts get: what [`SandboxVariable`] lists, and nothing else.

use std::path::Path;

use drill::variables::SandboxVariable;

/// The home of a program in a sandbox: an empty folder.
pub const HOME: &str = "/tmp/home";

/// The search path if the drill has none.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The environment of a script: the search path with the folder of the [`shim`](super::shim()) first,
/// language and time zone; `home` is its home, [`HOME`] in a sandbox. `own` are the drill's variables
/// (`FIREDRILL_ENDPOINT`, `AWS_*`), which come last and win.
pub fn environment(shim: &Path, home: &Path, own: &[(String, String)]) -> Vec<(String, String)> {
    let found = |name: &str| std::env::var(name).ok();
    let path = found("PATH").unwrap_or_else(|| PATH.to_owned());
    let value = |variable: SandboxVariable| match variable {
        SandboxVariable::Path => Some(format!("{}:{path}", shim.display())),
        SandboxVariable::Home => Some(home.display().to_string()),
        SandboxVariable::Temporary => Some("/tmp".to_owned()),
        SandboxVariable::User | SandboxVariable::LogName => Some("drill".to_owned()),
        SandboxVariable::Shell => Some("/bin/sh".to_owned()),
        SandboxVariable::Terminal => Some("dumb".to_owned()),
        SandboxVariable::Language | SandboxVariable::AllLocales | SandboxVariable::TimeZone => {
            found(variable.name())
        }
    };
    let all = SandboxVariable::ALL.iter();
    let mut variables: Vec<(String, String)> = all
        .filter_map(|variable| Some((variable.name().to_owned(), value(*variable)?)))
        .collect();
    variables.retain(|(name, _)| !own.iter().any(|(own, _)| own == name));
    variables.extend_from_slice(own);
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unlisted_files_are_refused() {
        let own = [("AWS_REGION", "us-west-2"), ("TERM", "xterm")];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = environment(Path::new("/shim"), Path::new(HOME), &own);
        let listed = SandboxVariable::ALL.iter().map(|variable| variable.name());
        let listed: Vec<&str> = listed.chain(["AWS_REGION"]).collect();
        for (name, _) in &variables {
            assert!(listed.contains(&name.as_str()), "{name}");
        }
        let value = |wanted: &str| {
            let mut found = variables.iter().filter(|(name, _)| name == wanted);
            let value = found.next().map(|(_, value)| value.as_str());
            assert!(found.next().is_none(), "{wanted} is there twice");
            value
        };
        assert_eq!(value("TERM"), Some("xterm"));
        assert_eq!(value("HOME"), Some("/tmp/home"));
        assert!(value("PATH").unwrap().starts_with("/shim:"));
    }
}
