//! A stack that invokes no function, so that only the gateway is measured.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;
use papagaio::stack::Stack;
use tempfile::TempDir;

use crate::stack;

/// Without `$connect` and `$default`: clients are accepted at once, and their messages are answered with an error frame.
const TEMPLATE: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: bench
      RouteSelectionExpression: $request.body.action
      Routes: { never: { FunctionArn: !GetAtt Never.Arn } }
  Never:
    Type: AWS::Serverless::Function
    Properties: { Runtime: provided.al2023, Handler: bootstrap, CodeUri: . }
";

/// The gateway with that stack.
#[derive(Debug)]
pub(crate) struct Quiet {
    pub(crate) stack: Stack,
    _folder: TempDir,
}

impl Quiet {
    /// Starts the gateway of `programs`.
    pub(crate) fn start(programs: &Path) -> Result<Self> {
        let folder = TempDir::new()?;
        let (template, function) = (
            folder.path().join("template.yaml"),
            folder.path().join("bootstrap"),
        );
        fs::write(&template, TEMPLATE)?;
        fs::write(&function, "#!/bin/sh\nexit 1\n")?;
        fs::set_permissions(&function, fs::Permissions::from_mode(0o755))?;
        let stack = stack::builder(programs, &template).start()?;
        Ok(Self {
            stack,
            _folder: folder,
        })
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> &str {
        self.stack.endpoint().authority()
    }
}
