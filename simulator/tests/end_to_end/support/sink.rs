//! A webhook that takes one message.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// Answers one request with 200; gives its body.
pub(crate) fn sink() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!(
        "http://{}/secret-path",
        listener.local_addr().expect("an address")
    );
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the message comes");
        let body = body(&mut stream);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .expect("it is answered");
        body
    });
    (url, asked)
}

fn body(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).expect("the request comes");
        text.push_str(&String::from_utf8_lossy(&buffer[..n]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if n == 0 || body.len() >= length.unwrap_or(0) {
            return body.to_owned();
        }
    }
}
