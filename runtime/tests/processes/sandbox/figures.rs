//! What the sandbox costs; not a test, asked for with `--ignored`.

use runtime::sandbox::Ended;
use runtime::wall;
use test_harness::trial;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::bench::Bench;

const STARTS: usize = 20;

/// Round trips of one byte, one after the other, in microseconds at the median.
const ROUND_TRIPS: &str = "
import socket, statistics, sys, time
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
took = []
for _ in range(3000):
    begin = time.perf_counter()
    s.send(b'x'); s.recv(1)
    took.append(time.perf_counter() - begin)
print(round(statistics.median(took) * 1e6))
";

trial!(async figures_of_the_sandbox, ignored);
async fn figures_of_the_sandbox() {
    let Some(bench) = Bench::isolated().await else {
        return;
    };
    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..STARTS {
        let begin = wall::mono();
        let (ended, _) = bench.run(bench.script("exit 0")).await;
        assert_eq!(ended, Ended::Code(0));
        took[0].push(wall::mono().since(begin));
        let begin = wall::mono();
        let spec = bench.script("exit 0");
        let child = bench
            .sandbox
            .spawn_unisolated(&bench.supervisor, spec, |_| {})
            .await
            .unwrap();
        assert_eq!(child.wait().await, Ended::Code(0));
        took[1].push(wall::mono().since(begin));
    }
    for (took, name) in took.iter_mut().zip(["in a sandbox", "without"]) {
        took.sort();
        println!(
            "`exit 0` {name}: {:?} at the median of {STARTS}",
            took[STARTS / 2]
        );
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let mut byte = [0];
                while stream.read_exact(&mut byte).await.is_ok() && stream.write_all(&byte).await.is_ok() {}
            });
        }
    });
    std::fs::write(bench.path("trips.py"), ROUND_TRIPS).unwrap();
    let script = format!("exec python3 trips.py {}", address.port());
    let inside = bench.output(bench.script(&script).endpoints([address])).await;
    let lines = std::sync::Arc::new(parking_lot::Mutex::new(Vec::new()));
    let sink = std::sync::Arc::clone(&lines);
    let spec = bench.script(&script);
    let direct = bench
        .sandbox
        .spawn_unisolated(&bench.supervisor, spec, move |line| sink.lock().push(line.text));
    direct.await.unwrap().wait().await;
    println!(
        "a round trip: {} µs through the relay, {} µs direct",
        inside[0],
        lines.lock()[0]
    );
}
