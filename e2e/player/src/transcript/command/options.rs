//! The options of `wscat`.
//!
//! Source: `wscat --help` and `bin/wscat` of the npm package wscat 6.1. That version does not have `--show-headers`; its output here is
//! our own.

/// An option of wscat.
pub(super) struct Opt {
    pub(super) short: Option<&'static str>,
    pub(super) long: &'static str,
    pub(super) meaning: Meaning,
}

/// The meaning of an option.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Connect,
    Header,
    Origin,
    Auth,
    Subprotocol,
    Execute,
    Wait,
    Slash,
    ShowPings,
    ShowHeaders,
    NoCheck,
    Ca,
    Cert,
    Key,
    Location,
    MaxRedirects,
    Host,
    Proxy,
    /// Changes only what is printed. Takes no argument.
    Nothing,
    /// wscat has it, transcripts do not.
    Unsupported,
}

/// The options that a transcript may use, for messages.
pub(super) const SUPPORTED: &str = "supported are -c, -H, -s, -o, -x, -w, -P, -n, -L, --slash, --show-headers, --auth, --host, --proxy, --ca, --cert, \
     --key, --max-redirects and --no-color";

const fn opt(short: Option<&'static str>, long: &'static str, meaning: Meaning) -> Opt {
    Opt {
        short,
        long,
        meaning,
    }
}

/// All options of wscat.
pub(super) const OPTIONS: [Opt; 23] = [
    opt(Some("-c"), "--connect", Meaning::Connect),
    opt(Some("-H"), "--header", Meaning::Header),
    opt(Some("-s"), "--subprotocol", Meaning::Subprotocol),
    opt(Some("-o"), "--origin", Meaning::Origin),
    opt(None, "--auth", Meaning::Auth),
    opt(None, "--no-color", Meaning::Nothing),
    opt(Some("-x"), "--execute", Meaning::Execute),
    opt(Some("-w"), "--wait", Meaning::Wait),
    opt(None, "--show-headers", Meaning::ShowHeaders),
    opt(Some("-P"), "--show-ping-pong", Meaning::ShowPings),
    opt(None, "--slash", Meaning::Slash),
    opt(Some("-L"), "--location", Meaning::Location),
    opt(None, "--max-redirects", Meaning::MaxRedirects),
    opt(Some("-n"), "--no-check", Meaning::NoCheck),
    opt(None, "--host", Meaning::Host),
    opt(None, "--ca", Meaning::Ca),
    opt(None, "--cert", Meaning::Cert),
    opt(None, "--key", Meaning::Key),
    opt(Some("-l"), "--listen", Meaning::Unsupported),
    opt(Some("-p"), "--protocol", Meaning::Unsupported),
    opt(None, "--proxy", Meaning::Proxy),
    opt(None, "--passphrase", Meaning::Unsupported),
    opt(Some("-V"), "--version", Meaning::Unsupported),
];
