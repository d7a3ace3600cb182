//! Problems that keep a template from running, and resources that are left out.

use super::*;

#[test]
fn an_unknown_intrinsic_is_named_with_what_is_supported() {
    refused_with(
        "StageName: !Ref Stage",
        "StageName: !Cidr A",
        "Fn::Cidr … !Ref, !Sub, !GetAtt, !If … !ImportValue, !Base64, !GetAZs, Fn::ForEach",
    );
}

#[test]
fn other_resource_types_are_left_out_and_misspelt_ones_refused() {
    remarked_with(
        "AWS::CloudWatch::Alarm",
        "AWS::Kinesis::Stream",
        "left out: Alarm (AWS::Kinesis::Stream) is not emulated",
    );
    refused_with(
        "AWS::DynamoDB::Table",
        "AWS::DynamoDb::Tabel",
        "Table: unknown resource type … did you mean AWS::DynamoDB::Table?",
    );
    remarked_with(
        "AWS::CloudWatch::Alarm",
        "AWS::Serverless::HttpApi",
        "left out",
    );
    for other in ["AWS::ApiGateway::Authorizer", "AWS::ApiGateway::Stage"] {
        assert!(reading(&changed("AWS::CloudWatch::Alarm", other)).is_ok());
    }
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
        "left out: the property FileSystemConfigs of Talk",
    );
    refused_with(
        "MemorySize: 256",
        "MemroySize: 256",
        "Talk: unknown property MemroySize; did you mean MemorySize?",
    );
    refused_with(
        "Outputs:",
        "Output:",
        "unknown section Output; did you mean Outputs?",
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
    refused(&source, "Condition: X", "Condition");
}

#[test]
fn unknown_names_are_reported_with_a_suggestion() {
    refused_with(
        "!GetAtt Talk.Arn",
        "!GetAtt Talc.Arn",
        "Talc names neither a parameter nor a resource … did you mean Talk?",
    );
    refused_with(
        "SHARED: one",
        "SHARED: !GetAtt Talk.Url",
        "the attribute Url of Talk … Arn",
    );
}

#[test]
fn circular_names_are_reported() {
    refused_with(
        "!Sub api-${Stage}-talk",
        "!Sub ${Talk}-x",
        "Talk is defined in terms of itself",
    );
}

#[test]
fn values_out_of_range_are_reported() {
    refused_with("Timeout: 6", "Timeout: 901", "901 … 1 to 900");
    refused_with("1500", "30000", "50 to 29000");
    refused_with("rate(5 minutes)", "cron(0 12 * * *)", "cron … six fields");
    refused_with("$request.body.action", "$request.header.x", "request.body");
    refused_with("hello:", "$hello:", "$connect, $disconnect and $default");
    refused_with(
        "NUMBER: 010",
        "AWS_REGION: eu-west-1",
        "it is reserved: Lambda sets it itself",
    );
    refused_with("Enabled: true", "Enabled: maybe", "expected true or false");
}

#[test]
fn all_problems_are_reported_at_once_by_line() {
    let source = changed("Timeout: 6", "Timeout: 901")
        .replace("!GetAtt Talk.Arn", "!GetAtt Talc.Arn")
        .replace("Default: dev, ", "")
        .replace("Enabled: true", "Enabled: maybe");
    let errors = reading(&source).unwrap_err();
    let lines: Vec<_> = errors.iter().map(Error::line).collect();
    let places = ["Stage: {", "Talc", "Timeout: 901", "Enabled: maybe"];
    let wanted = places.map(|at| line_of(&source, at));
    assert_eq!(lines, wanted, "{errors}");
    assert_eq!(errors.to_string().lines().count(), wanted.len());
}

#[test]
fn one_api_is_needed() {
    refused(
        &changed("AWS::Serverless::WebSocketApi", "AWS::IAM::Role"),
        "nothing",
        "there is no WebSocket API",
    );
    refused("Resources: []", "nothing", "Resources");
    refused("", "nothing", "empty");
    refused("just text", "nothing", "a mapping");
}

#[test]
fn a_missing_file_is_reported() {
    let missing = load(&["/nowhere/template.yaml".into()], &Overrides::default());
    let said = missing.unwrap_err().to_string();
    let start = "/nowhere/template.yaml: cannot read the template";
    assert!(said.starts_with(start), "{said}");
}

proptest::proptest! {
    /// A template that is truncated or lacks a line is read or refused.
    #[test]
    fn damaged_templates_never_panic(cut in 0..WHOLE.len(), gone in 0..50usize) {
        read_damaged(WHOLE, cut, gone);
    }
}

#[test]
fn the_last_of_several_definitions_counts() {
    let source = changed(
        "  Alarm:",
        "  Alarm: { Type: 'AWS::SQS::Queue' }\n  Table: { Type: 'AWS::Own::Thing' }\n  Alarm:",
    );
    let twice = "  Table: { Type: 'AWS::Own::Thing' }";
    remarked(
        &source,
        twice,
        "Table is defined twice … the last definition",
    );
    assert!(reading(&source).unwrap().tables.is_empty());
    let service = "service: s\nprovider: { name: aws }\nservice: t\n";
    refused(service, "service: t", "duplicate key service");
}
