//! `--without`: functions that are left out.

use super::*;

const SOURCE: &str = "Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: { draw: { FunctionArn: !GetAtt Draw.Arn }, guess: { FunctionArn: !GetAtt Guess.Arn } }
      Auth: { AuthType: NONE }
  Draw:
    Type: AWS::Serverless::Function
    Properties: { Runtime: nodejs22.x, Handler: index.handler, InlineCode: x }
  Guess:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      Events:
        Often: { Type: Schedule, Properties: { Schedule: rate(1 minute) } }
        Job: { Type: SQS, Properties: { Queue: !GetAtt Jobs.Arn } }
        News: { Type: SNS, Properties: { Topic: !Ref News } }
  Jobs: { Type: AWS::SQS::Queue }
  News: { Type: AWS::SNS::Topic }
";

fn without(source: &str, names: &[&str]) -> Result<Stack, Errors> {
    let overrides = Overrides {
        without: names.iter().map(ToString::to_string).collect(),
        ..Overrides::default()
    };
    read(Path::new("stack/template.yaml"), source, &overrides)
}

#[test]
fn the_rest_of_a_stack_runs_without_a_function_that_cannot() {
    fails(
        without(SOURCE, &[]),
        "Guess cannot run here … needs a container … --without Guess runs the rest",
    );
    let stack = without(SOURCE, &["Guess"]).unwrap();
    let functions: Vec<_> = stack
        .functions
        .iter()
        .map(|f| f.logical_id.as_str())
        .collect();
    assert_eq!(functions, ["Draw"]);
    let guess = &stack.api.routes["guess"].integration;
    assert_eq!(guess.to_string(), "Guess (left out by --without)");
    assert_eq!(guess.function(), None);
    assert!(stack.schedules.is_empty());
    assert!(stack.event_sources.is_empty());
    assert!(
        stack
            .topics
            .iter()
            .all(|topic| topic.subscriptions.is_empty())
    );
}

#[test]
fn the_authorizer_and_unknown_functions_cannot_be_left_out() {
    fails(
        without(SOURCE, &["Guess", "Gess"]),
        "--without cannot be Gess: the functions here are Draw and Guess",
    );
    let guarded = SOURCE.replace("draw:", "$connect:").replace(
        "AuthType: NONE",
        "AuthType: CUSTOM, AuthArn: !GetAtt Guess.Arn",
    );
    fails(without(&guarded, &["Guess"]), "it is the authorizer");
}
