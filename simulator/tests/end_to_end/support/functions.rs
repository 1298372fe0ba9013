//! Functions of a user's own: packages with a `bootstrap` for the shell, or a Python handler.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip of executable files.
pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        writer.start_file(*name, options).expect("a file in memory");
        writer.write_all(content.as_bytes()).expect("it is in memory");
    }
    writer.finish().expect("it is in memory").into_inner()
}

/// A package with a `bootstrap` that does `first` when it starts, and `work` for each `$event`, which leaves
/// what to answer in `$answer`. It needs `curl`.
pub(crate) fn shell(first: &str, work: &str) -> Vec<u8> {
    let bootstrap = format!(
        r#"#!/bin/sh
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation
{first}
while true; do
    reply=$(curl --silent --show-error --include "$api/next") || exit 1
    id=$(printf '%s\n' "$reply" | tr -d '\r' | sed -n 's/^lambda-runtime-aws-request-id: //Ip')
    event=$(printf '%s\n' "$reply" | tail -n 1)
    {work}
    curl --silent --show-error --output /dev/null --data-binary "$answer" "$api/$id/response" || exit 1
done
"#
    );
    zip(&[("bootstrap", &bootstrap)])
}
