//! The content of templates and of the files that they name.

use std::{fs::File, io::Read as _, path::Path};

use super::{
    program,
    yaml::{self, Node},
};

/// Largest template, in bytes: far more than CloudFormation accepts, so that something else is not read to its end.
const MAX_SOURCE: u64 = 16 * 1024 * 1024;

/// The document in a file, or the value of a program.
pub(super) fn document(file: &Path) -> Result<Node, String> {
    parse(&evaluated(file)?)
}

/// The document in a text. An error names the line.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    yaml::read(text).map_err(|(line, message)| format!("line {line}: {message}"))
}

/// The text of a file, or of the value of a program.
pub(super) fn evaluated(file: &Path) -> Result<String, String> {
    if program::is_program(file) {
        program::evaluate(file)
    } else {
        read(file)
    }
}

/// The text of a file.
pub(super) fn read(file: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(MAX_SOURCE + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_SOURCE {
        return Err("it is larger than 16 MB".to_owned());
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16; save it as UTF-8".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + String::from_utf8_lossy(valid).matches('\n').count();
        format!("line {line} is not UTF-8; save the file as UTF-8")
    })
}
