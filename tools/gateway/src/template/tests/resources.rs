//! Resources whose properties come from elsewhere or that stand for others: `Globals`, versions of functions, global tables.

use super::*;

#[test]
fn defaults_of_globals_are_merged_unless_a_resource_ignores_them() {
    let source = "Globals:\n  Function:\n    Timeout: 7\n    MemorySize: 512\n    Typo: 1\n    Layers: ['arn:one']\n    \
                  Environment: { Variables: { A: 1, B: 1 } }\nResources:\n";
    let function = |id: &str, ignored: &str, own: &str| {
        format!(
            "  {id}:\n    Type: AWS::Serverless::Function\n    IgnoreGlobals: {ignored}\n    Properties: {{ Runtime: \
             python3.12, Handler: a.b, InlineCode: x, Layers: ['arn:two'], Environment: {{ Variables: {{ B: 2 }} }}{own} }}\n"
        )
    };
    let functions = [
        function("Talk", "[]", ", MemorySize: 256"),
        function("Some", "[Timeout, Environment]", ""),
        function("All", "'*'", ""),
    ];
    let api = "  Api:\n    Type: AWS::Serverless::WebSocketApi\n    Properties: { StageName: dev, RouteSelectionExpression: \
               $request.body.action, Routes: { $default: { FunctionArn: !GetAtt Talk.Arn } } }\n";
    let stack = reading(&format!("{source}{api}{}", functions.concat())).unwrap();
    let of = |id: &str| {
        let function = stack.function(id).unwrap();
        let variables = function.environment.iter();
        let variables: Vec<_> = variables
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        (
            function.timeout.as_secs(),
            function.memory,
            variables.join(" "),
        )
    };
    assert_eq!(of("Talk"), (7, 256, "A=1 B=2".to_owned()));
    assert_eq!(of("Some"), (3, 512, "B=2".to_owned()));
    assert_eq!(of("All"), (3, 128, "B=2".to_owned()));
    let said = |words: &str| {
        stack
            .warnings
            .iter()
            .filter(|line| line.contains(words))
            .count()
    };
    for words in ["property Typo", "the layer arn:one", "the layer arn:two"] {
        assert_eq!(said(words), 1, "{words}: {:#?}", stack.warnings);
    }
}

#[test]
fn a_version_or_alias_stands_for_its_function() {
    let source = changed("FunctionArn: !GetAtt Talk.Arn", "FunctionArn: !Ref Live");
    let source = source.replace(
        "Resources:\n",
        "Resources:\n  Now: { Type: AWS::Lambda::Version, Properties: { FunctionName: !Ref Talk } }\n  Live: { Type: \
         AWS::Lambda::Alias, Properties: { FunctionName: !Ref Now, FunctionVersion: !GetAtt Now.Version, Name: live } }\n",
    );
    let stack = reading(&source).unwrap();
    let connect = &stack.api.routes["$connect"].integration;
    assert_eq!(connect.function(), Some("Talk"));
    does_not_warn(&stack, "left out");

    let circle = source.replace("FunctionName: !Ref Talk }", "FunctionName: !Ref Live }");
    fails(reading(&circle), "is defined in terms of itself");
}

#[test]
fn a_global_table_is_a_table_on_demand() {
    let source = changed("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable");
    let source = source.replace(
        "      BillingMode: PAY_PER_REQUEST\n",
        "      BillingMode: PROVISIONED\n      Replicas: [{ Region: us-east-1 }]\n      WriteProvisionedThroughputSettings: {}\n      \
         StreamSpecification: { StreamViewType: NEW_IMAGE }\n      GlobalSecondaryIndexes:\n        - IndexName: by\n          \
         KeySchema: [{ AttributeName: id, KeyType: HASH }]\n          Projection: { ProjectionType: ALL }\n          \
         WriteProvisionedThroughputSettings: {}\n",
    );
    let stack = reading(&source).unwrap();
    does_not_warn(&stack, "left out");
    let definition = &stack.tables[0].definition;
    assert_eq!(definition["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(definition["StreamSpecification"]["StreamEnabled"], true);
    let index = definition["GlobalSecondaryIndexes"][0].as_object().unwrap();
    assert_eq!(
        index.keys().collect::<Vec<_>>(),
        ["IndexName", "KeySchema", "Projection"]
    );
}
