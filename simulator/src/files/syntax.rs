//! Scripts that shell steps start: whether the interpreter of their first line can parse them. Otherwise a typing error is
//! found only when the step runs, in the middle of a drill.
//!
//! The interpreter is one of the system's folders, or that of the same name in `PATH`: a script could name any program, and
//! checking it is no reason to start one.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::looked::Files;
use super::program::find_program;

/// A longer script is not checked.
const LONGEST: u64 = 1 << 20;

/// Where the interpreters of a system are.
const SYSTEM: [&str; 3] = ["/bin", "/usr/bin", "/usr/local/bin"];

/// Begins what [`COMPILE`] says of a file. What else is said may be of a Python that does not start.
const WRONG: &str = "does not compile: ";

/// Compiles a file and runs nothing of it.
const COMPILE: &str = "import sys
try:
    compile(open(sys.argv[1], 'rb').read(), sys.argv[1], 'exec', dont_inherit=True)
except (SyntaxError, ValueError) as error:
    line = getattr(error, 'lineno', None) or '?'
    print('does not compile: line %s: %s' % (line, getattr(error, 'msg', error)))
";

/// Checks the script that stands at `path` in the scenario. Whether it is there and can be executed, others see to.
pub(super) fn check(files: &mut Files<'_>, path: &str, script: &str) {
    let words = shlex::split(script).unwrap_or_default();
    let Some(program) = words.first() else { return };
    let file = files.folder.join(program);
    let Some(error) = interpreter_of(&file).and_then(|parser| parser.error(&file)) else {
        return;
    };
    let error = error.replace(&format!("{}: ", file.display()), "");
    let found = format!("{program:?}, which cannot be parsed: {error}");
    files.error(path, found, "a script that its interpreter can parse", None);
}

/// What a shell says of a script (its file, or `-c` and commands) that it cannot parse. It runs nothing of it.
pub(super) fn syntax_error_of<A: AsRef<OsStr>>(
    shell: &Path,
    script: impl IntoIterator<Item = A>,
) -> Option<String> {
    let output = Command::new(shell)
        .arg("-n")
        .args(script)
        // It could name a file that the shell runs first.
        .env_clear()
        .current_dir("/")
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it does not say why").to_owned();
    (!output.status.success()).then_some(first)
}

/// The text of a script whose first line names a shell that is known here; none of anything else.
pub(super) fn shell_script(file: &Path) -> Option<String> {
    match interpreter_of(file)? {
        Parser::Shell(_) => fs::read_to_string(file).ok(),
        Parser::Python(_) => None,
    }
}

/// What parses a script.
enum Parser {
    Shell(PathBuf),
    Python(PathBuf),
}

/// Of a script whose first line names one that can be asked.
fn interpreter_of(file: &Path) -> Option<Parser> {
    let about = fs::metadata(file).ok()?;
    if !about.is_file() || about.len() > LONGEST {
        return None;
    }
    let content = fs::read(file).ok()?;
    let line = content.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_whitespace();
    let mut named = Path::new(words.next()?);
    if named.file_name()? == "env" {
        let is_name = |word: &&str| !word.starts_with('-') && !word.contains('=');
        named = Path::new(words.find(is_name)?);
    }
    let name = named.file_name()?.to_str()?;
    let program = || match named.parent() {
        Some(folder) if SYSTEM.iter().any(|system| folder == Path::new(system)) => Some(named.to_owned()),
        _ => find_program(name, &std::env::var("PATH").unwrap_or_default()),
    };
    match name {
        "sh" | "bash" | "dash" => program().map(Parser::Shell),
        name if is_python(name) => program().map(Parser::Python),
        _ => None,
    }
}

/// `python`, `python3`, `python3.13`.
fn is_python(name: &str) -> bool {
    let version = name.strip_prefix("python");
    version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

impl Parser {
    /// What it says of a file that it cannot parse.
    fn error(&self, file: &Path) -> Option<String> {
        match self {
            Parser::Shell(shell) => syntax_error_of(shell, [file]),
            Parser::Python(python) => {
                // Version managers put scripts into `PATH` that need variables; Python itself is isolated from them.
                let mut command = Command::new(python);
                let command = command.args(["-I", "-B", "-c", COMPILE]).arg(file);
                let output = command.current_dir("/").output().ok()?;
                let said = String::from_utf8_lossy(&output.stdout);
                said.trim().strip_prefix(WRONG).map(str::to_owned)
            }
        }
    }
}
