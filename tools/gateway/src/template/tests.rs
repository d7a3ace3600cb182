//! Templates as text: the stacks they become, and the problems that are reported.

mod access;
mod archives;
mod bundles;
mod events;
mod functions;
mod http_only;
mod intrinsics;
mod loops;
mod parameters;
mod problems;
mod resources;
mod served_api;
mod serverless;
mod several;
mod stacks;
mod stored_parameters;
mod topics;
mod transforms;
mod v2;
mod without;

use std::{path::Path, time::Duration};

use tempfile::TempDir;

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

/// The command line `--stage stage`.
fn staged(stage: Option<&str>) -> Overrides {
    Overrides {
        stage: stage.map(Into::into),
        ..Overrides::default()
    }
}

/// The command line `--parameter KEY=VALUE`, for each of these.
fn with_parameters(parameters: &[(&str, &str)]) -> Overrides {
    let parameters = parameters.iter();
    let parameters = parameters.map(|(key, value)| ((*key).into(), (*value).into()));
    Overrides {
        parameters: parameters.collect(),
        ..Overrides::default()
    }
}

/// A folder with these files.
fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        write(&folder, name, text);
    }
    folder
}

fn write(folder: &TempDir, name: &str, text: &str) {
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// Reads the first characters of `template`, and then all of it but one line.
fn read_damaged(template: &str, cut: usize, gone: usize) {
    let _ = reading(&template.chars().take(cut).collect::<String>());
    let lines = template
        .lines()
        .enumerate()
        .filter(|(line, _)| *line != gone);
    let lines: Vec<_> = lines.map(|(_, line)| line).collect();
    let _ = reading(&lines.join("\n"));
}

/// The stack of one of its files.
fn load_one(folder: &TempDir, name: &str) -> Result<Stack, Errors> {
    load(&[folder.path().join(name)], &Overrides::default())
}

/// `template` with one text replaced by another.
#[track_caller]
fn replaced(template: &str, from: &str, to: &str) -> String {
    assert!(template.contains(from), "{from:?} is not in the template");
    template.replacen(from, to, 1)
}

/// `WHOLE` with one text replaced by another.
#[track_caller]
fn changed(from: &str, to: &str) -> String {
    replaced(WHOLE, from, to)
}

/// The line, counted from 1, in which the first `at` starts; 1 if there is none.
fn line_of(source: &str, at: &str) -> usize {
    let before = source.find(at).map_or("", |at| &source[..at]);
    before.matches('\n').count() + 1
}

/// Whether the text contains these words. ` … ` stands for any words between them.
fn contains(text: &str, words: &str) -> bool {
    let mut rest = Some(text);
    words.split(" … ").all(|part| {
        let found = rest.and_then(|rest| rest.split_once(part));
        rest = found.map(|(_, behind)| behind);
        rest.is_some()
    })
}

/// One of the messages about this line contains these words.
#[track_caller]
fn says(messages: &[String], line: usize, words: &str) {
    let start = format!("stack/template.yaml:{line}: ");
    let says = |text: &String| text.starts_with(&start) && contains(text, words);
    assert!(
        messages.iter().any(says),
        "nothing about line {line} says {words:?}: {messages:#?}"
    );
}

/// An error is reported for the line that contains `at`, with these words.
#[track_caller]
fn refused(source: &str, at: &str, words: &str) {
    refused_at(source, line_of(source, at), words);
}

#[track_caller]
fn refused_at(source: &str, line: usize, words: &str) {
    let errors = reading(source).expect_err("the template was accepted");
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    says(&errors, line, words);
}

/// An error is reported for the line of `WHOLE` where one text is replaced by another, with these words.
#[track_caller]
fn refused_with(from: &str, to: &str, words: &str) {
    refused_at(&changed(from, to), line_of(WHOLE, from), words);
}

/// A remark is made about the line that contains `at`, with these words.
#[track_caller]
fn remarked(source: &str, at: &str, words: &str) {
    let remarks = reading(source).unwrap().warnings;
    says(&remarks, line_of(source, at), words);
}

/// A remark is made about the line of `WHOLE` where one text is replaced by another, with these words.
#[track_caller]
fn remarked_with(from: &str, to: &str, words: &str) {
    let remarks = reading(&changed(from, to)).unwrap().warnings;
    says(&remarks, line_of(WHOLE, from), words);
}

/// The result is an error that contains these words.
#[track_caller]
fn fails<T>(result: Result<T, impl ToString>, words: &str) {
    let errors = result.err().expect("there is no error").to_string();
    assert!(
        contains(&errors, words),
        "{errors:?} does not say {words:?}"
    );
}

/// The warnings contain these words.
#[track_caller]
fn warns(stack: &Stack, words: &str) {
    let warnings = stack.warnings.join("\n");
    assert!(
        contains(&warnings, words),
        "{warnings:?} does not say {words:?}"
    );
}

/// No warning contains these words.
#[track_caller]
fn does_not_warn(stack: &Stack, words: &str) {
    let warnings = stack.warnings.join("\n");
    assert!(!contains(&warnings, words), "{warnings:?} says {words:?}");
}

/// The items of a list that has so many.
#[track_caller]
fn exactly<T: std::fmt::Debug, const COUNT: usize>(items: &[T]) -> &[T; COUNT] {
    items.try_into().unwrap_or_else(|_| panic!("{items:#?}"))
}

/// The authorizer of the API.
#[track_caller]
fn authorizer(stack: &Stack) -> &Authorizer {
    match &stack.api.access {
        Access::Authorized(authorizer) => authorizer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_template_becomes_a_stack() {
    let stack = reading(WHOLE).unwrap();
    assert_eq!(stack.api.stage, "dev");
    assert!(stack.api.routes.keys().eq(["$connect", "hello"]));
    let hello = &stack.api.routes["hello"];
    assert_eq!(hello.integration.function(), Some("Talk"));
    assert_eq!((hello.timeout.as_millis(), hello.responds), (1500, true));
    let connect = &stack.api.routes["$connect"];
    assert_eq!((connect.timeout.as_secs(), connect.responds), (29, false));

    let talk = stack.function("Talk").unwrap();
    assert_eq!(
        (talk.name.as_str(), talk.memory, talk.timeout.as_secs()),
        ("api-dev-talk", 256, 6)
    );
    let code = Code::Cargo {
        folder: "stack/code".into(),
        binary: Some("talk".into()),
    };
    assert_eq!(talk.code, code);
    let variable = |name: &str| talk.environment.get(name).map(String::as_str);
    assert_eq!(variable("SHARED"), Some("one"));
    assert_eq!(variable("OVER"), Some("local-Table-us-east-1-${kept}"));
    assert_eq!(variable("NUMBER"), Some("010"));
    assert_eq!(variable("GONE"), None);
    assert_eq!(
        variable("URL"),
        Some(format!("https://{}/dev", stack.api.domain).as_str())
    );

    let [table] = exactly(&stack.tables);
    assert_eq!(
        (table.name.as_str(), table.time_to_live.as_deref()),
        ("local-Table", Some("ttl"))
    );
    assert_eq!(table.definition["KeySchema"][0]["AttributeName"], "id");
    let [schedule] = exactly(&stack.schedules);
    assert_eq!(
        (schedule.function.as_str(), &schedule.timing),
        ("Talk", &ScheduleExpression::Rate(Duration::from_mins(5)))
    );
    assert_eq!(stack.left_out, ["Alarm"]);
}

#[test]
fn the_command_line_sets_parameters_and_stage() {
    let given = |overrides: &Overrides| read(Path::new("template.yaml"), WHOLE, overrides);
    for overrides in [with_parameters(&[("Stage", "prod")]), staged(Some("prod"))] {
        let stack = given(&overrides).unwrap();
        assert_eq!(stack.functions[0].name, "api-prod-talk");
    }
    let wrong = given(&with_parameters(&[("Stage", "No!")]));
    fails(wrong, "No! … [a-z0-9]+");
    let unknown = given(&with_parameters(&[("Stag", "x")]));
    fails(unknown, "Stag … it has Stage");
}

#[test]
fn the_stage_can_be_named_without_a_parameter() {
    let source = WHOLE
        .replace("Stage: { Type", "Other: { Type")
        .replace("!Ref Stage", "fixed")
        .replace("${Stage}", "x");
    for (stage, wanted) in [(Some("mine"), "mine"), (None, "fixed")] {
        let stack = read(Path::new("t.yaml"), &source, &staged(stage)).unwrap();
        assert_eq!(stack.api.stage, wanted);
    }
}
