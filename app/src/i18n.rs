//! All text that the app shows, in Brazilian Portuguese and English.
//!
//! - [`Words`]: the text, a `static` per language.
//! - [`Language`]: the choice, and how numbers and names are put into the text.
//! - [`dates`]: times and days, formatted by the browser.

pub mod dates;
mod english;
mod portuguese;
mod words;

use papo_protocol::person::InvalidName;
use papo_protocol::session::Failure;
use papo_protocol::{ErrorCode, PersonName};

use crate::browser;

pub use words::Words;

/// A language of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Brazilian Portuguese.
    #[default]
    Portuguese,
    /// English.
    English,
}

impl Language {
    /// The language to start with: the one chosen last time, else the browser's.
    pub fn preferred() -> Self {
        Self::from_tag(&browser::preferred_language())
    }

    /// Portuguese for any tag of Portuguese, such as `pt-BR`; English for all others.
    pub fn from_tag(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("pt") {
            Self::Portuguese
        } else {
            Self::English
        }
    }

    /// The tag for `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Portuguese => "pt-BR",
            Self::English => "en",
        }
    }

    /// Two letters for a button.
    pub fn short(self) -> &'static str {
        match self {
            Self::Portuguese => "PT",
            Self::English => "EN",
        }
    }

    /// The other language.
    pub fn other(self) -> Self {
        match self {
            Self::Portuguese => Self::English,
            Self::English => Self::Portuguese,
        }
    }

    /// The text of the language.
    pub fn words(self) -> &'static Words {
        match self {
            Self::Portuguese => &portuguese::WORDS,
            Self::English => &english::WORDS,
        }
    }

    /// "Nova tentativa em 4 s."
    pub fn retry_in(self, seconds: u64) -> String {
        filled(self.words().retry_in, &seconds.to_string())
    }

    /// By how many bytes a message exceeds the limit.
    pub fn too_long_by(self, bytes: usize) -> String {
        filled(self.words().too_long_by, &bytes.to_string())
    }

    /// Why a name is invalid.
    pub fn invalid_name(self, reason: InvalidName) -> &'static str {
        let words = self.words();
        match reason {
            InvalidName::Empty => words.name_empty,
            InvalidName::TooLong => words.name_too_long,
            InvalidName::ForbiddenCharacter { .. } => words.name_invisible,
        }
    }

    /// "Mudar seu nome (Ana)"
    pub fn change_name(self, name: &PersonName) -> String {
        filled(self.words().change_name, name.as_str())
    }

    /// "3 mensagens novas"
    pub fn new_messages(self, count: usize) -> String {
        let words = self.words();
        counted(count, words.new_message, words.new_messages_many)
    }

    /// Why the back end rejected a request. Codes without a translation are shown as they are: the server's sentences
    /// are English in every language.
    pub fn error(self, code: &ErrorCode) -> String {
        let words = self.words();
        match code {
            ErrorCode::MessageTooLong => words.error_too_long.to_owned(),
            ErrorCode::Unavailable => words.error_unavailable.to_owned(),
            ErrorCode::EmptyMessage => words.error_empty.to_owned(),
            ErrorCode::ForbiddenCharacter => words.error_forbidden_character.to_owned(),
            ErrorCode::InvalidName => words.error_name.to_owned(),
            ErrorCode::MessageDeleted | ErrorCode::UnknownMessage => words.error_gone.to_owned(),
            other => format!("{} ({})", words.error_other, other.as_str()),
        }
    }

    /// Why a message or a change failed.
    pub fn failure(self, failure: &Failure) -> String {
        match failure {
            Failure::Rejected(refusal) => self.error(&refusal.code),
            Failure::Gateway(message) => self.gateway_error(message),
            Failure::Unconfirmed => self.words().unconfirmed.to_owned(),
        }
    }

    /// "3 pessoas aqui"
    pub fn people_here(self, count: usize) -> String {
        let words = self.words();
        counted(count, words.person_here, words.people_here)
    }

    /// "Ana está digitando…"; empty without names.
    pub fn typing(self, names: &[String]) -> String {
        let words = self.words();
        let Some((last, others)) = names.split_last() else {
            return String::new();
        };
        match others.len() {
            0 => filled(words.is_typing, last),
            1 | 2 => {
                let names = [&others.join(", "), words.and, last].concat();
                filled(words.are_typing, &names)
            }
            _ => words.several_are_typing.to_owned(),
        }
    }

    /// "Respondendo a Ana"
    pub fn reply_to(self, name: &str) -> String {
        filled(self.words().reply_to, name)
    }

    /// What API Gateway reported when it could not pass a frame on. See
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>.
    pub fn gateway_error(self, message: &str) -> String {
        let words = self.words();
        match message {
            "Internal server error" => words.gateway_failed.to_owned(),
            "Endpoint request timed out" => words.gateway_timeout.to_owned(),
            "Too Many Requests" | "Limit Exceeded" => words.gateway_busy.to_owned(),
            "Forbidden" => words.gateway_forbidden.to_owned(),
            other => format!("{} ({other})", words.gateway_failed),
        }
    }
}

/// A text with `value` in the place of its [`GAP`].
fn filled(text: &str, value: &str) -> String {
    text.replace(GAP, value)
}

/// The text for one, or the one for more with the number in the place of its [`GAP`].
fn counted(count: usize, one: &str, more: &str) -> String {
    let text = if count == 1 { one } else { more };
    filled(text, &count.to_string())
}

/// Stands for a number or a name in a text of [`Words`].
const GAP: char = '%';

#[cfg(test)]
mod tests {
    use papo_protocol::limits::NAME_CHARACTERS;

    use super::*;

    #[test]
    fn every_tag_of_portuguese_is_portuguese_and_the_rest_is_english() {
        for tag in ["pt-BR", "pt", "PT-pt"] {
            assert_eq!(Language::from_tag(tag), Language::Portuguese);
        }
        for tag in ["en-GB", "de", "", "zh-Hans"] {
            assert_eq!(Language::from_tag(tag), Language::English);
        }
    }

    #[test]
    fn one_message_is_singular() {
        assert_eq!(Language::Portuguese.new_messages(1), "1 mensagem nova");
        assert_eq!(Language::English.new_messages(2), "2 new messages");
    }

    #[test]
    fn up_to_three_people_who_are_typing_are_named() {
        let typing = |count| {
            let names = ["Ana", "Bruno", "Carla", "Davi"].map(str::to_owned);
            Language::Portuguese.typing(&names[..count])
        };
        assert_eq!(typing(0), "");
        assert_eq!(typing(1), "Ana está digitando…");
        assert_eq!(typing(2), "Ana e Bruno estão digitando…");
        assert_eq!(typing(3), "Ana, Bruno e Carla estão digitando…");
        assert_eq!(typing(4), "Várias pessoas estão digitando…");
    }

    #[test]
    fn explains_invalid_names_in_both_languages() {
        let reason = InvalidName::TooLong;
        assert_eq!(NAME_CHARACTERS, 32);
        assert_eq!(
            Language::Portuguese.invalid_name(reason),
            "O nome é longo demais. Use até 32 caracteres."
        );
        assert_eq!(
            Language::English.invalid_name(InvalidName::Empty),
            "Enter a name."
        );
    }

    #[test]
    fn errors_with_a_known_code_are_translated() {
        let language = Language::Portuguese;
        assert_eq!(
            language.error(&ErrorCode::EmptyMessage),
            "A mensagem está vazia."
        );
        assert_eq!(
            language.error(&ErrorCode::Other("later".to_owned())),
            "O servidor recusou a mensagem. (later)"
        );
        assert_eq!(
            language.gateway_error("Internal server error"),
            "O servidor falhou. Tente de novo."
        );
    }
}
