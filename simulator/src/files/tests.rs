//! Each case is a scenario with files beside it, and what is said of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cloud_emulator::lambda::python_runtimes;
use drill::scenario::Scenario;
use tempfile::TempDir;

use super::*;

/// A folder with a scenario that has a function and a script.
struct Beside {
    folder: TempDir,
    text: String,
}

impl Beside {
    /// With these fields of the function and of the step.
    fn new(function: &str, step: &str) -> Beside {
        let text = format!(
            "version: 1\nname: t\ntitle: t\nsystem: t\nobjectives: {{mtd: 2h, services: {{s: {{probe: p, rto: 1h}}}}}}\n\
             cloud:\n  regions: {{primary: us-west-2}}\n  buckets:\n    b: {{name: bucket, objects: {{count: 10}}}}\n  \
             functions:\n    f: {{{function}}}\n\
             probes:\n  p: {{do: s3.get_object, bucket: b, sample: 1, every: 30s, timeout: 5s}}\n\
             faults:\n  - {{at: 20m, do: s3.delete_bucket, bucket: b}}\n\
             detection: {{probe: p}}\nrunbook:\n  - {{id: step, do: shell, {step}}}\n"
        );
        Beside {
            folder: TempDir::new().expect("a temporary folder"),
            text,
        }
    }

    fn script(script: &str) -> Beside {
        Beside::new("built_in: program-validator", &format!("script: {script}"))
    }

    fn function(function: &str) -> Beside {
        Beside::new(function, "run: \"true\"")
    }

    /// With this file, whose folder is made as well.
    fn file(self, name: &str, content: &str, mode: u32) -> Beside {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is ours");
        fs::write(&path, content).expect("it is ours");
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("it is ours");
        self
    }

    /// All errors and warnings, one a line, with FOLDER for the folder's path.
    fn messages(&self) -> Vec<String> {
        let parsed = Scenario::read("t.yaml", self.text.as_bytes(), None).expect("it reads well");
        let found = check(
            "t.yaml",
            &parsed.scenario,
            &parsed.places,
            self.folder.path(),
            true,
        );
        let errors = found.errors.iter().map(ToString::to_string);
        let said = errors.chain(found.warnings.iter().map(ToString::to_string));
        let folder = self.folder.path().display().to_string();
        said.map(|line| line.replace(&folder, "FOLDER")).collect()
    }

    #[track_caller]
    fn says(&self, lines: &[&str]) {
        assert_eq!(self.messages(), lines);
    }
}

#[test]
fn scripts_that_can_be_executed_are_fine() {
    for (script, content) in [
        ("run.sh", "#!/bin/sh\necho\n"),
        ("\"bin/run.sh 'two words' three\"", "#!/usr/bin/env -S sh -e\n"),
        ("run.sh", "echo without a line for the kernel\n"),
    ] {
        let name = script.trim_matches('"').split(' ').next().unwrap();
        Beside::script(script).file(name, content, 0o755).says(&[]);
    }
}

#[test]
fn scripts_that_cannot_be_executed_are_errors() {
    let said = |found: &str, hint: &str| {
        let allowed = "allowed: a program that can be executed, in FOLDER";
        format!("t.yaml:18:35: runbook[0].script: found \"run.sh\", {found}; {allowed}{hint}")
    };
    let near = Beside::script("run.sh").file("runs.sh", "#!/bin/sh\n", 0o755);
    near.says(&[&said("which is not there", "; hint: did you mean \"runs.sh\"?")]);
    let mode = Beside::script("run.sh").file("run.sh", "#!/bin/sh\n", 0o644);
    mode.says(&[&said("which is not executable", "; hint: chmod +x FOLDER/run.sh")]);
    let folder = Beside::script("run.sh").file("run.sh/main", "#!/bin/sh\n", 0o755);
    folder.says(&[&said("which is a folder", "")]);
    for (line, found) in [
        ("#!/bin/none -x", "whose interpreter \"/bin/none\" is not there"),
        ("#!/usr/bin/env none", "whose interpreter \"none\" is not in PATH"),
        (
            "#!",
            "whose interpreter \"\" is not there: nothing stands behind `#!`",
        ),
        (
            "#!/bin/sh\r",
            "whose interpreter \"/bin/sh\" is not there: its line ends with a carriage return, as files of Windows do",
        ),
    ] {
        let script = Beside::script("run.sh").file("run.sh", &format!("{line}\necho\n"), 0o755);
        script.says(&[&said(found, "")]);
    }
    let unsplit = Beside::script("\"run.sh 'half\"");
    unsplit.says(&[
        "t.yaml:18:35: runbook[0].script: found \"run.sh 'half\", which cannot be split into words; allowed: a program and \
         its arguments, with quotes in pairs",
    ]);
}

#[test]
fn commands_for_sh_are_parsed_and_not_run() {
    let run = |text: &str| Beside::new("built_in: program-validator", &format!("run: {text:?}"));
    for text in [
        "true",
        "touch ran; ./later.sh",
        "./maybe.sh || true",
        "./$NAME.sh",
        "if true; then aws s3 ls; fi",
    ] {
        let beside = run(text);
        beside.says(&[]);
        assert!(!beside.folder.path().join("ran").exists());
    }
    let unfinished = run("touch ran\nif true; then").messages();
    assert_eq!(unfinished.len(), 1, "{unfinished:?}");
    let begin = "t.yaml:18:32: runbook[0].run: found commands that sh cannot parse: ";
    assert!(unfinished[0].starts_with(begin), "{unfinished:?}");
    run("./home.sh --fast\ntrue").says(&[
        "t.yaml:18:32: runbook[0].run: found \"./home.sh\", which is not there; allowed: a program that can be executed, \
         in FOLDER",
    ]);
}

#[test]
fn packages_that_are_not_there_or_that_lambda_refuses_are_errors() {
    let missing = Beside::function("package: function").file("functions/bootstrap", "#!/bin/sh\n", 0o755);
    missing.says(&[
        "t.yaml:11:18: cloud.functions.f.package: found \"function\", which is not there; allowed: a zip or a folder in \
         FOLDER; hint: did you mean \"functions\"?",
    ]);
    let no_zip = Beside::function("package: f.zip").file("f.zip", "no zip", 0o644);
    no_zip.says(&[
        "t.yaml:11:18: cloud.functions.f.package: found \"f.zip\", which Lambda refuses: Could not unzip uploaded file. \
         Please check your file, then try to upload again.; allowed: a zip or a folder that Lambda takes",
    ]);
}

#[test]
fn a_provided_runtime_needs_a_bootstrap() {
    let function = || Beside::function("package: fn");
    function().file("fn/bootstrap", "#!/bin/sh\n", 0o755).says(&[]);
    let allowed = "allowed: a package with an executable `bootstrap` at its top, which provided.al2023 runs";
    let said = |found: &str, hint: &str| {
        format!("t.yaml:11:18: cloud.functions.f.package: found \"fn\", {found}; {allowed}{hint}")
    };
    let deeper = function().file("fn/fn/bootstrap", "#!/bin/sh\n", 0o755);
    let hint = "; hint: it lies in fn/: pack the content of that folder";
    deeper.says(&[&said("in which there is no `bootstrap`", hint)]);
    let mode = function().file("fn/bootstrap", "#!/bin/sh\n", 0o644);
    let hint = "; hint: chmod +x bootstrap";
    mode.says(&[&said("with a `bootstrap` which is not executable", hint)]);
    let interpreter = function().file("fn/bootstrap", "#!/usr/bin/env none\n", 0o755);
    interpreter.says(&[&said(
        "with a `bootstrap` whose interpreter \"none\" is not in PATH",
        "",
    )]);
}

/// A function of Python, for the newest that this machine has; `None` where it has none.
fn python(handler: &str) -> Option<Beside> {
    let runtime = python_runtimes()
        .into_iter()
        .rfind(|runtime| DECLARED.contains(&&**runtime))?;
    Some(Beside::function(&format!(
        "package: fn, runtime: {runtime}, handler: {handler}"
    )))
}

/// Those that a scenario can declare.
const DECLARED: [&str; 6] = [
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
];

#[test]
fn a_handler_of_python_is_looked_for_in_the_package() {
    let handlers = [
        "def handler(event, context): pass\n",
        "async def handler(event, context): pass\n",
        "class handler: pass\n",
        "handler = lambda event, context: None\n",
        "import json as handler\n",
        "try:\n    import none\nexcept ImportError:\n    def handler(event, context): pass\n",
        "if True:\n    first, (handler, *rest) = 1, (2, 3)\n",
        // What only running it would tell.
        "from json import *\n",
        "globals()['handler'] = print\n",
        "def __getattr__(name): return print\n",
    ];
    for text in handlers {
        let Some(beside) = python("pkg.app.handler") else {
            return;
        };
        beside.file("fn/pkg/app.py", text, 0o644).says(&[]);
    }
    let said = |beside: &Beside, place: &str| {
        let said = beside.messages();
        assert_eq!(said.len(), 1, "{said:?}");
        let (_, rest) = said[0]
            .split_once(place)
            .unwrap_or_else(|| panic!("{place}: {said:?}"));
        rest.to_owned()
    };
    let field = "cloud.functions.f.handler: found ";
    for text in [
        "def hander(event, context):\n    handler = 1\n",
        "if True:\n    def hander(event, context):\n        handler = 1\n",
    ] {
        let Some(beside) = python("app.handler") else {
            return;
        };
        assert_eq!(
            said(&beside.file("fn/app.py", text, 0o644), field),
            "\"app.handler\", but app.py in fn does not define \"handler\"; allowed: a function at the top level of the \
             module; hint: did you mean \"hander\"?"
        );
    }
    let Some(beside) = python("ap.handler") else {
        return;
    };
    assert_eq!(
        said(&beside.file("fn/app.py", "", 0o644), field),
        "\"ap.handler\", but there is no ap.py in fn; allowed: module.function of a module in the package; hint: did you \
         mean \"app\"?"
    );
    let Some(beside) = python("app.handler") else {
        return;
    };
    let deeper = said(&beside.file("fn/src/app.py", "", 0o644), field);
    assert!(
        deeper.ends_with("hint: it lies in src/: pack the content of that folder"),
        "{deeper}"
    );
    let Some(beside) = python("handler") else { return };
    assert_eq!(
        said(&beside.file("fn/app.py", "", 0o644), field),
        "\"handler\"; allowed: a handler of Python: module.function, as app.handler"
    );
}

#[test]
fn python_files_that_do_not_compile_or_cannot_be_imported_are_told() {
    let Some(beside) = python("pkg.app.handler") else {
        return;
    };
    let app = "import json, nowhere\nfrom . import rules\nfrom .lib.text import words\n\
               def handler(event, context):\n    import elsewhere\n";
    let said = beside
        .file("fn/pkg/app.py", app, 0o644)
        .file("fn/pkg/rules.py", "def f(:\n", 0o644)
        .file("fn/pkg/lib/text.py", "words = 1\n\nreturn words\n", 0o644)
        .file("fn/templates/old.py", "print 'python 2'\n", 0o644)
        .messages();
    assert_eq!(said.len(), 4, "{said:#?}");
    let begins = |line: &str, begin: &str| {
        let begin = format!("cloud.functions.f.package: {begin}");
        assert!(line.contains(&begin), "{begin}\n{line}");
    };
    begins(
        &said[1],
        "found fn/pkg/lib/text.py:3, which does not compile: SyntaxError: 'return' outside function; allowed: ",
    );
    begins(
        &said[0],
        "found fn/pkg/rules.py:1, which does not compile: SyntaxError: ",
    );
    begins(
        &said[2],
        "found fn/templates/old.py:1, which does not compile: SyntaxError: ",
    );
    assert!(said[2].contains("warning") && said[2].ends_with("the handler does not import it at its start"));
    begins(
        &said[3],
        "fn/pkg/app.py imports nowhere, which is neither in the package nor in python3.",
    );
    assert!(said[3].contains("warning"), "{}", said[3]);
}

/// Looking at a package runs nothing of it.
#[test]
fn nothing_of_a_package_is_run() {
    let Some(beside) = python("app.handler") else {
        return;
    };
    let mark = beside.folder.path().join("it-ran");
    let text = format!("open({mark:?}, 'w')\ndef handler(event, context): pass\n");
    let beside = beside
        .file("fn/app.py", &text, 0o644)
        .file("fn/json.py", &text, 0o644);
    beside.says(&[]);
    assert!(!mark.exists());
}

#[test]
fn a_runtime_that_this_machine_does_not_have_is_an_error() {
    let there = python_runtimes();
    let Some(runtime) = DECLARED
        .iter()
        .find(|runtime| !there.contains(&(**runtime).to_owned()))
    else {
        return;
    };
    let fields = format!("package: fn, runtime: {runtime}, handler: app.handler");
    let said = Beside::function(&fields).file("fn/app.py", "", 0o644).messages();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains(&format!(
            "cloud.functions.f.runtime: found {runtime:?}, whose interpreter this machine does not have; allowed: "
        )),
        "{said:?}"
    );
    for known in &there {
        assert!(said[0].contains(known), "{said:?}");
    }
    assert!(said[0].contains(&format!("hint: install {runtime}")), "{said:?}");
}

#[test]
fn links_that_lead_out_of_the_scenarios_folder_are_errors() {
    let elsewhere = TempDir::new().expect("a temporary folder");
    let theirs = elsewhere.path().join("theirs");
    fs::create_dir(&theirs).expect("it is ours");
    fs::write(theirs.join("bootstrap"), "#!/bin/sh\n").expect("it is ours");
    fs::set_permissions(theirs.join("bootstrap"), PermissionsExt::from_mode(0o755)).expect("it is ours");
    let linked = |beside: Beside, target: &std::path::Path| {
        std::os::unix::fs::symlink(target, beside.folder.path().join("link")).expect("it is ours");
        beside
    };
    let end = |path: &str| {
        theirs
            .join(path)
            .canonicalize()
            .expect("it is there")
            .display()
            .to_string()
    };
    linked(Beside::function("package: link"), &theirs).says(&[&format!(
        "t.yaml:11:18: cloud.functions.f.package: found \"link\", which leads to {}; allowed: a zip or a folder in FOLDER",
        end("")
    )]);
    linked(Beside::script("link/bootstrap"), &theirs).says(&[&format!(
        "t.yaml:18:35: runbook[0].script: found \"link/bootstrap\", which leads to {}; allowed: a program in FOLDER",
        end("bootstrap")
    )]);
    // Links that stay inside are allowed.
    let own = Beside::function("package: link").file("own/bootstrap", "#!/bin/sh\n", 0o755);
    linked(own, std::path::Path::new("own")).says(&[]);
}

/// Checking a script runs nothing of it, and starts no program that only the script names.
#[test]
fn scripts_that_their_interpreter_cannot_parse_are_errors() {
    let said = |name: &str, content: &str| Beside::script(name).file(name, content, 0o755).messages();
    let shell = said("open.sh", "#!/bin/sh\nif true\n");
    assert_eq!(shell.len(), 1, "{shell:?}");
    assert!(
        shell[0].contains("runbook[0].script: found \"open.sh\", which cannot be parsed: ")
            && !shell[0].contains("FOLDER/open.sh"),
        "{shell:?}"
    );
    let bash = said("open", "#!/usr/bin/env bash\n[[ a == a ]] && (echo\n");
    assert!(bash[0].contains("cannot be parsed"), "{bash:?}");
    for fine in [
        "#!/bin/sh\ntouch FOLDER-was-run\nexit 1\n",
        "#!/usr/bin/env bash\n[[ a == a ]]\n",
        "#!/bin/cat\nif true\n",
    ] {
        assert_eq!(said("fine", fine), [""; 0], "{fine}");
    }
    // It is of another folder than those of the system: what is started is the `sh` of PATH.
    let planted = Beside::script("planted").file("sh", "#!/bin/sh\n: > \"$0-was-run\"\n", 0o755);
    let shell = planted.folder.path().join("sh").display().to_string();
    let planted = planted.file("planted", &format!("#!{shell}\ntrue\n"), 0o755);
    assert_eq!(planted.messages(), [""; 0]);
    assert!(!planted.folder.path().join("sh-was-run").exists());
}

#[test]
fn python_scripts_that_do_not_compile_are_errors() {
    if python_runtimes().is_empty() {
        return;
    }
    let said = |content: &str| Beside::script("job.py").file("job.py", content, 0o755).messages();
    let wrong = said("#!/usr/bin/env python3\nx = 1\ndef f(:\n    pass\n");
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(
        wrong[0].contains("\"job.py\", which cannot be parsed: line 3: "),
        "{wrong:?}"
    );
    assert_eq!(said("#!/usr/bin/env python3\nraise SystemExit(1)\n"), [""; 0]);
}

#[test]
fn a_folder_that_would_show_a_home_is_refused_for_scripts() {
    let home = std::env::var("HOME").expect("a home");
    let text = Beside::script("x").text;
    let parsed = Scenario::read("t.yaml", text.as_bytes(), None).expect("it reads well");
    let said = |folder: &str, isolated| {
        let found = check(
            "t.yaml",
            &parsed.scenario,
            &parsed.places,
            Path::new(folder),
            isolated,
        );
        let errors = found.errors.iter().map(ToString::to_string);
        errors
            .filter(|error| error.contains("must stay hidden"))
            .collect::<Vec<_>>()
    };
    for folder in [home.as_str(), "/tmp", "/"] {
        let refused = said(folder, true);
        assert_eq!(refused.len(), 1, "{folder}");
        assert!(refused[0].contains("into a folder of its own"), "{refused:?}");
        assert_eq!(said(folder, false), [""; 0], "{folder}");
    }
}
