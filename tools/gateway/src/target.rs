//! Parses the path of a request.
//!
//! Steps are compared percent-decoded, because SDKs escape `=` and some escape `@`. Repeated and trailing slashes are
//! ignored, as API Gateway ignores them: an endpoint that ends with a slash makes some SDKs post to
//! `/dev//@connections/…` (localstack#11253, brefphp/symfony-bridge#53).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// `/{stage}`: the WebSocket.
    Socket,
    /// `/{stage}/@connections/{id}`, or `/@connections/{id}` as under a custom domain name that is mapped to the stage.
    Connection(Cow<'a, str>),
    /// `/2015-03-31/functions/{name}/invocations`: Lambda's `Invoke`.
    Invoke(Cow<'a, str>),
    /// `/_gateway/…`, with the steps after it: actions that AWS does not have.
    Gateway(Vec<Cow<'a, str>>),
    /// SQS, recognised by a header or a form rather than by its path.
    Queues,
    /// Systems Manager, recognised by a header.
    Parameters,
    /// Anything else: the site, or 403.
    Elsewhere,
}

impl<'a> Target<'a> {
    pub(crate) fn of(path: &'a str, stage: &str) -> Self {
        let mut steps: Vec<_> = path
            .split('/')
            .filter(|step| !step.is_empty())
            .map(|step| percent_decode_str(step).decode_utf8_lossy())
            .collect();
        let names: Vec<&str> = steps.iter().map(AsRef::as_ref).collect();
        match names.as_slice() {
            [first] if *first == stage => Self::Socket,
            [first, "@connections", _] if *first == stage => Self::Connection(steps.remove(2)),
            ["@connections", _] => Self::Connection(steps.remove(1)),
            ["2015-03-31", "functions", _, "invocations"] => Self::Invoke(steps.remove(2)),
            ["_gateway", ..] => Self::Gateway(steps.split_off(1)),
            _ => Self::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_paths_are_equal_to_unescaped_ones() {
        let id = || Target::Connection("abc=".into());
        assert_eq!(Target::of("/dev", "dev"), Target::Socket);
        assert_eq!(Target::of("/dev/@connections/abc=", "dev"), id());
        assert_eq!(Target::of("/dev/%40connections/abc%3D", "dev"), id());
        assert_eq!(Target::of("/%40connections/abc%3D", "dev"), id());
        assert_eq!(
            Target::of("/_gateway/schedules/clean", "dev"),
            Target::Gateway(vec!["schedules".into(), "clean".into()])
        );
        assert_eq!(
            Target::of("/2015-03-31/functions/a%3Ab/invocations", "dev"),
            Target::Invoke("a:b".into())
        );
    }

    #[test]
    fn repeated_and_trailing_slashes_are_ignored() {
        for path in ["/dev/", "//dev", "/dev//"] {
            assert_eq!(Target::of(path, "dev"), Target::Socket, "{path}");
        }
        let id = Target::Connection("abc=".into());
        for path in ["/dev//@connections/abc=", "/dev/@connections//abc=/"] {
            assert_eq!(Target::of(path, "dev"), id, "{path}");
        }
    }

    #[test]
    fn other_paths_lead_elsewhere() {
        let paths = [
            "",
            "/",
            "/prod",
            "/prod/@connections/abc=",
            "/@connections",
            "/dev/@connections",
            "/dev/@connections/a/b",
            "/dev/x",
            "/%ff",
        ];
        for path in paths {
            assert_eq!(Target::of(path, "dev"), Target::Elsewhere, "{path}");
        }
    }
}
