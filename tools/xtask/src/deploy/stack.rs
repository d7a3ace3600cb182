//! The CloudFormation stack of a stage: its name, parameters and outputs.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;
use xtask_lib::page::SignIn;

use crate::process;
use crate::tools::aws::Aws;
use crate::workspace::Workspace;

/// The stack of one stage.
#[derive(Debug)]
pub(super) struct Stack {
    name: String,
    stage: String,
}

impl Stack {
    pub(super) fn new(stage: &str) -> Self {
        Self {
            name: format!("papo-{stage}"),
            stage: stage.to_owned(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn stage(&self) -> &str {
        &self.stage
    }

    /// The name of the table of messages, as the template makes it from the stage.
    pub(super) fn messages_table(&self) -> String {
        format!("api-{}-MessagesTable", self.stage)
    }

    pub(super) fn outputs(&self, workspace: &Workspace, aws: &Aws) -> Result<Outputs> {
        let describe = ["cloudformation", "describe-stacks", "--output", "json"];
        let mut command = aws.aws(workspace, &describe);
        let json = process::output(command.args(["--stack-name", &self.name]))
            .with_context(|| format!("cannot read the outputs of stack {}", self.name))?;
        Outputs::parse(&json).with_context(|| format!("stack {}", self.name))
    }
}

/// The same as `AllowedPattern` in the template.
pub(super) fn parse_stage(text: &str) -> Result<String, String> {
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !(1..=40).contains(&text.len()) || !text.chars().all(valid) {
        return Err("expected 1 to 40 lower-case letters and digits".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn parse_parameter(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some(("Stage", _)) => Err("use --stage".to_owned()),
        Some((_, value)) if value.contains('\\') => {
            Err("a value cannot contain a backslash: `sam deploy` may remove it".to_owned())
        }
        Some((key, _)) if !key.is_empty() => Ok(text.to_owned()),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// A parameter as `sam deploy` reads it. Without quotation marks, it would cut the value at the first space or quotation mark, and
/// reject an empty one.
pub(super) fn quoted(parameter: &str) -> String {
    let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    format!(r#"{key}="{}""#, value.replace('"', r#"\""#))
}

/// The outputs of a deployed stack.
#[derive(Debug)]
pub(super) struct Outputs {
    endpoint: String,
    all: BTreeMap<String, String>,
}

/// The part of the answer of `describe-stacks` that is used
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html>).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    stacks: Vec<Described>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

impl Outputs {
    fn parse(json: &str) -> Result<Self> {
        let description: Description =
            serde_json::from_str(json).context("`describe-stacks` printed unexpected JSON")?;
        let outputs = description.stacks.into_iter().flat_map(|it| it.outputs);
        let all: BTreeMap<_, _> = outputs
            .map(|output| (output.output_key, output.output_value))
            .collect();
        let endpoint = all.get("endpoint").context("no output `endpoint`")?.clone();
        Ok(Self { endpoint, all })
    }

    /// The address of the WebSocket API.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The issuer of the stack's users, if it has one.
    pub(super) fn sign_in(&self) -> Option<SignIn> {
        Some(SignIn {
            issuer: self.get("issuer")?.to_owned(),
            client_id: self.get("clientId")?.to_owned(),
        })
    }

    /// An output that depends on the stack's parameters.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::{Outputs, parse_parameter, parse_stage, quoted};

    #[test]
    fn reports_what_is_wrong_with_the_description() {
        for (json, expected) in [
            ("", "unexpected JSON"),
            (r#"{"Stacks":[]}"#, "no output `endpoint`"),
            (r#"{"Stacks":[{}]}"#, "no output `endpoint`"),
        ] {
            let error = Outputs::parse(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn stages_are_restricted_as_in_the_template() {
        let longest = "s".repeat(40);
        for stage in ["prod2", &longest] {
            assert_eq!(parse_stage(stage).as_deref(), Ok(stage));
        }
        let too_long = "s".repeat(41);
        for stage in ["", "Prod", "pre-prod", "a b", "produção", &too_long] {
            assert!(parse_stage(stage).is_err(), "{stage:?}");
        }
    }

    #[test]
    fn parameters_have_a_key_and_a_value() {
        assert_eq!(
            parse_parameter("RetentionDays=7").as_deref(),
            Ok("RetentionDays=7")
        );
        for parameter in ["RetentionDays", "=7", "Stage=prod", r"OriginSecret=a\b"] {
            assert!(parse_parameter(parameter).is_err(), "{parameter:?}");
        }
    }

    #[test]
    fn values_are_quoted_for_sam() {
        for (parameter, expected) in [
            ("Issuer=", r#"Issuer="""#),
            ("OriginSecret=a=b", r#"OriginSecret="a=b""#),
            (r#"OriginSecret=a"b"#, r#"OriginSecret="a\"b""#),
            (
                "ContentSecurityPolicy=a 'b'",
                r#"ContentSecurityPolicy="a 'b'""#,
            ),
        ] {
            assert_eq!(quoted(parameter), expected);
        }
    }
}
