//! Placeholders of documentation, such as `<token>` or `{stage}`, which must be replaced before the command works.

use crate::pattern::{PatternError, is_name};
use crate::transcript::words::Word;

/// Rejects the first placeholder of `word` between `brackets` that is neither a variable nor captured.
pub(super) fn rejected(
    word: &Word,
    brackets: (char, char),
    is_captured: &impl Fn(&str) -> bool,
) -> Result<(), PatternError> {
    let (open, close) = brackets;
    let found = word.text.match_indices(open).find_map(|(at, _)| {
        let (name, _) = word.text[at + 1..].split_once(close)?;
        (is_sample(name) && !is_captured(name)).then_some(name)
    });
    let Some(name) = found else {
        return Ok(());
    };
    let mut variable = name.replace([' ', '.'], "-");
    if !is_name(&variable) {
        "name".clone_into(&mut variable);
    }
    let message = format!("nothing replaces {open}{name}{close} here");
    Err(PatternError::new(word.bytes.clone(), message).help(format!(
        "write the value itself, or <${variable}> and pass --variable {variable}=VALUE or, to keep it out of the output, \
         --secret {variable}=VALUE"
    )))
}

/// Whether `name` is a word or a few, and not `a to 8192 bytes`, which makes a value of this size.
fn is_sample(name: &str) -> bool {
    let is_of_words = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    name.starts_with(char::is_alphabetic)
        && name.chars().all(is_of_words)
        && !name.ends_with(" bytes")
}
