//! Values from outside the template: parameters, and references to other stacks and services.

use super::*;

const OUTSIDE: &str = r#"
Parameters:
  Domain: { Type: String }
  Secret: { Type: String, NoEcho: true }
  Stored: { Type: "AWS::SSM::Parameter::Value<String>", Default: /app/color }
Conditions:
  Never: !Equals [a, b]
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Talk.Arn } }
  Talk:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      CodeUri: code
      Environment:
        Variables:
          COLOR: !Ref Stored
          KEY: "a-{{resolve:ssm:/app/key:1}}-{{resolve:secretsmanager:login:SecretString:password}}"
          TABLE: !ImportValue other:table
          CUT: "{{resolve:ssm:/app"
  Name:
    Type: AWS::ApiGatewayV2::DomainName
    Properties: { DomainName: !Ref Domain }
"#;

fn given(source: &str, parameters: &[(&str, &str)]) -> Result<Stack, Errors> {
    let file = Path::new("stack/template.yaml");
    read(file, source, &with_parameters(parameters))
}

#[test]
fn a_parameter_needs_a_value_only_where_something_that_runs_reads_it() {
    reading(OUTSIDE).unwrap();
    let source = OUTSIDE.replace("COLOR: !Ref Stored", "COLOR: !Ref Secret");
    refused(
        &source,
        "  Secret: {",
        "the parameter Secret has no default; pass --parameter Secret=VALUE",
    );
    let errors = reading(&source).unwrap_err().to_string();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    let source = OUTSIDE.replace("!Equals [a, b]", "!Equals [!Ref Secret, b]");
    refused(&source, "  Secret: {", "--parameter Secret=VALUE");
    assert!(given(&source, &[("Secret", "x")]).is_ok());
}

#[test]
fn names_stand_in_for_values_elsewhere_unless_the_command_line_has_them() {
    let stack = reading(OUTSIDE).unwrap();
    let variables = &stack.functions[0].environment;
    assert_eq!(variables["COLOR"], "/app/color");
    assert_eq!(variables["KEY"], "a-/app/key-login");
    assert_eq!(
        variables["TABLE"], "other-table",
        "a colon could not be part of a name"
    );
    assert_eq!(variables["CUT"], "{{resolve:ssm:/app");
    for (at, option) in [
        ("  Stored: {", "--parameter Stored=VALUE"),
        ("KEY:", "--parameter ssm:/app/key:1=VALUE"),
        (
            "KEY:",
            "--parameter secretsmanager:login:SecretString:password=VALUE",
        ),
        ("TABLE:", "--parameter import:other:table=VALUE"),
    ] {
        remarked(OUTSIDE, at, option);
    }

    let parameters = [
        ("Stored", "red"),
        ("ssm:/app/key:1", "k"),
        ("secretsmanager:login:SecretString:password", "p"),
        ("import:other:table", "rows"),
    ];
    let stack = given(OUTSIDE, &parameters).unwrap();
    let variables = &stack.functions[0].environment;
    assert_eq!(variables["COLOR"], "red");
    assert_eq!(variables["KEY"], "a-k-p");
    assert_eq!(variables["TABLE"], "rows");
    assert_eq!(stack.warnings, Vec::<String>::new());
}
