//! Templates as text: the stacks they become, and the problems that are reported.

mod access;
mod bundles;
mod events;
mod functions;
mod http_only;
mod intrinsics;
mod loops;
mod parameters;
mod problems;
mod resources;
mod serverless;
mod several;
mod stacks;
mod topics;
mod transforms;
mod v2;

use std::{path::Path, time::Duration};

use super::*;

const WHOLE: &str = r#"
Parameters:
  Stage: { Type: String, Default: dev, AllowedPattern: "[a-z0-9]+" }
Globals:
  Function:
    Runtime: provided.al2023
    MemorySize: 256
    Environment: { Variables: { SHARED: one, OVER: global } }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      Name: !Sub ${Stage}-api
      StageName: !Ref Stage
      RouteSelectionExpression: $request.body.action
      Routes:
        $connect: { FunctionArn: !GetAtt Talk.Arn }
        hello: { FunctionArn: !GetAtt [Talk, Arn], IntegrationTimeout: 1500, RouteResponseSelectionExpression: $default }
  Talk:
    Type: AWS::Serverless::Function
    Metadata: { BuildMethod: rust-cargolambda, BuildProperties: { Binary: talk } }
    Properties:
      FunctionName: !Sub api-${Stage}-talk
      CodeUri: code
      Timeout: 6
      Policies: [{ Statement: !If [A, B, C] }]
      Environment:
        Variables:
          OVER: !Sub ["${x}-${AWS::Region}-${!kept}", { x: !Ref Table }]
          URL: !Sub https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Stage}
          NUMBER: 010
          GONE: !Ref AWS::NoValue
      Events:
        Often: { Type: Schedule, Properties: { Schedule: rate(5 minutes) } }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: { MetricName: !Join ["", [a, b]] }
Outputs:
  Endpoint: { Value: !ImportValue elsewhere }
"#;

fn reading(source: &str) -> Result<Stack, Errors> {
    read(
        Path::new("stack/template.yaml"),
        source,
        &Overrides::default(),
    )
}

/// `WHOLE` with one text replaced by another.
fn changed(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from:?} is not in the template");
    WHOLE.replacen(from, to, 1)
}

/// An error is reported for the line that contains `at`, with these words.
#[track_caller]
fn refused(source: &str, at: &str, words: &[&str]) {
    let line = source
        .lines()
        .position(|line| line.contains(at))
        .map_or(1, |line| line + 1);
    let errors = reading(source).expect_err("the template was accepted");
    let start = format!("stack/template.yaml:{line}: ");
    let says = |text: &str| text.starts_with(&start) && words.iter().all(|w| text.contains(w));
    assert!(
        errors.iter().any(|error| says(&error.to_string())),
        "no error for line {line} says {words:?}:\n{errors}"
    );
}

/// A remark is made about the line that contains `at`, with these words.
#[track_caller]
fn remarked(source: &str, at: &str, words: &[&str]) {
    let line = source
        .lines()
        .position(|line| line.contains(at))
        .map_or(1, |line| line + 1);
    let remarks = reading(source).unwrap().warnings;
    let start = format!("stack/template.yaml:{line}: ");
    let says = |text: &&String| text.starts_with(&start) && words.iter().all(|w| text.contains(w));
    assert!(
        remarks.iter().any(|remark| says(&remark)),
        "no remark on line {line} says {words:?}: {remarks:#?}"
    );
}

#[test]
fn a_template_becomes_a_stack() {
    let stack = reading(WHOLE).unwrap();
    assert_eq!(stack.api.stage, "dev");
    assert_eq!(
        stack.api.routes.keys().collect::<Vec<_>>(),
        ["$connect", "hello"]
    );
    let hello = &stack.api.routes["hello"];
    assert_eq!(
        (
            hello.integration.function().unwrap(),
            hello.timeout.as_millis(),
            hello.responds
        ),
        ("Talk", 1500, true)
    );
    let connect = &stack.api.routes["$connect"];
    assert_eq!((connect.timeout.as_secs(), connect.responds), (29, false));

    let talk = stack.function("Talk").unwrap();
    assert_eq!(
        (talk.name.as_str(), talk.memory, talk.timeout.as_secs()),
        ("api-dev-talk", 256, 6)
    );
    assert_eq!(
        talk.code,
        Code::Cargo {
            folder: "stack/code".into(),
            binary: Some("talk".into())
        }
    );
    let variable = |name: &str| talk.environment.get(name).map(String::as_str);
    assert_eq!(variable("SHARED"), Some("one"));
    assert_eq!(variable("OVER"), Some("local-Table-us-east-1-${kept}"));
    assert_eq!(variable("NUMBER"), Some("010"));
    assert_eq!(variable("GONE"), None);
    assert_eq!(
        variable("URL"),
        Some(format!("https://{}/dev", stack.api.domain).as_str())
    );

    let [table] = stack.tables.as_slice() else {
        panic!("{:?}", stack.tables)
    };
    assert_eq!(
        (table.name.as_str(), table.time_to_live.as_deref()),
        ("local-Table", Some("ttl"))
    );
    assert_eq!(table.definition["KeySchema"][0]["AttributeName"], "id");
    let [schedule] = stack.schedules.as_slice() else {
        panic!("{:?}", stack.schedules)
    };
    assert_eq!(
        (schedule.function.as_str(), &schedule.timing),
        ("Talk", &ScheduleExpression::Rate(Duration::from_mins(5)))
    );
    assert_eq!(stack.left_out, ["Alarm"]);
}

#[test]
fn the_command_line_sets_parameters_and_stage() {
    let given = |parameters: &[(&str, &str)], stage: Option<&str>| {
        let parameters = parameters
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect();
        let overrides = Overrides {
            parameters,
            stage: stage.map(Into::into),
            ..Overrides::default()
        };
        read(Path::new("template.yaml"), WHOLE, &overrides)
    };
    assert_eq!(
        given(&[("Stage", "prod")], None).unwrap().functions[0].name,
        "api-prod-talk"
    );
    assert_eq!(
        given(&[], Some("prod")).unwrap().functions[0].name,
        "api-prod-talk"
    );
    let wrong = given(&[("Stage", "No!")], None).unwrap_err().to_string();
    assert!(
        wrong.contains("No!") && wrong.contains("[a-z0-9]+"),
        "{wrong}"
    );
    let unknown = given(&[("Stag", "x")], None).unwrap_err().to_string();
    assert!(
        unknown.contains("Stag") && unknown.contains("it has Stage"),
        "{unknown}"
    );
}

#[test]
fn the_stage_can_be_named_without_a_parameter() {
    let source = WHOLE
        .replace("Stage: { Type", "Other: { Type")
        .replace("!Ref Stage", "fixed")
        .replace("${Stage}", "x");
    let overrides = Overrides {
        stage: Some("mine".into()),
        ..Overrides::default()
    };
    assert_eq!(
        read(Path::new("t.yaml"), &source, &overrides)
            .unwrap()
            .api
            .stage,
        "mine"
    );
    assert_eq!(
        read(Path::new("t.yaml"), &source, &Overrides::default())
            .unwrap()
            .api
            .stage,
        "fixed"
    );
}
