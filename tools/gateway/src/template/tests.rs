//! Templates as text: the stacks they become, and the problems that are reported.

mod access;
mod bundles;
mod functions;
mod intrinsics;
mod serverless;
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

#[test]
fn an_unknown_intrinsic_is_named_with_what_is_supported() {
    let source = changed("StageName: !Ref Stage", "StageName: !Cidr A");
    refused(
        &source,
        "!Cidr",
        &["Fn::Cidr", "!Ref, !Sub, !GetAtt, !If", "and !ImportValue"],
    );
}

#[test]
fn other_resource_types_are_left_out_and_misspelt_ones_refused() {
    let source = changed("AWS::CloudWatch::Alarm", "AWS::Kinesis::Stream");
    remarked(
        &source,
        "AWS::Kinesis::Stream",
        &["left out: Alarm (AWS::Kinesis::Stream) is not emulated"],
    );
    let source = changed("AWS::DynamoDB::Table", "AWS::DynamoDb::Tabel");
    refused(
        &source,
        "AWS::DynamoDb::Tabel",
        &[
            "Table: unknown resource type",
            "did you mean AWS::DynamoDB::Table?",
        ],
    );
    let source = changed("AWS::CloudWatch::Alarm", "AWS::Serverless::HttpApi");
    remarked(&source, "AWS::Serverless::HttpApi", &["left out"]);
}

#[test]
fn other_properties_are_left_out_and_misspelt_ones_refused() {
    let source = changed(
        "CodeUri: code",
        "CodeUri: code\n      FileSystemConfigs: [x]",
    );
    remarked(
        &source,
        "FileSystemConfigs",
        &["left out: the property FileSystemConfigs of Talk"],
    );
    let source = changed("MemorySize: 256", "MemroySize: 256");
    refused(
        &source,
        "MemroySize",
        &["Talk: unknown property MemroySize; did you mean MemorySize?"],
    );
    let source = changed("Outputs:", "Output:");
    refused(
        &source,
        "Output:",
        &["unknown section Output; did you mean Outputs?"],
    );
    let source = changed(
        "    Properties: { MetricName",
        "    Condition: X\n    Properties: { MetricName",
    );
    assert!(
        reading(&source).is_ok(),
        "a resource that is left out may have any condition"
    );
    let source = changed(
        "Metadata: { BuildMethod",
        "Condition: X\n    Metadata: { BuildMethod",
    );
    refused(&source, "Condition: X", &["Condition"]);
}

#[test]
fn unknown_names_are_reported_with_a_suggestion() {
    let source = changed("!GetAtt Talk.Arn", "!GetAtt Talc.Arn");
    refused(
        &source,
        "Talc",
        &[
            "Talc names neither a parameter nor a resource",
            "did you mean Talk?",
        ],
    );
    let source = changed("SHARED: one", "SHARED: !GetAtt Talk.Url");
    refused(&source, "Talk.Url", &["the attribute Url of Talk", "Arn"]);
}

#[test]
fn circular_names_are_reported() {
    let source = changed("!Sub api-${Stage}-talk", "!Sub ${Talk}-x");
    refused(
        &source,
        "FunctionName",
        &["Talk is defined in terms of itself"],
    );
}

#[test]
fn values_out_of_range_are_reported() {
    refused(
        &changed("Timeout: 6", "Timeout: 901"),
        "Timeout: 901",
        &["1 to 900", "901"],
    );
    refused(&changed("1500", "30000"), "30000", &["50 to 29000"]);
    refused(
        &changed("rate(5 minutes)", "cron(0 12 * * *)"),
        "cron",
        &["cron", "six fields"],
    );
    refused(
        &changed("$request.body.action", "$request.header.x"),
        "$request.header.x",
        &["request.body"],
    );
    refused(
        &changed("hello:", "$hello:"),
        "$hello",
        &["$connect, $disconnect and $default"],
    );
    refused(
        &changed("NUMBER: 010", "AWS_REGION: eu-west-1"),
        "AWS_REGION",
        &["it is reserved: Lambda sets it itself"],
    );
    refused(
        &changed("Enabled: true", "Enabled: maybe"),
        "Enabled: maybe",
        &["expected true or false"],
    );
}

#[test]
fn all_problems_are_reported_at_once_by_line() {
    let source = changed("Timeout: 6", "Timeout: 901")
        .replace("!GetAtt Talk.Arn", "!GetAtt Talc.Arn")
        .replace("Default: dev, ", "")
        .replace("Enabled: true", "Enabled: maybe");
    let errors = reading(&source).unwrap_err();
    let lines: Vec<_> = errors.iter().map(Error::line).collect();
    let line = |at: &str| source.lines().position(|line| line.contains(at)).unwrap() + 1;
    let wanted = ["Stage: {", "Talc", "Timeout: 901", "Enabled: maybe"].map(line);
    assert_eq!(lines, wanted, "{errors}");
    assert_eq!(errors.to_string().lines().count(), wanted.len());
}

#[test]
fn one_api_is_needed() {
    let source = changed("AWS::Serverless::WebSocketApi", "AWS::IAM::Role");
    refused(
        &source,
        "nothing",
        &[
            "exactly one AWS::Serverless::WebSocketApi or AWS::ApiGatewayV2::Api",
            "found 0",
        ],
    );
    refused("Resources: []", "nothing", &["Resources"]);
    refused("", "nothing", &["empty"]);
    refused("just text", "nothing", &["a mapping"]);
}

#[test]
fn a_missing_file_is_reported() {
    let error = load(Path::new("/nowhere/template.yaml"), &Overrides::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("/nowhere/template.yaml:1: cannot read the template"),
        "{error}"
    );
}

proptest::proptest! {
    /// A template that is truncated or lacks a line is read or refused.
    #[test]
    fn damaged_templates_never_panic(cut in 0..WHOLE.len(), gone in 0..50usize) {
        let _ = reading(&WHOLE.chars().take(cut).collect::<String>());
        let without: Vec<_> = WHOLE.lines().enumerate().filter(|(line, _)| *line != gone).map(|(_, line)| line).collect();
        let _ = reading(&without.join("\n"));
    }
}
