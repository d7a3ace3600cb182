//! What a path of the gateway means. Stage and connection id are compared decoded, because the SDKs escape `=` and some
//! escape `@`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `/{stage}`: the socket.
    Socket,
    /// `/{stage}/@connections/{id}`.
    Connection(Cow<'a, str>),
    /// `/_gateway/schedules/{function}`, which AWS does not have.
    Schedule(Cow<'a, str>),
    /// Anything else: the site, or 403.
    Elsewhere,
}

impl<'a> Target<'a> {
    pub(crate) fn of(path: &'a str, stage: &str) -> Self {
        let steps: Vec<_> = path
            .split('/')
            .skip(1)
            .map(|step| percent_decode_str(step).decode_utf8_lossy())
            .collect();
        let mut steps = steps.into_iter();
        let rest = (steps.next(), steps.next(), steps.next(), steps.next());
        match rest {
            (Some(first), None, ..) if first == stage => Self::Socket,
            (Some(first), Some(second), Some(id), None)
                if first == stage && second == "@connections" =>
            {
                Self::Connection(id)
            }
            (Some(first), Some(second), Some(function), None)
                if first == "_gateway" && second == "schedules" =>
            {
                Self::Schedule(function)
            }
            _ => Self::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_mean_the_same_escaped_or_not() {
        let id = || Target::Connection("abc=".into());
        assert_eq!(Target::of("/dev", "dev"), Target::Socket);
        assert_eq!(Target::of("/dev/@connections/abc=", "dev"), id());
        assert_eq!(Target::of("/dev/%40connections/abc%3D", "dev"), id());
        assert_eq!(
            Target::of("/_gateway/schedules/clean", "dev"),
            Target::Schedule("clean".into())
        );
    }

    #[test]
    fn everything_else_is_elsewhere() {
        let paths = [
            "",
            "/",
            "/prod",
            "/prod/@connections/abc=",
            "/@connections/abc=",
            "/dev/",
            "/dev/@connections",
            "/dev/@connections/a/b",
            "/dev/x",
            "/_gateway",
            "/%ff",
        ];
        for path in paths {
            assert_eq!(Target::of(path, "dev"), Target::Elsewhere, "{path}");
        }
    }
}
