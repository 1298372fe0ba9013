//! The network inside: the drill's endpoints, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use runtime::sandbox::SandboxSpec;
use test_harness::trial;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::bench::Bench;

/// Serves connections, and counts them.
async fn server<F, H>(handler: H) -> (SocketAddr, Arc<AtomicUsize>)
where
    H: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(handler(stream));
        }
    });
    (address, count)
}

/// An HTTP server of one page.
async fn page(mut stream: TcpStream) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    stream.write_all(answer).await
}

/// Sends back what comes, and closes when the other side does.
async fn echo(mut stream: TcpStream) -> std::io::Result<()> {
    let (mut read, mut write) = stream.split();
    tokio::io::copy(&mut read, &mut write).await?;
    write.shutdown().await
}

fn python(bench: &Bench, script: &str, endpoint: SocketAddr) -> SandboxSpec {
    let script = format!(
        "import socket, threading, hashlib, os, sys\nat = ('127.0.0.1', {})\n{script}",
        endpoint.port()
    );
    std::fs::write(bench.path("script.py"), script).unwrap();
    bench.script("exec python3 script.py").endpoints([endpoint])
}

trial!(async a_request_is_answered_through_the_relay);
async fn a_request_is_answered_through_the_relay() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (address, count) = server(page).await;
    let spec = bench
        .script(&format!("curl -sS http://{address}/"))
        .endpoints([address]);
    assert_eq!(bench.output(spec).await, ["hello"]);
    assert_eq!(count.load(Ordering::Relaxed), 1);
}

trial!(async megabytes_arrive_complete_in_both_directions);
async fn megabytes_arrive_complete_in_both_directions() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (address, _) = server(echo).await;
    let script = "
s = socket.create_connection(at)
data = os.urandom(1 << 20) * 50
def send():
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
digest = hashlib.sha256()
size = 0
while chunk := s.recv(1 << 20):
    digest.update(chunk)
    size += len(chunk)
print(size, digest.digest() == hashlib.sha256(data).digest())
";
    assert_eq!(
        bench.output(python(&bench, script, address)).await,
        ["52428800 True"]
    );
}

trial!(async hundreds_of_connections_are_relayed_at_once);
async fn hundreds_of_connections_are_relayed_at_once() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (address, count) = server(echo).await;
    let script = "
all = [socket.create_connection(at) for _ in range(200)]
for n, s in enumerate(all): s.sendall(b'%03d' % n)
print(sum(s.recv(3) == b'%03d' % n for n, s in enumerate(all)))
";
    assert_eq!(bench.output(python(&bench, script, address)).await, ["200"]);
    assert_eq!(count.load(Ordering::Relaxed), 200);
}

trial!(async a_connection_can_be_half_closed);
async fn a_connection_can_be_half_closed() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    // Answers only when everything has come.
    let (address, _) = server(|mut stream: TcpStream| async move {
        let mut all = String::new();
        stream.read_to_string(&mut all).await?;
        stream.write_all(format!("{} bytes", all.len()).as_bytes()).await
    })
    .await;
    let script = "
s = socket.create_connection(at)
s.sendall(b'abc'); s.sendall(b'def')
s.shutdown(socket.SHUT_WR)
print(s.makefile().read())
";
    assert_eq!(bench.output(python(&bench, script, address)).await, ["6 bytes"]);
}

/// Says what happens to a connection that only waits.
const WAIT: &str = "
try:
    s = socket.create_connection(at)
    print('closed' if s.recv(1) == b'' else 'answered')
except OSError as error:
    print(type(error).__name__)
";

trial!(async a_refused_connection_is_reset_inside);
async fn a_refused_connection_is_reset_inside() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    // A port that is ours and has no listener.
    let unused = tokio::net::TcpSocket::new_v4().unwrap();
    unused.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = unused.local_addr().unwrap();
    let lines = bench.output(python(&bench, WAIT, address)).await;
    assert!(
        lines == ["ConnectionResetError"] || lines == ["ConnectionRefusedError"],
        "{lines:?}"
    );
}

trial!(async a_reset_is_relayed);
async fn a_reset_is_relayed() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (address, _) = server(|stream: TcpStream| async move { stream.set_zero_linger() }).await;
    assert_eq!(
        bench.output(python(&bench, WAIT, address)).await,
        ["ConnectionResetError"]
    );
    let (address, _) = server(|stream: TcpStream| async move {
        drop(stream);
        Ok(())
    })
    .await;
    assert_eq!(bench.output(python(&bench, WAIT, address)).await, ["closed"]);
}

trial!(async only_endpoints_of_the_drill_are_reachable);
async fn only_endpoints_of_the_drill_are_reachable() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (allowed, _) = server(page).await;
    let (other, count) = server(page).await;
    let script = format!(
        "
import errno
def attempt(family, kind, to):
    try:
        s = socket.socket(family, kind)
        s.settimeout(5)
        s.connect(to)
        s.send(b'x')
        print('reached', to)
    except OSError as error:
        print(errno.errorcode.get(error.errno, error))
attempt(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', {}))
for host in ['10.0.0.1', '192.168.0.1', '169.254.169.254', '192.0.2.1', '8.8.8.8']:
    attempt(socket.AF_INET, socket.SOCK_STREAM, (host, 80))
    attempt(socket.AF_INET, socket.SOCK_DGRAM, (host, 53))
attempt(socket.AF_INET6, socket.SOCK_STREAM, ('fd00:ec2::254', 80))
try: socket.getaddrinfo('amazonaws.com', 443); print('resolved')
except socket.gaierror: print('no name')
try: socket.socket(socket.AF_PACKET, socket.SOCK_RAW); print('raw')
except OSError: print('not raw')
print(sorted(name for _, name in socket.if_nameindex()))
",
        other.port()
    );
    let lines = bench.output(python(&bench, &script, allowed)).await;
    let mut expected = vec!["ECONNREFUSED"];
    expected.extend(["ENETUNREACH"; 11]);
    expected.extend(["no name", "not raw", "['lo']"]);
    assert_eq!(lines, expected);
    assert_eq!(
        count.load(Ordering::Relaxed),
        0,
        "no connection reached the other port of the machine"
    );
}

trial!(async the_namespaces_are_not_those_of_the_machine);
/// Abstract sockets, IPC and processes of the machine belong to its namespaces: what the filter of system calls lets
/// through by mistake meets others here.
async fn the_namespaces_are_not_those_of_the_machine() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let script = format!(
        "for name in {}; do echo $name $(readlink /proc/self/ns/$name); done",
        NAMESPACES.join(" ")
    );
    let inside = bench.output(bench.script(&script)).await;
    assert_eq!(inside.len(), NAMESPACES.len(), "{inside:?}");
    for (name, seen) in NAMESPACES.iter().zip(inside) {
        let outside = std::fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
        let outside = format!("{name} {}", outside.display());
        assert!(outside.contains(":["), "{outside}");
        // The same kind of namespace, and another one.
        assert!(seen.starts_with(outside.split('[').next().unwrap()), "{seen}");
        assert_ne!(seen, outside);
    }
}

/// Those that a sandbox has of its own.
const NAMESPACES: [&str; 6] = ["user", "mnt", "pid", "net", "ipc", "uts"];

trial!(async abstract_sockets_of_the_machine_are_not_there);
/// Before a program meets the filter of system calls, which refuses Unix sockets, it sees none: the network namespace has
/// none of the machine's.
async fn abstract_sockets_of_the_machine_are_not_there() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr as Address, UnixListener};
    let name = format!("firedrill-test-{}", std::process::id());
    let _listener = UnixListener::bind_addr(&Address::from_abstract_name(&name).unwrap()).unwrap();
    let outside = std::fs::read_to_string("/proc/net/unix").unwrap();
    assert!(outside.contains(&name), "it is seen outside");
    let (address, _) = server(page).await;
    let script = format!(
        "
print('{name}' in open('/proc/net/unix').read())
try: socket.socket(socket.AF_UNIX).connect(b'\\0{name}'); print('reached')
except OSError as error: print(type(error).__name__)
"
    );
    assert_eq!(
        bench.output(python(&bench, &script, address)).await,
        ["False", "OSError"]
    );
}

trial!(async sockets_outside_network_namespaces_are_refused);
async fn sockets_outside_network_namespaces_are_refused() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let (address, _) = server(page).await;
    let script = "
import ctypes, errno
for family in {'vsock': 40, 'unix': 1, 'alg': 38, 'bluetooth': 31, 'packet': 17}.values():
    for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET]:
        try: socket.socket(family, kind); print(family, 'made')
        except OSError as error: assert error.errno == errno.EAFNOSUPPORT, (family, error)
libc = ctypes.CDLL(None, use_errno=True)
machine = os.uname().machine
keyctl, add_key, request_key = (250, 248, 249) if machine == 'x86_64' else (219, 217, 218)
for call in [keyctl, add_key, request_key, 425, 426, 427]:
    ctypes.set_errno(0)
    assert libc.syscall(call, 0, 0, 0, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM, (call, ctypes.get_errno())
# An end of a pair for datagrams could send to the path of any socket; Linux makes one of the raw type, too.
flag_sets = [0, socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK, socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK]
tipc = 30
for family in [socket.AF_UNIX, tipc]:
    for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_RDM, socket.SOCK_SEQPACKET, 5 | 0x100]:
        if (family, kind) == (socket.AF_UNIX, socket.SOCK_STREAM): continue
        for flags in flag_sets:
            try: socket.socketpair(family, kind | flags); print('a pair of', family, kind, flags)
            except OSError as error: assert error.errno == errno.EAFNOSUPPORT, (family, kind, flags, error)
for flags in flag_sets:
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | flags)
    a.sendall(b'y')
    b.setblocking(True)
    assert b.recv(1) == b'y'
# Limits of the first process inside, which may be of the same user.
import resource
try: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)); print('limits of others')
except PermissionError: pass
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
# The other numbers of the same calls; unix sockets are one of them.
if machine == 'x86_64':
    ctypes.set_errno(0)
    assert libc.syscall(0x40000000 | 41, 1, 1, 0) == -1 and ctypes.get_errno() == errno.ENOSYS, ctypes.get_errno()
a, b = socket.socketpair()
a.sendall(b'x')
print('a pair', b.recv(1))
";
    assert_eq!(
        bench.output(python(&bench, script, address)).await,
        ["a pair b'x'"]
    );
}
