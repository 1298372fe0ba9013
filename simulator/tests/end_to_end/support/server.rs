//! A server of the test's own, for clients that are to meet one that does not behave.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A server of loopback, until it is dropped. Connections that are open then end with their clients.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    ends: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens there (port 0: a free one), and has each connection served in a thread of its own.
    pub(crate) fn start(address: SocketAddr, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind(address).expect("an address of loopback is free");
        let address = listener.local_addr().expect("it has an address");
        let ends = Arc::new(AtomicBool::new(false));
        let (stop, serve) = (ends.clone(), Arc::new(serve));
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let (serve, stream) = (serve.clone(), stream.expect("a connection"));
                std::thread::spawn(move || serve(stream));
            }
        });
        Server {
            address,
            ends,
            accepting: Some(accepting),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // It looks when a connection comes.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// A port of loopback that nothing uses.
pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Reads until `parse` finds a request in what has come so far; none when the client goes before.
pub(crate) fn receive<T>(stream: &mut TcpStream, parse: impl Fn(&[u8]) -> Option<T>) -> Option<T> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        if let Some(request) = parse(&bytes) {
            return Some(request);
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(size) => bytes.extend(&buffer[..size]),
        }
    }
}

/// Where the head of a request ends.
pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    Some(bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4)
}

/// Connects the client with the server at `to`, which gets `begin` first, until both have gone.
pub(crate) fn splice(mut stream: TcpStream, to: SocketAddr, begin: &[u8]) {
    let Ok(mut there) = TcpStream::connect(to) else {
        return;
    };
    let both = there.try_clone().and_then(|from| Ok((from, stream.try_clone()?)));
    let (mut from, mut back) = both.expect("a descriptor");
    let _ = there.write_all(begin);
    let answers = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut stream, &mut there);
    let _ = there.shutdown(Shutdown::Both);
    let _ = answers.join();
}
