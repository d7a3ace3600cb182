//! A server in place of GitHub that has one release of Trunk or of Binaryen.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use sha2::Digest as _;

/// The checksum that is published with the archive.
#[derive(Clone, Copy)]
pub(crate) enum Checksum {
    Correct,
    Wrong,
}

/// How the addresses of Trunk's archives start.
const TRUNK: &str = "/trunk-rs/trunk/releases/download/v0.21.14/trunk-";

/// How the addresses of Binaryen's archives start.
const BINARYEN: &str = "/WebAssembly/binaryen/releases/download/version_132/binaryen-version_132-";

/// Serves until the test process ends.
pub(crate) struct ReleaseServer {
    url: String,
}

impl ReleaseServer {
    /// Publishes an archive with `program` as the executable `trunk`.
    pub(crate) fn start(program: &str, checksum: Checksum) -> Self {
        Self::publish(TRUNK, "trunk", program, checksum)
    }

    /// Publishes an archive with `program` as the executable `wasm-opt`.
    pub(crate) fn start_with_wasm_opt(program: &str) -> Self {
        let file = "binaryen-version_132/bin/wasm-opt";
        Self::publish(BINARYEN, file, program, Checksum::Correct)
    }

    fn publish(release: &'static str, file: &str, program: &str, checksum: Checksum) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let archive = pack(directory.path(), file, program);
        let published = match checksum {
            Checksum::Correct => hex::encode(sha2::Sha256::digest(&archive)),
            Checksum::Wrong => "0".repeat(64),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = answer(stream.unwrap(), release, &archive, &published);
            }
        });
        Self { url }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }
}

fn pack(directory: &Path, name: &str, program: &str) -> Vec<u8> {
    let file = directory.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, program).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(directory).args(["-czf", "-", name]);
    tar.output().unwrap().stdout
}

fn answer(stream: TcpStream, release: &str, archive: &[u8], checksum: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().unwrap()?;
    while !lines.next().unwrap()?.is_empty() {}
    let path = request.split(' ').nth(1).unwrap();
    let (status, body) = match path.strip_prefix(release) {
        Some(name) if name.ends_with(".tar.gz.sha256") => ("200 OK", checksum.as_bytes()),
        Some(name) if name.ends_with(".tar.gz") => ("200 OK", archive),
        _ => ("404 Not Found", "not found".as_bytes()),
    };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}
