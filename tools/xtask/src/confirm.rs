//! Asks before something is deleted.

use std::io::{self, Write as _};

/// Asks `question` on the terminal; whether the user then types `word`.
///
/// # Errors
/// When the terminal cannot be written or read.
pub fn by_typing(word: &str, question: &str) -> io::Result<bool> {
    print!("{question} Type {word} to confirm: ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == word)
}
