//! The plainest HTTP client: one GET a connection, as a client without any SDK would make it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Fetches `http://host:port/path`.
pub(crate) fn get(url: &str) -> Response {
    ask("GET", url).unwrap_or_else(|error| panic!("cannot fetch {url}: {error}"))
}

/// Asks for `http://host:port/path` with this method. An error is what became of the connection.
pub(crate) fn ask(method: &str, url: &str) -> std::io::Result<Response> {
    let rest = url
        .strip_prefix("http://")
        .unwrap_or_else(|| panic!("{url} is no plain HTTP address"));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = if path.is_empty() { "/" } else { path };
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // HTTP/1.0: the body ends with the connection, and is not sent in chunks.
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Response {
        status: status.unwrap_or_else(|| panic!("no status in {head}")),
        body: bytes.split_off(end + 4),
    })
}

/// The contents of every `<name>…</name>` of an XML document, as they stand.
pub(crate) fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let parts = xml.split(&open).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(&close)?.0.to_owned()))
        .collect()
}
