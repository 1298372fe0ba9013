//! A function of our own, with the standard library alone: it answers with the event, or does as told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

struct Api {
    /// As Lambda names it: it takes no other name.
    address: String,
    stream: BufReader<TcpStream>,
}

pub(crate) fn main() {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").expect("Lambda says where its API is");
    let stream = TcpStream::connect(&address).expect("the API answers");
    let mut api = Api {
        address,
        stream: BufReader::new(stream),
    };
    loop {
        let Some((id, event)) = api.ask("GET", "next", "") else {
            return;
        };
        if event.contains("\"exit\"") {
            std::process::exit(3);
        }
        while event.contains("\"hang\"") {
            std::thread::park();
        }
        if api.ask("POST", &format!("{id}/response"), &event).is_none() {
            return;
        }
    }
}

impl Api {
    /// One request: the request's id, if it has one, and the body.
    fn ask(&mut self, method: &str, what: &str, body: &str) -> Option<(String, String)> {
        let path = format!("/2018-06-01/runtime/invocation/{what}");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let (mut id, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(": ") {
                match name.to_ascii_lowercase().as_str() {
                    "lambda-runtime-aws-request-id" => id = value.to_owned(),
                    "content-length" => length = value.parse().ok()?,
                    _ => {}
                }
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some((id, String::from_utf8_lossy(&body).into_owned()))
    }
}
