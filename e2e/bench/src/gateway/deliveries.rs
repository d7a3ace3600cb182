//! Posts through `@connections`, compared with the same posts to a server that only answers 200. The two are measured in turns, so
//! that other load on the machine affects both.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use papagaio::latency::Latency;
use xtask_lib::table::{Column, render};

use super::quiet::Quiet;
use super::socket::Socket;
use crate::peers;

/// Clients, each with a task that posts to it.
const CLIENTS: usize = 16;
/// Turns of each server, after one that is not counted.
const TURNS: usize = 5;
/// About the length of a chat message as JSON, in bytes.
const LENGTH: usize = 120;
/// The length with the head of a server's frame.
const FRAME: usize = LENGTH + 2;
/// How long to wait for the next delivery after the last post before the rest counts as lost.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How often clients read: rarely, because reading takes processor time from the gateway.
const READ_EVERY: Duration = Duration::from_millis(2);

/// The figures of one server over all its turns.
#[derive(Debug, Default)]
struct Figures {
    times: Latency,
    rates: Vec<f64>,
}

impl Figures {
    fn add(&mut self, (times, rate): (Vec<Duration>, f64)) {
        self.times.extend(times);
        self.rates.push(rate);
    }

    /// The median of the turns.
    fn rate(&mut self) -> f64 {
        self.rates.sort_by(f64::total_cmp);
        self.rates.get(self.rates.len() / 2).copied().unwrap_or(0.0)
    }
}

/// Prints deliveries per second and the time of a post, for both. Each turn posts `posts` times to each client.
pub(crate) fn print(programs: &Path, posts: usize) -> Result<()> {
    // A separate process, like the gateway.
    let (_bare, bare) = peers::start_bare::<String>("bare-server")?;
    let quiet = Quiet::start(programs)?;
    let address = quiet.address();
    let sockets = (0..CLIENTS).map(|_| Socket::connect(address));
    let mut sockets = sockets.collect::<Result<Vec<_>>>()?;
    let mut paths = Vec::new();
    for socket in &mut sockets {
        paths.push(format!(
            "/bench/@connections/{}",
            socket.id()?.replace('=', "%3D")
        ));
        socket.set_nonblocking()?;
    }
    let expected = CLIENTS * posts * FRAME;
    let (mut floor, mut gateway) = (Figures::default(), Figures::default());
    for turn in 0..=TURNS {
        let answered = post_all(&bare, &paths, posts)?;
        let done = AtomicBool::new(false);
        let delivered = thread::scope(|scope| {
            let reader = scope.spawn(|| read_all(&mut sockets, expected, &done));
            let posted = post_all(address, &paths, posts);
            done.store(true, Ordering::Release);
            let read = reader.join();
            let posted = posted?;
            read.map_err(|_| anyhow!("the thread that reads the clients' sockets panicked"))??;
            Ok::<_, anyhow::Error>(posted)
        })?;
        if turn > 0 {
            floor.add(answered);
            gateway.add(delivered);
        }
    }
    let (floor_rate, gateway_rate) = (floor.rate(), gateway.rate());
    let ratio = format!("{:.2}", gateway_rate / floor_rate);
    let rows = [
        row(
            "bare server that answers 200",
            floor_rate,
            floor,
            "1.00".to_owned(),
        ),
        row(
            "gateway, delivered to the client",
            gateway_rate,
            gateway,
            ratio,
        ),
    ];
    let columns = [
        Column::Words("POST of 120 bytes, 16 at a time"),
        Column::Numbers("a second"),
        Column::Numbers("p50, in µs"),
        Column::Numbers("p99"),
        Column::Numbers("ratio (goal 0.6)"),
    ];
    println!("\n{}", render(&columns, &rows).trim_end());
    Ok(())
}

fn row(name: &str, rate: f64, figures: Figures, ratio: String) -> Vec<String> {
    let times = figures.times;
    vec![
        name.to_owned(),
        format!("{rate:.0}"),
        times.median().as_micros().to_string(),
        times.percentile(99.0).as_micros().to_string(),
        ratio,
    ]
}

/// Posts to all paths at once. Returns how long each post took, and posts per second.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of posts are far below 2^52"
)]
fn post_all(address: &str, paths: &[String], posts: usize) -> Result<(Vec<Duration>, f64)> {
    let start = Instant::now();
    let times = thread::scope(|scope| {
        let posters: Vec<_> = paths
            .iter()
            .map(|path| scope.spawn(move || post(address, path, posts)))
            .collect();
        let mut all = Vec::new();
        for poster in posters {
            let times = poster.join();
            all.extend(times.map_err(|_| anyhow!("a thread that posts panicked"))??);
        }
        Ok::<_, anyhow::Error>(all)
    })?;
    let rate = times.len() as f64 / start.elapsed().as_secs_f64();
    Ok((times, rate))
}

/// Posts sequentially over one connection, as an SDK does.
fn post(address: &str, path: &str, posts: usize) -> Result<Vec<Duration>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: {LENGTH}\r\n\r\n{}",
        "x".repeat(LENGTH)
    );
    let mut times = Vec::with_capacity(posts);
    let mut line = String::new();
    for _ in 0..posts {
        let start = Instant::now();
        writer.write_all(request.as_bytes())?;
        line.clear();
        reader.read_line(&mut line)?;
        ensure!(
            line.starts_with("HTTP/1.1 200"),
            "a post was answered with {line}"
        );
        // Neither server sends a body.
        while !line.trim().is_empty() {
            line.clear();
            let length = reader.read_line(&mut line)?;
            ensure!(length > 0, "the server closed the connection");
        }
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Reads all clients periodically until they have received the expected number of bytes.
fn read_all(sockets: &mut [Socket], expected: usize, posted: &AtomicBool) -> Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    let mut total = 0;
    let mut progress = Instant::now();
    while total < expected {
        let was_posted = posted.load(Ordering::Acquire);
        let before = total;
        for socket in &mut *sockets {
            total += socket
                .drain(&mut buffer)
                .context("the gateway disconnected a client")?;
        }
        if total > before {
            progress = Instant::now();
        }
        ensure!(
            !was_posted || progress.elapsed() < TIMEOUT,
            "{total} of {expected} bytes were delivered"
        );
        thread::sleep(READ_EVERY);
    }
    ensure!(
        total == expected,
        "{total} bytes were delivered instead of {expected}"
    );
    Ok(())
}
