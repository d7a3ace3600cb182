//! How variables are written: `${source, source}`, one within another.

/// The kinds of sources; `${AWS::Region}` and `${Resource}` belong to CloudFormation.
const SOURCES: &[&str] = &[
    "aws:",
    "cf",
    "env:",
    "file(",
    "opt:",
    "param:",
    "s3:",
    "self:",
    "sls:",
    "ssm",
    "strToBool(",
    "terraform:",
];

/// Start and end of an innermost variable.
pub(super) fn innermost(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(end) = text[from..].find('}').map(|end| from + end) {
        if let Some(start) = text[..end].rfind("${") {
            let inner = text[start + 2..end].trim_start();
            if SOURCES.iter().any(|source| inner.starts_with(source)) {
                return Some((start, end));
            }
        }
        from = end + 1;
    }
    None
}

/// The sources of a variable, separated by commas outside of quotes.
pub(super) fn split(inner: &str) -> Vec<&str> {
    let mut sources = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (index, c) in inner.char_indices() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            (',', None) => {
                sources.push(inner[start..index].trim());
                start = index + 1;
            }
            _ => {}
        }
    }
    sources.push(inner[start..].trim());
    sources
}

/// A literal default.
pub(super) fn literal(source: &str) -> Option<&str> {
    let quoted = |quote| source.strip_prefix(quote)?.strip_suffix(quote);
    quoted('\'').or_else(|| quoted('"')).or_else(|| {
        let scalar =
            source.parse::<f64>().is_ok() || ["true", "false", "null", ""].contains(&source);
        let bare = !source.contains([':', '(']);
        (scalar || bare).then_some(source)
    })
}

/// The path in `file(path)`.
pub(super) fn file(text: &str) -> Option<&str> {
    text.strip_prefix("file(")?.strip_suffix(')')
}
