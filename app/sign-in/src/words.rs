//! The texts of the page, in Brazilian Portuguese and English.

use crate::problem::Problem;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Brazilian Portuguese.
    Portuguese,
    /// English.
    English,
}

/// A sentence, and the button to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The situation.
    pub text: &'static str,
    /// The label of the button.
    pub button: &'static str,
}

impl Language {
    /// The language of the document, which `boot.js` has set.
    pub fn from_tag(tag: &str) -> Self {
        if tag.to_ascii_lowercase().starts_with("pt") {
            Self::Portuguese
        } else {
            Self::English
        }
    }

    /// After signing out. `everywhere` is false if the issuer could not be told.
    pub(crate) fn signed_out(self, everywhere: bool) -> Words {
        let (text, button) = match (self, everywhere) {
            (Self::Portuguese, true) => ("Você saiu do Papo.", "Entrar"),
            (Self::English, true) => ("You are signed out.", "Sign in"),
            (Self::Portuguese, false) => (
                "Você saiu do Papo, mas o serviço de login não respondeu: sua sessão nele pode continuar aberta.",
                "Entrar",
            ),
            (Self::English, false) => (
                "You are signed out of Papo, but the sign-in service did not answer: your session there may still be open.",
                "Sign in",
            ),
        };
        Words { text, button }
    }

    /// Why signing in did not succeed.
    pub fn problem(self, problem: &Problem) -> Words {
        let text = match (self, problem) {
            (Self::Portuguese, Problem::Denied(_)) => "O login foi cancelado ou recusado.",
            (Self::English, Problem::Denied(_)) => "Signing in was cancelled or refused.",
            (Self::Portuguese, Problem::Unreachable(_)) => {
                "O serviço de login não responde. Verifique a conexão e tente de novo."
            }
            (Self::English, Problem::Unreachable(_)) => {
                "The sign-in service does not answer. Check your connection and try again."
            }
            (Self::Portuguese, Problem::Unexpected) => {
                "Este login expirou ou não foi iniciado nesta aba. Comece de novo."
            }
            (Self::English, Problem::Unexpected) => {
                "This sign-in has expired or was not started in this tab. Please start over."
            }
            (Self::Portuguese, Problem::Misconfigured(_)) => {
                "O login não está configurado corretamente. Avise quem administra este Papo."
            }
            (Self::English, Problem::Misconfigured(_)) => {
                "Sign-in is not set up correctly. Please tell the administrator of this site."
            }
            (Self::Portuguese, Problem::Storage) => {
                "Para entrar, permita que este site guarde dados no navegador."
            }
            (Self::English, Problem::Storage) => {
                "To sign in, allow this site to store data in the browser."
            }
        };
        let button = match self {
            Self::Portuguese => "Tentar de novo",
            Self::English => "Try again",
        };
        Words { text, button }
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, Problem};

    #[test]
    fn every_problem_has_a_text_in_both_languages() {
        let portuguese = Language::from_tag("pt-BR");
        let english = Language::from_tag("de");
        for problem in [
            Problem::Denied(String::new()),
            Problem::Unreachable(String::new()),
            Problem::Unexpected,
            Problem::Misconfigured(String::new()),
            Problem::Storage,
        ] {
            let (pt, en) = (portuguese.problem(&problem), english.problem(&problem));
            assert_ne!(pt.text, en.text);
            assert_eq!((pt.button, en.button), ("Tentar de novo", "Try again"));
        }
    }
}
