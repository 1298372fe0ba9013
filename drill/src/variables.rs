//! The variables of environments: which ones scripts, functions and programs get, and which ones the command line reads.
//!
//! Environments are made from these tables, by a `match` on each of their rows, and so is the page of the reference: a
//! variable that is set and not documented, or documented and not set, does not compile.

/// Declares the variables of one environment: their names, and what they say.
macro_rules! variables {
    ($(#[$meta:meta])* $kind:ident { $($(#[$of:meta])* $variant:ident = $name:literal, $doc:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind {
            $(
                $(#[$of])*
                #[doc = concat!("`", $name, "`: ", $doc)]
                $variant,
            )+
        }

        impl $kind {
            /// Every one of them.
            pub const ALL: &[$kind] = &[$($kind::$variant,)+];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $($kind::$variant => $name,)+
                }
            }

            /// What it says, in sentences.
            pub const fn doc(self) -> &'static str {
                match self {
                    $($kind::$variant => $doc,)+
                }
            }
        }
    };
}

variables! {
    /// What the drill sets for the scripts of `shell` steps.
    ScriptVariable {
        Region = "AWS_REGION", "AWS's name of the step's region.";
        DefaultRegion = "AWS_DEFAULT_REGION", "The same, for tools that read this one.";
        AccessKeyId = "AWS_ACCESS_KEY_ID", "The access key of this step, by which its calls are counted.";
        SecretAccessKey = "AWS_SECRET_ACCESS_KEY", "The secret key that belongs to it.";
        EndpointUrl = "AWS_ENDPOINT_URL", "The endpoint of the step's region, or if that does not accept connections, of another region: `aws` and SDKs need nothing else.";
        MetadataDisabled = "AWS_EC2_METADATA_DISABLED", "`true`: there is no instance metadata service in a drill.";
        SharedCredentials = "AWS_SHARED_CREDENTIALS_FILE", "`/dev/null`: no credentials of yours are read.";
        Pager = "AWS_PAGER", "Empty: `aws` starts no pager.";
        Endpoint = "FIREDRILL_ENDPOINT", "The same endpoint as `AWS_ENDPOINT_URL`.";
        Endpoints = "FIREDRILL_ENDPOINTS", "The endpoints of all regions, separated by spaces.";
        RegionOf = "FIREDRILL_REGION_<LABEL>", "AWS's name of the region with this label: `FIREDRILL_REGION_BACKUP` is `us-east-1`, say.";
        BucketOf = "FIREDRILL_BUCKET_<LABEL>", "The name of the bucket with this label, in the region that clients are sent to.";
        StoreOf = "FIREDRILL_BUCKET_<LABEL>_<REGION>", "The name of that bucket's store in the region with this label.";
    }
}

impl ScriptVariable {
    /// Its name for these labels, in capitals and with `_` for what is no letter or digit:
    /// `FIREDRILL_BUCKET_FIRMWARE_IMAGES` of `firmware-images`.
    pub fn named(self, labels: &[&str]) -> String {
        let mut name = self.name().to_owned();
        for (placeholder, label) in ["<LABEL>", "<REGION>"].into_iter().zip(labels) {
            name = name.replace(placeholder, &capitals(label));
        }
        name
    }
}

fn capitals(label: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    label.chars().map(plain).collect()
}

variables! {
    /// What the sandbox sets for scripts.
    SandboxVariable {
        Path = "PATH", "Your search path, with a folder first in which `aws` is the one that reaches the drill only.";
        Home = "HOME", "An empty folder.";
        Temporary = "TMPDIR", "`/tmp`, which is empty, too.";
        User = "USER", "`drill`.";
        LogName = "LOGNAME", "`drill`.";
        Shell = "SHELL", "`/bin/sh`.";
        Terminal = "TERM", "`dumb`.";
        Language = "LANG", "As in your environment, if it is set there.";
        AllLocales = "LC_ALL", "As in your environment, if it is set there.";
        TimeZone = "TZ", "As in your environment, if it is set there.";
    }
}

impl SandboxVariable {
    /// Whether it is taken over from the environment of the drill.
    pub fn is_taken_over(self) -> bool {
        matches!(
            self,
            SandboxVariable::Language | SandboxVariable::AllLocales | SandboxVariable::TimeZone
        )
    }
}

variables! {
    /// What functions get, beside the variables of their `env`.
    FunctionVariable {
        Path = "PATH", "`/usr/local/bin:/usr/bin:/bin`.";
        Language = "LANG", "`en_US.UTF-8`.";
        TimeZone = "TZ", "`:UTC`.";
        Home = "HOME", "`/tmp`.";
        TaskRoot = "LAMBDA_TASK_ROOT", "The folder of the function's code.";
        RuntimeApi = "AWS_LAMBDA_RUNTIME_API", "Host and port of the runtime API.";
        Handler = "_HANDLER", "The handler, as `handler` says.";
        Region = "AWS_REGION", "AWS's name of the region in which the function runs.";
        DefaultRegion = "AWS_DEFAULT_REGION", "The same.";
        FunctionName = "AWS_LAMBDA_FUNCTION_NAME", "The name of the function.";
        FunctionVersion = "AWS_LAMBDA_FUNCTION_VERSION", "The version that runs.";
        MemorySize = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "Its memory, in MB.";
        InitializationType = "AWS_LAMBDA_INITIALIZATION_TYPE", "`on-demand`.";
        LogGroup = "AWS_LAMBDA_LOG_GROUP_NAME", "`/aws/lambda/` and the name of the function.";
        LogStream = "AWS_LAMBDA_LOG_STREAM_NAME", "The log stream of this execution environment.";
        ExecutionEnvironment = "AWS_EXECUTION_ENV", "`AWS_Lambda_` and the runtime.";
        AccessKeyId = "AWS_ACCESS_KEY_ID", "The access key of functions.";
        SecretAccessKey = "AWS_SECRET_ACCESS_KEY", "The secret key that belongs to it.";
        MetadataDisabled = "AWS_EC2_METADATA_DISABLED", "`true`: there is no instance metadata service in a drill.";
        NoBytecode = "PYTHONDONTWRITEBYTECODE", "`1`: Python writes no files beside the code.";
        EndpointUrl = "AWS_ENDPOINT_URL", "The endpoint of the region.";
    }
}

variables! {
    /// What a function gets for what the scenario says of it; this wins over its `env`.
    DeclaredVariable {
        Bucket = "BUCKET", "The name of the function's `bucket`, in its region.";
    }
}

variables! {
    /// What every process gets that a drill starts, outside of a sandbox.
    ChildVariable {
        Run = "FIREDRILL_RUN", "A token of the run, by which its processes are found and ended, also after `kill -9`.";
    }
}

variables! {
    /// What the command line reads.
    CommandVariable {
        Runs = "FIREDRILL_RUNS", "The folder of runs, instead of `runs`; an option `--runs` or `--out` wins.";
        NoColor = "NO_COLOR", "If it is set to anything, nothing is coloured.";
        Columns = "COLUMNS", "The width of tables and texts; without it that of the terminal.";
        Log = "RUST_LOG", "What is logged to stderr, instead of what `-v` chooses.";
        Path = "PATH", "Where programs are searched for: interpreters of scripts and functions, `aws`.";
        Home = "HOME", "Your home, which the sandbox hides from scripts.";
        DockerHost = "DOCKER_HOST", "The Docker engine, for `--cloud localstack`.";
        LocalStackToken = "LOCALSTACK_AUTH_TOKEN", "The token that is handed to LocalStack, for images that need one.";
    }
}

variables! {
    /// What tests of Firedrill itself read.
    TestVariable {
        RequireAll = "FIREDRILL_REQUIRE_ALL", "Tests whose prerequisites are missing fail instead of being skipped.";
        RequireContainers = "FIREDRILL_REQUIRE_CONTAINERS", "The same for tests that need a Docker engine.";
        Times = "FIREDRILL_TEST_TIMES", "Prints how long each test took.";
        Limit = "FIREDRILL_TEST_LIMIT", "After how many seconds a test ends the run.";
        Keeps = "FIREDRILL_TEST_KEEPS", "A folder in which tests leave their files.";
        Kills = "FIREDRILL_KILLS", "How often the long test kills a drill.";
        KillsSeed = "FIREDRILL_KILLS_SEED", "The seed of that.";
        OracleSeed = "FIREDRILL_ORACLE_SEED", "The seed of one random drill for the oracle of the measures.";
        FuzzCases = "FIREDRILL_FUZZ_CASES", "How many cases the fuzz targets have together.";
        FuzzSeed = "FIREDRILL_FUZZ_SEED", "The seed of these cases.";
        ContractUrl = "FIREDRILL_CONTRACT_URL", "One more cloud for the contract tests.";
        Gallery = "FIREDRILL_GALLERY", "The folder into which pages are written to be looked at.";
    }
}

/// Whether the drill sets a variable itself.
pub(crate) fn is_of_drill(name: &str) -> bool {
    let mut sandbox = SandboxVariable::ALL.iter();
    let of_sandbox = sandbox.any(|variable| !variable.is_taken_over() && variable.name() == name);
    name.starts_with("AWS_") || name.starts_with("FIREDRILL_") || of_sandbox
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_named_after_labels() {
        assert_eq!(
            ScriptVariable::RegionOf.named(&["backup"]),
            "FIREDRILL_REGION_BACKUP"
        );
        assert_eq!(
            ScriptVariable::StoreOf.named(&["firmware-images", "eu.west"]),
            "FIREDRILL_BUCKET_FIRMWARE_IMAGES_EU_WEST"
        );
        assert_eq!(ScriptVariable::Pager.named(&[]), "AWS_PAGER");
    }
}
