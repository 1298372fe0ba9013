//! The environment that scripts get: what is listed here, and nothing else.

use std::path::Path;

/// The home of a program in a sandbox: an empty folder.
pub const HOME: &str = "/tmp/home";

/// What is taken over from the drill's own environment.
const TAKEN: [&str; 3] = ["LANG", "LC_ALL", "TZ"];
/// The search path if the drill has none.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The environment of a script: the search path with the folder of the [`shim`](super::shim()) first,
/// language and time zone; `home` is its home, [`HOME`] in a sandbox. `own` are the drill's variables
/// (`FIREDRILL_ENDPOINT`, `AWS_*`), which come last and win.
pub fn environment(shim: &Path, home: &Path, own: &[(String, String)]) -> Vec<(String, String)> {
    let found = |name: &str| std::env::var(name).ok();
    let path = found("PATH").unwrap_or_else(|| PATH.to_owned());
    let fixed = [
        ("PATH", format!("{}:{path}", shim.display())),
        ("HOME", home.display().to_string()),
        ("TMPDIR", "/tmp".to_owned()),
        ("USER", "drill".to_owned()),
        ("LOGNAME", "drill".to_owned()),
        ("SHELL", "/bin/sh".to_owned()),
        ("TERM", "dumb".to_owned()),
    ];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value));
    let taken = TAKEN
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), found(name)?)));
    let mut variables: Vec<(String, String)> = fixed.into_iter().chain(taken).collect();
    variables.retain(|(name, _)| !own.iter().any(|(own, _)| own == name));
    variables.extend_from_slice(own);
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_comes_in_that_is_not_listed() {
        let own = [("AWS_REGION", "us-west-2"), ("TERM", "xterm")];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = environment(Path::new("/shim"), Path::new(HOME), &own);
        let listed = [
            "PATH",
            "HOME",
            "TMPDIR",
            "USER",
            "LOGNAME",
            "SHELL",
            "TERM",
            "LANG",
            "LC_ALL",
            "TZ",
            "AWS_REGION",
        ];
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
