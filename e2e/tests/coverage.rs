//! Checks that transcripts cover every error code of the protocol and every limit of a client's frames.

use std::path::Path;

use anyhow::Result;
use papagaio::files;
use papo_protocol::ErrorCode;
use papo_protocol::limits::{CLIENT_MESSAGE_ID_CHARS, FRAME_BYTES, MESSAGE_BYTES, TEXT_BYTES};

/// The text of all transcripts.
fn said() -> Result<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let paths = files::find(&[folder])?;
    let texts = paths.iter().map(std::fs::read_to_string);
    Ok(texts.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The code after `code`. Exhaustive, so that a new code does not compile until it is listed here.
///
/// `unavailable` and `rateLimited` depend on the state of the back end.
fn next(code: &ErrorCode) -> Option<ErrorCode> {
    match code {
        ErrorCode::MalformedBody => Some(ErrorCode::UnknownAction),
        ErrorCode::UnknownAction => Some(ErrorCode::InvalidMessage),
        ErrorCode::InvalidMessage => Some(ErrorCode::InvalidClientMessageId),
        ErrorCode::InvalidClientMessageId => Some(ErrorCode::InvalidHistory),
        ErrorCode::InvalidHistory => Some(ErrorCode::EmptyMessage),
        ErrorCode::EmptyMessage => Some(ErrorCode::MessageTooLong),
        ErrorCode::MessageTooLong => Some(ErrorCode::ForbiddenCharacter),
        ErrorCode::ForbiddenCharacter => Some(ErrorCode::InvalidName),
        ErrorCode::InvalidName => Some(ErrorCode::InvalidKey),
        ErrorCode::InvalidKey => Some(ErrorCode::InvalidTarget),
        ErrorCode::InvalidTarget => Some(ErrorCode::InvalidReaction),
        ErrorCode::InvalidReaction => Some(ErrorCode::InvalidRooms),
        ErrorCode::InvalidRooms => Some(ErrorCode::NotIntroduced),
        ErrorCode::NotIntroduced => Some(ErrorCode::UnknownMessage),
        ErrorCode::UnknownMessage => Some(ErrorCode::NotAuthor),
        ErrorCode::NotAuthor => Some(ErrorCode::MessageDeleted),
        ErrorCode::MessageDeleted
        | ErrorCode::RateLimited
        | ErrorCode::Unavailable
        | ErrorCode::Other(_) => None,
    }
}

#[test]
fn every_error_code_is_expected_somewhere() -> Result<()> {
    let said = said()?;
    let codes = std::iter::successors(Some(ErrorCode::MalformedBody), next);
    for code in codes {
        let expected = format!("\"code\":\"{}\"", code.as_str());
        assert!(said.contains(&expected), "no transcript expects {expected}");
    }
    Ok(())
}

#[test]
fn every_limit_is_tried_from_both_sides() -> Result<()> {
    let said = said()?;
    for limit in [TEXT_BYTES, CLIENT_MESSAGE_ID_CHARS] {
        for size in [limit, limit + 1] {
            let tried = format!(" * {size}>");
            assert!(said.contains(&tried), "no transcript has <…{tried}");
        }
    }
    for limit in [FRAME_BYTES, MESSAGE_BYTES] {
        for size in [limit, limit + 1] {
            let tried = format!(" to {size} bytes>");
            assert!(said.contains(&tried), "no transcript has <…{tried}");
        }
    }
    Ok(())
}
