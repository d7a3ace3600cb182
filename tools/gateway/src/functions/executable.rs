//! Whether this machine can run an executable, by what the file begins with. The system's own errors, such as "No such file or
//! directory" for a script with Windows line endings, do not tell.

use std::{fs::File, io::Read as _, path::Path};

/// What the kernel reads of a script is shorter.
const BEGINNING: u64 = 512;

/// `e_machine` of ELF (<https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>), and the name of the architecture.
const MACHINES: [(u8, &str); 2] = [(0x3e, "x86_64"), (0xb7, "aarch64")];
/// The place of its lower byte.
const MACHINE: usize = 18;

/// Why the file cannot run here, and the remedy; `None` when nothing speaks against it.
pub(super) fn obstacle(program: &Path) -> Option<String> {
    if !is_executable(program) {
        let command = format!("chmod +x {}", program.display());
        return Some(format!("it is not executable; run `{command}`"));
    }
    let mut start = Vec::new();
    let file = File::open(program).ok()?;
    file.take(BEGINNING).read_to_end(&mut start).ok()?;
    of_script(&start).or_else(|| of_elf(&start, std::env::consts::OS, std::env::consts::ARCH))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

fn of_script(start: &[u8]) -> Option<String> {
    let line = start
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let line = String::from_utf8_lossy(line);
    if line.ends_with('\r') {
        return Some("it has Windows line endings; save it with Unix line endings (LF)".to_owned());
    }
    let line = line.trim_start_matches([' ', '\t']);
    let interpreter = line.split([' ', '\t']).next()?;
    let is_missing = !interpreter.is_empty() && !Path::new(interpreter).exists();
    is_missing.then(|| format!("its first line names {interpreter}, which is not on this machine"))
}

fn of_elf(start: &[u8], system: &str, architecture: &str) -> Option<String> {
    if !start.starts_with(b"\x7fELF") {
        return None;
    }
    if system != "linux" {
        return Some(format!("it is built for Linux; build it for {system}"));
    }
    let machine = start.get(MACHINE)?;
    let (_, built) = MACHINES.iter().find(|(id, _)| id == machine)?;
    (*built != architecture).then(|| {
        format!("it is built for {built}; build it for {architecture}, which this machine is")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_need_an_interpreter_that_exists() {
        for fine in ["#!/bin/sh\nexit\n", "#! /bin/sh -e\n", "#!\n", "exit\n", ""] {
            assert_eq!(of_script(fine.as_bytes()), None, "{fine:?}");
        }
        for (script, words) in [
            ("#!/bin/sh\r\nexit\r\n", "Windows line endings"),
            ("#!/usr/bin/env python3\r\n", "Windows line endings"),
            ("#!/no/where -x\n", "names /no/where, which is not"),
        ] {
            let said = of_script(script.as_bytes()).unwrap();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn binaries_must_be_built_for_this_machine() {
        let elf = |machine| [b"\x7fELF".as_slice(), &[0; 14], &[machine, 0]].concat();
        let said = |machine, system| of_elf(&elf(machine), system, "x86_64");
        assert_eq!(said(0x3e, "linux"), None);
        assert_eq!(said(0, "linux"), None);
        assert_eq!(of_elf(b"MZ", "linux", "x86_64"), None);
        let wanted = "it is built for aarch64; build it for x86_64, which this machine is";
        assert_eq!(said(0xb7, "linux").as_deref(), Some(wanted));
        let wanted = "it is built for Linux; build it for macos";
        assert_eq!(said(0x3e, "macos").as_deref(), Some(wanted));
    }

    #[test]
    fn files_need_the_permission() {
        let program = std::env::current_exe().unwrap();
        assert_eq!(obstacle(&program), None);
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("bootstrap");
        std::fs::write(&file, "#!/bin/sh\n").unwrap();
        let said = obstacle(&file).unwrap();
        assert!(
            said.starts_with("it is not executable; run `chmod +x /"),
            "{said}"
        );
    }
}
