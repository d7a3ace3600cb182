//! Every word that a person sees or hears, in Brazilian Portuguese and English.

use papo_protocol::ErrorCode;

/// A language that the app speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Brazilian Portuguese.
    #[default]
    Portuguese,
    /// English.
    English,
}

impl Language {
    /// Chooses by a tag such as `pt-BR` or `en-GB`; whoever speaks neither gets English.
    pub fn from_tag(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("pt") {
            Self::Portuguese
        } else {
            Self::English
        }
    }

    /// The tag that belongs into `<html lang>`.
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

    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Portuguese => Self::English,
            Self::English => Self::Portuguese,
        }
    }

    /// The words.
    pub fn words(self) -> &'static Words {
        match self {
            Self::Portuguese => &PORTUGUESE,
            Self::English => &ENGLISH,
        }
    }

    /// "Nova tentativa em 4 s." The number and its unit stay on one line.
    pub fn retry_in(self, seconds: u64) -> String {
        match self {
            Self::Portuguese => format!("Nova tentativa em {seconds}\u{a0}s."),
            Self::English => format!("Trying again in {seconds}\u{a0}s."),
        }
    }

    /// By how much a message is too long, in bytes.
    pub fn too_long_by(self, bytes: usize) -> String {
        match self {
            Self::Portuguese => format!("A mensagem passou do limite em {bytes} bytes."),
            Self::English => format!("The message is {bytes} bytes too long."),
        }
    }

    /// "3 mensagens novas"
    pub fn new_messages(self, count: usize) -> String {
        match (self, count) {
            (Self::Portuguese, 1) => "1 mensagem nova".to_owned(),
            (Self::Portuguese, _) => format!("{count} mensagens novas"),
            (Self::English, 1) => "1 new message".to_owned(),
            (Self::English, _) => format!("{count} new messages"),
        }
    }

    /// "21 de novembro" or "21 November"; with the year if it is not this one.
    pub fn date(self, day: u32, month: u32, year: Option<i64>) -> String {
        let index = usize::try_from(month.clamp(1, 12)).unwrap_or(1) - 1;
        match (self, year) {
            (Self::Portuguese, None) => format!("{day} de {}", PORTUGUESE_MONTHS[index]),
            (Self::Portuguese, Some(year)) => {
                format!("{day} de {} de {year}", PORTUGUESE_MONTHS[index])
            }
            (Self::English, None) => format!("{day} {}", ENGLISH_MONTHS[index]),
            (Self::English, Some(year)) => format!("{day} {} {year}", ENGLISH_MONTHS[index]),
        }
    }

    /// Why the back end refused a message.
    pub fn refusal(self, code: &ErrorCode, sentence: &str) -> String {
        let words = self.words();
        match code {
            // What the composer cannot send needs no words of its own.
            ErrorCode::MessageTooLong => words.refused_long.to_owned(),
            ErrorCode::Unavailable => words.refused_unavailable.to_owned(),
            _ => format!("{} {sentence}", words.refused),
        }
    }
}

/// The words of one language.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is named after what it says")]
pub struct Words {
    pub tagline: &'static str,
    pub connecting: &'static str,
    pub online: &'static str,
    pub offline: &'static str,
    pub status: &'static str,
    pub switch_language: &'static str,
    pub theme: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub theme_system: &'static str,
    pub conversation: &'static str,
    pub today: &'static str,
    pub yesterday: &'static str,
    pub you: &'static str,
    pub expired: &'static str,
    pub other_log: &'static str,
    pub empty_title: &'static str,
    pub empty_text: &'static str,
    pub placeholder: &'static str,
    pub message: &'static str,
    pub send: &'static str,
    pub hint_send: &'static str,
    pub hint_break: &'static str,
    pub sending: &'static str,
    pub not_sent: &'static str,
    pub retry: &'static str,
    pub edit: &'static str,
    pub discard: &'static str,
    pub no_connection: &'static str,
    pub draft_is_safe: &'static str,
    pub try_now: &'static str,
    pub reconnecting: &'static str,
    pub server_problem: &'static str,
    pub dismiss: &'static str,
    pub refused: &'static str,
    pub refused_long: &'static str,
    pub refused_unavailable: &'static str,
    pub crashed: &'static str,
    pub reload: &'static str,
}

static PORTUGUESE: Words = Words {
    tagline: "Conversa em tempo real",
    connecting: "Conectando…",
    online: "Online",
    offline: "Offline",
    status: "Conexão",
    switch_language: "Switch to English",
    theme: "Tema",
    theme_light: "Claro",
    theme_dark: "Escuro",
    theme_system: "Do sistema",
    conversation: "Conversa",
    today: "Hoje",
    yesterday: "Ontem",
    you: "Você",
    expired: "Faltam mensagens aqui: elas já não são guardadas.",
    other_log: "A conversa recomeçou aqui. O que veio no meio se perdeu.",
    empty_title: "Ninguém disse nada ainda",
    empty_text: "Escreva a primeira mensagem. Todos que estiverem aqui vão recebê-la na hora.",
    placeholder: "Digite sua mensagem…",
    message: "Mensagem",
    send: "Enviar",
    hint_send: "envia",
    hint_break: "quebra a linha",
    sending: "Enviando",
    not_sent: "Não enviada.",
    retry: "Tentar de novo",
    edit: "Editar",
    discard: "Descartar",
    no_connection: "Sem conexão.",
    draft_is_safe: "O que você escrever fica guardado.",
    try_now: "Tentar agora",
    reconnecting: "Tentando de novo…",
    server_problem: "O servidor não conseguiu atender:",
    dismiss: "Entendi",
    refused: "O servidor recusou:",
    refused_long: "A mensagem é longa demais.",
    refused_unavailable: "O servidor não conseguiu enviar agora.",
    crashed: "Algo quebrou por aqui. Recarregue a página para continuar.",
    reload: "Recarregar",
};

static ENGLISH: Words = Words {
    tagline: "Real-time conversation",
    connecting: "Connecting…",
    online: "Online",
    offline: "Offline",
    status: "Connection",
    switch_language: "Mudar para português",
    theme: "Theme",
    theme_light: "Light",
    theme_dark: "Dark",
    theme_system: "System",
    conversation: "Conversation",
    today: "Today",
    yesterday: "Yesterday",
    you: "You",
    expired: "Messages are missing here: they are not kept any more.",
    other_log: "The conversation began anew here. What came in between is missing.",
    empty_title: "Nobody has said anything yet",
    empty_text: "Write the first message. Everybody who is here will get it at once.",
    placeholder: "Type your message…",
    message: "Message",
    send: "Send",
    hint_send: "sends",
    hint_break: "breaks the line",
    sending: "Sending",
    not_sent: "Not sent.",
    retry: "Try again",
    edit: "Edit",
    discard: "Discard",
    no_connection: "No connection.",
    draft_is_safe: "What you write is kept.",
    try_now: "Try now",
    reconnecting: "Trying again…",
    server_problem: "The server could not do it:",
    dismiss: "Got it",
    refused: "The server refused it:",
    refused_long: "The message is too long.",
    refused_unavailable: "The server could not send it just now.",
    crashed: "Something broke here. Reload the page to go on.",
    reload: "Reload",
};

static PORTUGUESE_MONTHS: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];

static ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portuguese_of_any_country_is_portuguese_and_the_rest_is_english() {
        for tag in ["pt-BR", "pt", "PT-pt"] {
            assert_eq!(Language::from_tag(tag), Language::Portuguese);
        }
        for tag in ["en-GB", "de", "", "zh-Hans"] {
            assert_eq!(Language::from_tag(tag), Language::English);
        }
    }

    #[test]
    fn dates_read_as_people_write_them() {
        assert_eq!(Language::Portuguese.date(21, 11, None), "21 de novembro");
        assert_eq!(Language::English.date(1, 3, Some(2024)), "1 March 2024");
        assert_eq!(Language::English.date(1, 99, None), "1 December");
    }

    #[test]
    fn one_message_is_not_plural() {
        assert_eq!(Language::Portuguese.new_messages(1), "1 mensagem nova");
        assert_eq!(Language::English.new_messages(2), "2 new messages");
    }
}
