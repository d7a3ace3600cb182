//! Reasons why a sign-in fails.

/// Why signing in did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The person declined, or the issuer did not let them in.
    #[error("the issuer denied access: {0}")]
    Denied(String),
    /// The issuer cannot be reached, or failed temporarily.
    #[error("the issuer cannot be reached: {0}")]
    Unreachable(String),
    /// The page was opened with a response that this tab did not ask for, or asked for too long ago.
    #[error("the response belongs to no sign-in that this tab has started")]
    Unexpected,
    /// The issuer's answer or the page's settings are not right. Trying again does not help.
    #[error("{0}")]
    Misconfigured(String),
    /// The browser does not store the data of a sign-in.
    #[error("this browser stores nothing")]
    Storage,
}
