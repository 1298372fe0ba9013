//! Whether a text is a Steel program: pure, and bounded whatever the text is.
//!
//! ```text
//!   text ──► size ──► tokens: how deep do they nest? ──► parser ──► valid
//! ```
//!
//! The parser builds a tree, and a tree is taken apart by recursion: how deep the text nests is found out
//! from its tokens, before there is any tree. What both libraries make of a hostile text is not ours to
//! promise: a panic of theirs counts as a refusal.

use std::panic::{AssertUnwindSafe, catch_unwind};

use steel_parser::lexer::TokenStream;
use steel_parser::parser::{ParseError, Parser, SourceId};
use steel_parser::tokens::TokenType;

/// The largest program, in bytes: half of the largest message of AWS IoT, which carries it.
pub(super) const LARGEST: usize = 64 << 10;

/// How deep a program may nest. People do not write beyond some ten levels, programs that write programs
/// some tens.
const DEEPEST: usize = 256;

/// Says what is wrong with a program, and in which line.
///
/// # Errors
/// The program is not valid.
pub(super) fn check(source: &str) -> Result<(), String> {
    if source.len() > LARGEST {
        return Err(too_large(source.len()));
    }
    let judged = catch_unwind(AssertUnwindSafe(|| {
        nesting(source)?;
        Parser::parse(source)
            .map(drop)
            .map_err(|error| at(source, start(&error), &error))
    }));
    judged.unwrap_or_else(|_| Err("line 1: the parser gave up on the text".to_owned()))
}

/// A program of `size` bytes is too large.
pub(super) fn too_large(size: usize) -> String {
    format!("the program has {size} bytes; at most {LARGEST} are allowed")
}

/// Follows brackets and prefixes (`'`, `#;` and the like), without any tree. The parser would say of a bracket
/// that is never closed only where the text ends.
fn nesting(source: &str) -> Result<(), String> {
    let (mut open, mut prefixes) = (Vec::new(), 0);
    for token in TokenStream::new(source, true, SourceId::none()) {
        let token = token.map_err(|error| {
            let error = ParseError::from(error);
            at(source, start(&error), &error)
        })?;
        match token.ty {
            TokenType::OpenParen(..) => open.push(token.span.start as usize),
            TokenType::CloseParen(_) => {
                open.pop();
                prefixes = 0;
            }
            TokenType::QuoteTick
            | TokenType::QuasiQuote
            | TokenType::Unquote
            | TokenType::UnquoteSplice
            | TokenType::QuoteSyntax
            | TokenType::QuasiQuoteSyntax
            | TokenType::UnquoteSyntax
            | TokenType::UnquoteSpliceSyntax
            | TokenType::DatumComment => prefixes += 1,
            _ => prefixes = 0,
        }
        if open.len() + prefixes > DEEPEST {
            let why = format!("it nests deeper than {DEEPEST} levels");
            return Err(at(source, token.span.start as usize, &why));
        }
    }
    match open.first() {
        Some(first) => Err(at(source, *first, &"this bracket is never closed")),
        None => Ok(()),
    }
}

fn start(error: &ParseError) -> usize {
    error.span().start as usize
}

/// `line L, column C: why`, counted from 1, columns in characters.
fn at(source: &str, offset: usize, why: &dyn std::fmt::Display) -> String {
    let offset = source.floor_char_boundary(offset);
    let before = &source[..offset];
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap_or(before).chars().count();
    format!("line {line}, column {column}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn programs_are_valid() {
        let programs = [
            "",
            "; nothing but a comment",
            "(define (blink n) (if (> n 0) (begin (led-on) (sleep 500) (led-off) (blink (- n 1))) 'done))",
            "(let ((x 1) [y '(2 3)]) `(,x ,@y))",
            "(define name \"日本語 \\\"quoted\\\"\") #\\λ #;(left out) 1/2 #xFF",
            "#!/usr/bin/env steel\n(display \"hello\")",
        ];
        for program in programs {
            assert_eq!(check(program), Ok(()), "{program}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let cases = [
            ("(define (f x)\n  (+ x 1)", "line 1, column 1"),
            ("(on)\n(off))", "line 2, column 6"),
            ("(on)\n\n  \"never ends", "line 3, column 3"),
            ("(define)", "line 1"),
            ("é (if)", "line 1"),
        ];
        for (program, place) in cases {
            let error = check(program).unwrap_err();
            assert!(error.starts_with(place), "{program:?}: {error}");
        }
    }

    #[test]
    fn depth_is_bounded_before_there_is_a_tree() {
        let nested = |n: usize| format!("{}{}", "(".repeat(n), ")".repeat(n));
        assert_eq!(check(&nested(DEEPEST)), Ok(()));
        let error = check(&nested(DEEPEST + 1)).unwrap_err();
        assert_eq!(error, "line 1, column 257: it nests deeper than 256 levels");
        for opened in [
            "(",
            "[",
            "'",
            "`",
            ",",
            "`(",
            "#;",
            "#'",
            "(quote ",
            "(lambda () ",
        ] {
            let deep = opened.repeat(LARGEST / opened.len());
            assert!(check(&deep).unwrap_err().contains("deeper"), "{opened}");
        }
        assert!(check(&"(".repeat(100_000)).unwrap_err().contains("100000 bytes"));
        assert!(check(&" ".repeat(1 << 20)).unwrap_err().contains("at most 65536"));
        assert_eq!(check(&" ".repeat(LARGEST)), Ok(()));
    }

    #[test]
    fn hostile_texts_end_in_a_verdict() {
        let texts = [
            "\u{0}",
            "\u{202e})(",
            "\u{feff}(on)",
            "#\\x110000",
            "\"\\xFFFFFFFF;\"",
            "\"\\u{d800}\"",
            "#e1e999999999",
            "1e999999999999",
            "1/0",
            "#|#|#|",
            "(. . .)",
            "( . )",
            "(quote)",
            "(let)",
            "(let ((",
            "(lambda)",
            "(define-syntax)",
            "(syntax-rules)",
            "'",
            "#;",
            "#",
            "#\\",
            "|",
            "\\",
            "(if 1 2 3 4)",
            "(set!)",
            "(require)",
        ];
        for text in texts {
            let _ = check(text);
        }
        // Which is not said of all of them: some are odd and still programs.
        for wrong in ["(let ((", "\"\\xFFFFFFFF;\"", "'"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[()\\[\\]{}'`,@#;|\\\\\"a-f0-9./\\-+ \n\u{e9}\u{1F600}]{0,200}") {
            let _ = check(&text);
        }

        #[test]
        fn any_text_ends_in_a_verdict(text in ".{0,200}") {
            let _ = check(&text);
        }
    }
}
