//! All files of all fixtures, for review:
//! `FIREDRILL_GALLERY=DIR cargo test -p reports gallery -- --ignored`.

use std::path::PathBuf;

use crate::{FORMATS, fixtures, terminal};

#[test]
#[ignore = "writes pages to look at into the folder FIREDRILL_GALLERY"]
fn gallery() {
    let folder =
        PathBuf::from(std::env::var_os("FIREDRILL_GALLERY").expect("FIREDRILL_GALLERY names a folder"));
    for (name, judged) in fixtures::all() {
        let own = folder.join(name);
        std::fs::create_dir_all(&own).unwrap();
        for format in FORMATS {
            std::fs::write(own.join(format.file), (format.render)(&judged)).unwrap();
        }
        for width in [60, 80, 120] {
            let style = terminal::Style { colour: true, width };
            let text = terminal::render(&judged, style, Some(&own));
            std::fs::write(own.join(format!("terminal-{width}.txt")), text).unwrap();
        }
    }
}
