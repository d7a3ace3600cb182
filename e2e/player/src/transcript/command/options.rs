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
#[derive(Clone, Copy)]
pub(super) enum Meaning {
    /// Takes no argument.
    Flag(Flag),
    /// Takes an argument.
    Setting(Setting),
    /// wscat has it, transcripts do not.
    Unsupported,
}

/// The meaning of an option without an argument.
#[derive(Clone, Copy)]
pub(super) enum Flag {
    Slash,
    ShowPings,
    ShowHeaders,
    NoCheck,
    Location,
    /// Changes only what is printed.
    NoColor,
}

/// The meaning of an option with an argument.
#[derive(Clone, Copy)]
pub(super) enum Setting {
    Connect,
    Header,
    Origin,
    Auth,
    Subprotocol,
    Execute,
    Wait,
    Ca,
    Cert,
    Key,
    MaxRedirects,
    Host,
    Proxy,
}

/// The options that a transcript may use, for messages.
pub(super) const SUPPORTED: &str = "supported are -c, -H, -s, -o, -x, -w, -P, -n, -L, --slash, --show-headers, --auth, --host, --proxy, --ca, --cert, \
     --key, --max-redirects and --no-color";

/// The short name of the option `long`, if it has one.
pub(crate) fn short_option(long: &str) -> Option<&'static str> {
    OPTIONS.iter().find(|option| option.long == long)?.short
}

const fn opt(short: Option<&'static str>, long: &'static str, meaning: Meaning) -> Opt {
    Opt {
        short,
        long,
        meaning,
    }
}

/// All options of wscat.
pub(super) const OPTIONS: [Opt; 23] = [
    opt(Some("-c"), "--connect", Meaning::Setting(Setting::Connect)),
    opt(Some("-H"), "--header", Meaning::Setting(Setting::Header)),
    opt(
        Some("-s"),
        "--subprotocol",
        Meaning::Setting(Setting::Subprotocol),
    ),
    opt(Some("-o"), "--origin", Meaning::Setting(Setting::Origin)),
    opt(None, "--auth", Meaning::Setting(Setting::Auth)),
    opt(None, "--no-color", Meaning::Flag(Flag::NoColor)),
    opt(Some("-x"), "--execute", Meaning::Setting(Setting::Execute)),
    opt(Some("-w"), "--wait", Meaning::Setting(Setting::Wait)),
    opt(None, "--show-headers", Meaning::Flag(Flag::ShowHeaders)),
    opt(
        Some("-P"),
        "--show-ping-pong",
        Meaning::Flag(Flag::ShowPings),
    ),
    opt(None, "--slash", Meaning::Flag(Flag::Slash)),
    opt(Some("-L"), "--location", Meaning::Flag(Flag::Location)),
    opt(
        None,
        "--max-redirects",
        Meaning::Setting(Setting::MaxRedirects),
    ),
    opt(Some("-n"), "--no-check", Meaning::Flag(Flag::NoCheck)),
    opt(None, "--host", Meaning::Setting(Setting::Host)),
    opt(None, "--ca", Meaning::Setting(Setting::Ca)),
    opt(None, "--cert", Meaning::Setting(Setting::Cert)),
    opt(None, "--key", Meaning::Setting(Setting::Key)),
    opt(Some("-l"), "--listen", Meaning::Unsupported),
    opt(Some("-p"), "--protocol", Meaning::Unsupported),
    opt(None, "--proxy", Meaning::Setting(Setting::Proxy)),
    opt(None, "--passphrase", Meaning::Unsupported),
    opt(Some("-V"), "--version", Meaning::Unsupported),
];
