//! `cargo xtask dev`

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::scripts::{Ended, Scripts};

const GATEWAY: &str = "sleep 1000 & echo $$ $! > $HERE/gateway-processes; echo '{\"endpoint\":\"ws://here\",\"dynamodb\":\"http://there\"}'; wait";
const TRUNK: &str = "[ \"$1\" = --version ] && { echo trunk 0.21.14; exit; }; sleep 1000 & echo $$ $! > $HERE/trunk-processes; wait";

/// A port on which nothing listens. It is below those that systems give to outgoing connections, because other tests may open
/// some before it is used.
fn free_port() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = process::id().wrapping_mul(16) % 10_000;
    loop {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(20_000 + (first + offset) % 10_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port.to_string();
        }
    }
}

/// Runs `cargo xtask dev` on free ports, with more arguments.
#[track_caller]
fn dev(scripts: &Scripts, more: &[&str]) -> Ended {
    let ports = ["--port", &free_port(), "--gateway-port", &free_port()];
    scripts.run(&[&["dev"], &ports[..], more].concat())
}

#[test]
fn a_port_in_use_is_reported_before_anything_is_built() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().port().to_string();
    let scripts = Scripts::new().with_cargo("touch $HERE/built; exit 1");
    for option in ["--port", "--gateway-port"] {
        let (port, gateway_port) = if option == "--port" {
            (taken.clone(), free_port())
        } else {
            (free_port(), taken.clone())
        };
        let holder = if cfg!(target_os = "linux") {
            format!("(kill {})", std::process::id())
        } else {
            "the program that listens there".to_owned()
        };
        scripts
            .run(&["dev", "--port", &port, "--gateway-port", &gateway_port])
            .code(1)
            .fails_with(&format!("port {taken} is in use"))
            .fails_with(&holder)
            .fails_with(&format!("or choose another port with {option}"));
    }
    assert!(!scripts.path("built").exists());
}

#[test]
fn one_port_for_both_servers_is_rejected_before_anything_is_built() {
    let port = free_port();
    let scripts = Scripts::new().with_cargo("touch $HERE/built; exit 1");
    scripts
        .run(&["dev", "--port", &port, "--gateway-port", &port])
        .code(1)
        .fails(&format!(
            "--port and --gateway-port are both {port}: choose two different ports"
        ));
    assert!(!scripts.path("built").exists());
}

#[test]
fn a_compile_error_is_reported_before_anything_is_started() {
    let scripts = Scripts::new()
        .with_cargo("exit 101")
        .with("target/debug/gateway", GATEWAY);
    dev(&scripts, &[]).code(1).fails(
        "building the gateway failed: `cargo build -p papo-gateway --bins` failed (exit status: 101)",
    );
    assert!(!scripts.path("gateway-processes").exists());
}

#[test]
fn a_database_that_cannot_be_written_is_reported_before_anything_is_built() {
    let scripts = Scripts::new().with_cargo("touch $HERE/built; exit 1");
    std::fs::write(scripts.path("file"), "").unwrap();
    dev(&scripts, &["--data", "file/data"]).code(1).fails_with(
        "/file/data for the database: choose another directory with --data, or --memory",
    );
    assert!(!scripts.path("built").exists());
}

#[test]
fn flags_for_this_machine_are_named_where_the_app_does_not_compile_with_them() {
    let scripts = Scripts::new()
        .with_cargo("case \"$*\" in *wasm32*) exit 101;; esac")
        .with("trunk", TRUNK);
    let ports = ["--port", &free_port(), "--gateway-port", &free_port()];
    let mut command = scripts.command(&[&["dev"], &ports[..]].concat());
    command.env("RUSTFLAGS", "-C link-arg=-fuse-ld=mold");
    let ended = scripts.start_command(command).end();
    ended
        .code(1)
        .fails_with("building the app failed (RUSTFLAGS also applies to WebAssembly");
}

#[test]
fn a_gateway_that_does_not_start_is_reported() {
    let scripts = Scripts::new()
        .with("target/debug/gateway", "exit 3")
        .with("trunk", TRUNK);
    dev(&scripts, &[]).code(1).fails(
        "the gateway exited (exit status: 3), so everything was stopped; see its output above",
    );
}

#[test]
fn when_one_server_exits_the_others_are_terminated() {
    let trunk = "[ \"$1\" = --version ] && { echo trunk 0.21.14; exit; }
        until [ -s $HERE/gateway-processes ]; do sleep 0.05; done; exit 4";
    let scripts = Scripts::new()
        .with("target/debug/gateway", GATEWAY)
        .with("trunk", trunk);
    dev(&scripts, &[]).code(1).fails(
        "trunk serve exited (exit status: 4), so everything was stopped; see its output above",
    );
    scripts.assert_ended("gateway-processes");
}

#[test]
fn the_address_is_printed_once_both_servers_answer_and_a_signal_stops_everything() {
    for signal in ["INT", "TERM", "HUP"] {
        let scripts = Scripts::new()
            .with("target/debug/gateway", GATEWAY)
            .with("trunk", TRUNK);
        let (port, gateway_port) = (free_port(), free_port());
        let running = scripts.start(&["dev", "--port", &port, "--gateway-port", &gateway_port]);
        scripts.wait_for_file("trunk-processes");

        let site = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
        let (mut request, _) = site.accept().unwrap();
        assert!(request.read(&mut [0; 1024]).unwrap() > 0);
        request
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        drop((request, site));
        running.wait_for_line("gateway on ws://here, DynamoDB on http://there");
        running.wait_for_line(&format!("open http://127.0.0.1:{port}"));

        running.signal(signal);
        running.end().code(0);
        scripts.assert_ended("gateway-processes");
        scripts.assert_ended("trunk-processes");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_servers_end_even_if_the_command_is_killed() {
    // Without children, which nobody would end.
    let trunk = "[ \"$1\" = --version ] && { echo trunk 0.21.14; exit; }
        echo $$ > $HERE/trunk-processes; exec sleep 1000";
    let scripts = Scripts::new()
        .with(
            "target/debug/gateway",
            "echo $$ > $HERE/gateway-processes; exec sleep 1000",
        )
        .with("trunk", trunk);
    let ports = ["--port", &free_port(), "--gateway-port", &free_port()];
    let running = scripts.start(&[&["dev"], &ports[..]].concat());
    scripts.wait_for_file("gateway-processes");
    scripts.wait_for_file("trunk-processes");
    running.signal("KILL");
    scripts.wait_for_end("gateway-processes");
    scripts.wait_for_end("trunk-processes");
}

#[test]
fn an_old_node_is_reported_before_anything_is_built() {
    let scripts = Scripts::new()
        .with_cargo("touch $HERE/built; exit 1")
        .with("npm", "exit 1")
        .with("node", "echo v14.21.3");
    dev(&scripts, &["--auth"])
        .code(1)
        .fails_with("is Node.js 14.21.3: install Node.js 20 or newer");
    assert!(!scripts.path("built").exists());
}

#[test]
fn a_gateway_that_cargo_has_put_elsewhere_is_reported() {
    let scripts = Scripts::new().with("trunk", TRUNK);
    dev(&scripts, &[])
        .code(1)
        .fails_with("target/debug/gateway: does a configuration file of cargo set build.target?");
}

#[test]
fn the_database_is_kept_unless_memory_is_requested() {
    let gateway = "echo \"$@\" > $HERE/arguments; exit 3";
    let scripts = Scripts::new()
        .with("target/debug/gateway", gateway)
        .with("trunk", TRUNK);
    let ports = ["--port", &free_port(), "--gateway-port", &free_port()];
    for (more, expected) in [
        (&[][..], "--data .papo/data"),
        (&["--memory"], "--memory"),
        (&["--data", "else"], "--data else"),
    ] {
        scripts.run(&[&["dev"], &ports[..], more].concat()).code(1);
        let arguments = std::fs::read_to_string(scripts.path("arguments")).unwrap();
        assert!(arguments.trim().ends_with(expected), "{arguments}");
        assert!(
            arguments.contains(&format!("--listen 127.0.0.1:{}", ports[3])),
            "{arguments}"
        );
    }
}

const NODE: &str = "[ \"$1\" = --version ] && { echo v20.1.0; exit; }; sleep 1000 & echo $$ $! > $HERE/node-processes; echo '{\"issuer\":\"http://127.0.0.1:99\"}'; wait";

#[test]
fn with_auth_a_local_issuer_is_started_and_named_to_the_gateway_and_the_page() {
    let gateway = format!("echo \"$@\" > $HERE/arguments; {GATEWAY}");
    let trunk = "[ \"$1\" = --version ] && { echo trunk 0.21.14; exit; }
        until [ -s $HERE/gateway-processes ]; do sleep 0.05; done; exit 4";
    let scripts = Scripts::new()
        .with("target/debug/gateway", &gateway)
        .with("trunk", trunk)
        .with("npm", "mkdir node_modules")
        .with("node", NODE);
    let (port, gateway_port) = (free_port(), free_port());
    let ports = ["--port", &port, "--gateway-port", &gateway_port];
    scripts
        .run(&[&["dev", "--auth"], &ports[..]].concat())
        .code(1)
        .prints("issuer on http://127.0.0.1:99")
        .fails(
            "trunk serve exited (exit status: 4), so everything was stopped; see its output above",
        );
    let arguments = std::fs::read_to_string(scripts.path("arguments")).unwrap();
    assert!(
        arguments.contains("--parameter Issuer=http://127.0.0.1:99 --parameter Audience=papo"),
        "{arguments}"
    );
    // Named after the port, so that several can run at the same time.
    let settings = scripts.path(&format!("target/trunk-serve/{port}/Trunk.toml"));
    let settings = std::fs::read_to_string(settings).unwrap();
    assert!(settings.contains("stage = \"post_build\""), "{settings}");
    scripts.assert_ended("node-processes");
}

#[test]
fn an_issuer_that_does_not_start_is_reported() {
    let scripts = Scripts::new()
        .with("trunk", TRUNK)
        .with("npm", "mkdir node_modules")
        .with(
            "node",
            "[ \"$1\" = --version ] && { echo v20.1.0; exit; }; exit 3",
        );
    dev(&scripts, &["--auth"]).code(1).fails(
        "the issuer exited (exit status: 3), so everything was stopped; see its output above",
    );
}

#[test]
fn without_the_package_of_the_issuer_nothing_is_built() {
    let scripts = Scripts::new()
        .with_cargo("touch $HERE/built; exit 1")
        .with("npm", "exit 1")
        .with("node", NODE);
    dev(&scripts, &["--auth"])
        .code(1)
        .fails_with("cannot install oauth2-mock-server-9.3.0");
    assert!(!scripts.path("built").exists());
}
