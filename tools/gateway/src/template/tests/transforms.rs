//! What CloudFormation's own transforms make of a template.

use super::*;

const LOOPS: &str = r#"
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Parameters:
  Tables: { Type: CommaDelimitedList, Default: "rooms, users" }
Mappings:
  Keys: { join: { Timeout: "3" }, leave: { Timeout: "5" } }
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: loops, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Api, StageName: dev, AutoDeploy: true }
  Fn::ForEach::Routes:
    - Action
    - [join, leave]
    - ${Action}Function:
        Type: AWS::Serverless::Function
        Properties:
          Handler: bootstrap
          Runtime: provided.al2023
          CodeUri: code
          Timeout: !FindInMap [Keys, !Ref Action, Timeout]
          Environment:
            Variables:
              ACTION: !Ref Action
              Fn::ForEach::Names: [Table, !Ref Tables, { "TABLE_${Table}": !Sub "${Action}-${Table}" }]
      ${Action}Integration:
        Type: AWS::ApiGatewayV2::Integration
        Properties:
          ApiId: !Ref Api
          IntegrationType: AWS_PROXY
          IntegrationUri: !Sub
            - arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations
            - Arn: !GetAtt [!Sub "${Action}Function", Arn]
      ${Action}Route:
        Type: AWS::ApiGatewayV2::Route
        Properties: { ApiId: !Ref Api, RouteKey: !Ref Action, Target: !Sub "integrations/${${Action}Integration}" }
  Fn::ForEach::Tables:
    - Name
    - !Ref Tables
    - Table&{Name}:
        Type: AWS::DynamoDB::Table
        Properties:
          TableName: !Sub app.${Name}
          BillingMode: PAY_PER_REQUEST
          AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
          KeySchema: [{ AttributeName: id, KeyType: HASH }]
"#;

#[test]
fn loops_make_resources_and_properties() {
    let stack = reading(LOOPS).unwrap();
    let routes = stack.api.routes.iter();
    let routes: Vec<_> = routes
        .map(|(key, route)| (key.as_str(), route.integration.function().unwrap()))
        .collect();
    assert_eq!(
        routes,
        [("join", "joinFunction"), ("leave", "leaveFunction")]
    );
    let leave = stack.function("leaveFunction").unwrap();
    assert_eq!(leave.timeout.as_secs(), 5);
    assert_eq!(leave.environment["ACTION"], "leave");
    assert_eq!(leave.environment["TABLE_users"], "leave-users");
    let tables: Vec<_> = stack.tables.iter().map(|table| &table.name).collect();
    assert_eq!(tables, ["app.rooms", "app.users"]);
}

#[test]
fn loops_that_cannot_be_expanded_are_refused() {
    let refused_with = |from: &str, to: &str, words: &str| {
        let source = LOOPS.replacen(from, to, 1);
        assert_ne!(source, LOOPS, "{from}");
        refused(&source, "Fn::ForEach::Routes", words);
    };
    refused_with(
        "AWS::LanguageExtensions, ",
        "",
        "Fn::ForEach::Routes … Transform: AWS::LanguageExtensions",
    );
    refused_with("[join, leave]", "[join, join]", "twice");
    refused_with("[join, leave]", "text", "must be");
    refused_with("- Action\n", "- [Action]\n", "must be");
    let many = ["[a, b, c, d, e, f, g, h, i, j]"; 5];
    let nested = many.iter().enumerate().fold(
        "{ \"${L0}${L1}${L2}${L3}${L4}\": x }".to_owned(),
        |body, (index, values)| {
            format!("{{ Fn::ForEach::L{index}: [L{index}, {values}, {body}] }}")
        },
    );
    let source = LOOPS.replace("ACTION: !Ref Action", &format!("ACTION: {nested}"));
    refused(&source, "ACTION:", "more than 10000 entries");
}

#[test]
fn values_of_the_language_extensions_are_evaluated() {
    let source = LOOPS.replace(
        "ACTION: !Ref Action",
        "ACTION: !ToJsonString { n: !Length [a, b] }",
    );
    let stack = reading(&source).unwrap();
    let function = stack.function("joinFunction").unwrap();
    assert_eq!(function.environment["ACTION"], r#"{"n":2}"#);
    let source = LOOPS.replace(
        "!FindInMap [Keys, !Ref Action, Timeout]",
        "!FindInMap [Keys, absent, Timeout, DefaultValue: 7]",
    );
    let stack = reading(&source).unwrap();
    assert_eq!(stack.functions[0].timeout.as_secs(), 7);
}

/// Reads `source` beside these files.
fn reading_beside(source: &str, files: &[(&str, &str)]) -> Result<Stack, Errors> {
    let folder = folder_with(files);
    read(
        &folder.path().join("template.yaml"),
        source,
        &Overrides::default(),
    )
}

#[test]
fn files_are_included() {
    let table = "Fn::Transform: { Name: AWS::Include, Parameters: { Location: table.json } }";
    let start = WHOLE.find("    Type: AWS::DynamoDB::Table").unwrap();
    let end = WHOLE.find("  Alarm:").unwrap();
    let source = format!("{}    {table}\n{}", &WHOLE[..start], &WHOLE[end..]);
    let included = r#"{ "Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": "included", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }] } }"#;
    let stack = reading_beside(&source, &[("table.json", included)]).unwrap();
    assert_eq!(stack.tables[0].name, "included");
    assert_eq!(
        stack.functions[0].environment["OVER"],
        "included-us-east-1-${kept}"
    );

    let (resources, rest) = WHOLE.split_once("  Alarm:").unwrap();
    let whole = format!(
        "Transform: {{ Name: AWS::Include, Parameters: {{ Location: more.yaml }} }}\n{resources}  Alarm:{rest}"
    );
    let more = "Resources:\n  More:\n    Type: AWS::SQS::Queue\n";
    let stack = reading_beside(&whole, &[("more.yaml", more)]).unwrap();
    assert_eq!(stack.queues[0].logical_id, "More");
}

#[test]
fn includes_without_a_file_are_reported() {
    let including = |location: &str| {
        changed(
            "  Alarm:",
            &format!(
                "  Fn::Transform: {{ Name: AWS::Include, Parameters: {{ Location: {location} }} }}\n  Alarm:"
            ),
        )
    };
    refused(
        &including("gone.yaml"),
        "Fn::Transform",
        "Location of AWS::Include cannot be gone.yaml",
    );
    remarked(
        &including("s3://bucket/key.yaml"),
        "Fn::Transform",
        "left out … s3://bucket/key.yaml",
    );
    let own = "Fn::Transform: { Name: AWS::Include, Parameters: { Location: own.yaml } }";
    let errors = reading_beside(&including("own.yaml"), &[("own.yaml", own)]).unwrap_err();
    assert!(
        errors.to_string().contains("defined in terms of itself"),
        "{errors}"
    );
    let source = changed("  Alarm:", "  Fn::Transform: { Name: Own }\n  Alarm:");
    remarked(&source, "Fn::Transform", "the macro Own");
}
