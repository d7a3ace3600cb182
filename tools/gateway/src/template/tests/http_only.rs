//! Functions that only HTTP requests invoke.

use super::*;

/// A template with a function `Page` beside the API, which cannot run here.
fn with(events: &str, environment: &str) -> Result<Stack, Errors> {
    let page = format!(
        "Resources:\n  Page:\n    Type: AWS::Serverless::Function\n    Properties:\n      Runtime: java21\n      \
         CodeUri: page\n      Events: {events}\n"
    );
    let source = WHOLE.replacen("Resources:\n", &page, 1);
    let source = source.replace("GONE: !Ref AWS::NoValue", environment);
    reading(&source)
}

#[test]
fn they_are_left_out_unless_something_else_needs_them() {
    let http =
        "{ Get: { Type: HttpApi }, Old: { Type: Api, Properties: { Path: /, Method: get } } }";
    let stack = with(http, "").unwrap();
    assert!(stack.function("Page").is_none());
    warns(
        &stack,
        "left out: the function Page, which only HTTP requests invoke",
    );
    does_not_warn(&stack, "not emulated");

    let needed = with(http, "PAGE: !GetAtt Page.Arn").unwrap();
    warns(&needed, "Page, which nothing here invokes, cannot run");
    let also = "{ Get: { Type: HttpApi }, Often: { Type: Schedule, Properties: { Schedule: rate(1 minute) } } }";
    fails(with(also, ""), "Page cannot run here: the runtime java21");
}

#[test]
fn a_rest_api_is_left_out_in_one_line_with_its_parts() {
    let source = WHOLE.replace(
        "Resources:\n",
        "Resources:\n  Rest: { Type: AWS::ApiGateway::RestApi }\n  Rooms: { Type: AWS::ApiGateway::Resource }\n  Get: { Type: \
         AWS::ApiGateway::Method }\n",
    );
    let warnings = reading(&source).unwrap().warnings;
    let of_rest = warnings
        .iter()
        .filter(|line| line.contains("AWS::ApiGateway::"));
    assert_eq!(of_rest.count(), 1, "{warnings:#?}");
    remarked(
        &source,
        "Rest:",
        "left out: Rest (AWS::ApiGateway::RestApi)",
    );
}
