//! Outputs of one template that a `serverless.yml` beside it refers to.

use super::*;

/// A service whose variable `ROWS` is this.
fn service(rows: &str) -> String {
    format!(
        "service: chat\nprovider: {{ name: aws, runtime: python3.12 }}\nfunctions:\n  talk:\n    handler: app.handler\n    \
         events: [{{ websocket: $default }}]\n    environment: {{ ROWS: \"{rows}\", NAME: !Ref AWS::StackName }}\n\
         resources:\n  - Outputs: {{ Own: {{ Value: mine, Export: {{ Name: own }} }} }}\n\
         \x20 - Outputs: {{ Other: {{ Value: yours }} }}\n"
    )
}

#[track_caller]
fn rows_of_service(rows: &str, parameters: &[(&str, &str)]) -> (String, String) {
    let data = "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: all\n      \
                BillingMode: PAY_PER_REQUEST\n      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]\n      \
                KeySchema: [{ AttributeName: id, KeyType: HASH }]\n\
                Outputs: { Rows: { Value: !Ref T }, Again: { Value: !ImportValue own } }\n";
    let folder = folder_with(&[
        ("serverless.yml", &service(rows)),
        ("app.py", ""),
        ("data/template.yaml", data),
        (
            "data/samconfig.toml",
            "version = 0.1\n[default.deploy.parameters]\nstack_name = \"data-live\"\n",
        ),
    ]);
    let stack = loaded(
        &folder,
        &["serverless.yml", "data/template.yaml"],
        parameters,
    )
    .unwrap();
    let environment = &stack.function("TalkLambdaFunction").unwrap().environment;
    assert_eq!(environment["NAME"], "chat-dev");
    (environment["ROWS"].clone(), stack.warnings.join("\n"))
}

#[test]
fn a_service_reads_the_outputs_of_the_stacks_that_run_with_it() {
    let none = String::new();
    for rows in [
        "${cf:data-live.Rows}",
        "${cf:data-live.Rows, 'none'}",
        "${cf(eu-west-1):data-live.Rows}",
        "${cf.eu-west-1:data-${self:custom.x, 'live'}.Rows}",
    ] {
        assert_eq!(rows_of_service(rows, &[]), ("all".to_owned(), none.clone()));
    }
    let pair = rows_of_service("a-${cf:data-live.Again}-${cf:chat-dev.Other}", &[]);
    assert_eq!(pair, ("a-mine-yours".to_owned(), none.clone()));
    let given = [("cf:data-live.Rows", "given")];
    assert_eq!(
        rows_of_service("${cf:data-live.Rows}", &given),
        ("given".to_owned(), none.clone())
    );

    let (rows, warnings) = rows_of_service("${cf:data-test.Rows}", &[]);
    assert_eq!(rows, "all");
    assert!(
        warnings.contains("cf:data-test.Rows is the output of data-live"),
        "{warnings}"
    );
    let default = rows_of_service("${cf:data-live.Gone, 'none'}", &[]);
    assert_eq!(default, ("none".to_owned(), none));
    let (rows, warnings) = rows_of_service("${cf:data-live.Gone}", &[]);
    assert_eq!(rows, "data-live.Gone");
    assert!(
        warnings.contains("a second --template, or --parameter cf:data-live.Gone=VALUE"),
        "{warnings}"
    );
}
