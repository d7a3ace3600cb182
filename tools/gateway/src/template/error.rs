//! Problems of a template, reported so that its author can fix them: file, line, what was found, what is supported.

mod errors;

use std::{fmt, path::Path};

pub use self::errors::Errors;
pub(crate) use self::errors::Noticed;
use crate::paths::here;

/// One problem, with its place and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {problem}", Line(*line))]
pub struct Error {
    file: String,
    /// 0 if the problem is not in the file's text.
    line: usize,
    problem: Problem,
}

impl Error {
    /// Ties `problem` to a line (counted from 1) of `file`.
    pub(crate) fn new(file: &Path, line: usize, problem: Problem) -> Self {
        Self {
            file: file.display().to_string(),
            line,
            problem,
        }
    }

    /// A problem with a file or folder as a whole.
    pub(crate) fn of_file(file: &Path, problem: Problem) -> Self {
        Self::new(here(file), 0, problem)
    }

    /// Line of the template, counted from 1; 0 for a problem with the file as a whole.
    pub fn line(&self) -> usize {
        self.line
    }
}

/// A problem, without its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read from disk.
    #[error("cannot read the template: {0}")]
    Unreadable(String),
    /// A file that does not exist.
    #[error("there is no such file; paths are relative to {0}")]
    NoFile(String),
    /// A folder without a template.
    #[error("no template in this folder: {0}")]
    NoTemplate(String),
    /// A `samconfig.toml` that cannot be read.
    #[error("cannot read the settings of sam: {0}")]
    Config(String),
    /// Not YAML, or YAML that cannot be a template (two documents, a duplicate key).
    #[error("not a template: {0}")]
    Syntax(String),
    /// A function of the template language that is not emulated.
    #[error(
        "the intrinsic {found} is not supported here; supported are {}",
        List(INTRINSICS)
    )]
    Intrinsic {
        /// As written, in the long form.
        found: String,
    },
    /// A name that looks like a misspelling of one that exists.
    #[error("{of}: unknown {found}; did you mean {near}?")]
    Misspelt {
        /// Where it was found.
        of: String,
        /// As written.
        found: String,
        /// The name that was probably meant.
        near: String,
    },
    /// A required property is absent.
    #[error("{of} needs the property {missing}")]
    Missing {
        /// The absent property.
        missing: String,
        /// Where it belongs.
        of: String,
    },
    /// A node of the wrong kind.
    #[error("{of} must be {wanted}, found {found}")]
    Kind {
        /// Where it is.
        of: String,
        /// For instance `a mapping`.
        wanted: &'static str,
        /// For instance `a sequence`.
        found: String,
    },
    /// A value out of its range or form.
    #[error("{of} cannot be {found}: {wanted}")]
    Value {
        /// Where it is.
        of: String,
        /// As written, after intrinsics are resolved.
        found: String,
        /// The rule, as a phrase.
        wanted: String,
    },
    /// A variable of `serverless.yml` without a value.
    #[error("the variable {variable} has no value and no default{remedy}")]
    NoValue {
        /// As written, without `${` and `}`.
        variable: String,
        /// How to set it, or nothing.
        remedy: String,
    },
    /// A name that the template does not define.
    #[error(
        "{found} names neither a parameter nor a resource of this template{}",
        DidYouMean(near)
    )]
    UnknownName {
        /// The name as written.
        found: String,
        /// An existing name that looks similar.
        near: Option<String>,
    },
    /// `Fn::GetAtt` of an attribute that the gateway cannot know.
    #[error(
        "the attribute {attribute} of {resource} is not known here; known are {}",
        List(known)
    )]
    Attribute {
        /// The logical id.
        resource: String,
        /// The attribute.
        attribute: String,
        /// The attributes that can be resolved.
        known: &'static [&'static str],
    },
    /// Names that are defined in terms of each other.
    #[error("{0} is defined in terms of itself")]
    Circular(String),
    /// A parameter that has neither a default nor a value.
    #[error("the parameter {0} has no default; pass --parameter {0}=VALUE")]
    ParameterUnset(String),
    /// A parameter on the command line that the template does not declare.
    #[error(
        "--parameter {found} sets a parameter that the template does not have; it has {}",
        List(known)
    )]
    ParameterUnknown {
        /// The name on the command line.
        found: String,
        /// The declared names.
        known: Vec<String>,
    },
    /// No WebSocket API to serve.
    #[error(
        "there is no WebSocket API: one is an AWS::Serverless::WebSocketApi, an AWS::ApiGatewayV2::Api with ProtocolType \
         WEBSOCKET, or a function with a websocket event in serverless.yml; HTTP APIs are not served"
    )]
    NoApi,
    /// An API that no client can reach.
    #[error("{0} has no stage: add an AWS::ApiGatewayV2::Stage with ApiId: !Ref {0}")]
    NoStage(String),
    /// More than one WebSocket API.
    #[error("there are {} WebSocket APIs, {}; select one, for example with --api {first}", apis.len(), List(apis))]
    Apis {
        /// Each with its place.
        apis: Vec<String>,
        /// Logical id of the first.
        first: String,
    },
    /// Functions that cannot be run.
    #[error("{function} cannot run here: {reason}")]
    Function {
        /// Logical ids.
        function: String,
        /// Why, and the remedy.
        reason: String,
    },
    /// A resource that belongs to something that does not run here.
    #[error("{of} is not part of the API {api}: {remedy}")]
    Stray {
        /// Logical id and type.
        of: String,
        /// Logical id of the API.
        api: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

impl Problem {
    pub(crate) fn misspelt(of: &str, found: String, near: &str) -> Self {
        let (of, near) = (of.to_owned(), near.to_owned());
        Self::Misspelt { of, found, near }
    }

    pub(crate) fn missing(of: impl Into<String>, missing: impl Into<String>) -> Self {
        Self::Missing {
            missing: missing.into(),
            of: of.into(),
        }
    }

    pub(crate) fn kind(
        of: impl Into<String>,
        wanted: &'static str,
        found: impl Into<String>,
    ) -> Self {
        Self::Kind {
            of: of.into(),
            wanted,
            found: found.into(),
        }
    }

    pub(crate) fn value(
        of: impl Into<String>,
        found: impl Into<String>,
        wanted: impl Into<String>,
    ) -> Self {
        Self::Value {
            of: of.into(),
            found: found.into(),
            wanted: wanted.into(),
        }
    }

    /// A condition that the section `Conditions` does not define.
    pub(crate) fn undefined_condition(of: &str, found: &str) -> Self {
        Self::value(of, found, "the section Conditions has no such name")
    }
}

/// The intrinsics that can be resolved.
const INTRINSICS: &[&str] = &[
    "!Ref",
    "!Sub",
    "!GetAtt",
    "!If",
    "!Join",
    "!Split",
    "!Select",
    "!FindInMap",
    "!ImportValue",
    "!Base64",
    "!GetAZs",
    "Fn::ForEach",
    "Fn::Length",
    "Fn::ToJsonString",
    "Fn::Transform with AWS::Include",
];

/// The candidate that `found` is probably a misspelling of.
pub(crate) fn nearest<'c>(
    found: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let folded = found.to_lowercase();
    // One edit in a short name, two in a longer one.
    let limit = if folded.len() < 8 { 1 } else { 2 };
    let length = folded.chars().count();
    candidates
        .into_iter()
        // A difference in length is a distance, and much faster to find.
        .filter(|name| name.chars().count().abs_diff(length) <= limit)
        .map(|name| (strsim::osa_distance(&folded, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Writes `a, b and c`.
pub(crate) struct List<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, item) in self.0.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index == last => " and ",
                _ => ", ",
            };
            write!(f, "{before}{item}")?;
        }
        Ok(())
    }
}

struct Line(usize);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            line => write!(f, ":{line}"),
        }
    }
}

struct DidYouMean<'a>(&'a Option<String>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(near) => write!(f, "; did you mean {near}?"),
            None => Ok(()),
        }
    }
}
