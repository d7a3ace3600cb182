//! Parameters of Systems Manager.

use super::*;

/// The template with a stored parameter that has these properties.
fn with_parameter(properties: &str) -> String {
    let resource = format!(
        "Resources:\n  Stored: {{ Type: 'AWS::SSM::Parameter', Properties: {{ {properties} }} }}\n"
    );
    changed("Resources:\n", &resource)
}

/// The name, type and value of the parameters of a stack.
fn stored(stack: &Stack) -> Vec<[&str; 3]> {
    let parameters = stack.stored_parameters.iter();
    parameters
        .map(|one| [&*one.name, &*one.kind, &*one.value])
        .collect()
}

#[test]
fn a_stored_parameter_has_a_name_and_a_value_that_may_be_intrinsics() {
    let source = with_parameter("Name: !Sub '/${Stage}/table', Type: String, Value: !Ref Table");
    let stack = reading(&source).unwrap();
    assert_eq!(stored(&stack), [["/dev/table", "String", "local-Table"]]);
    let list = with_parameter("Type: StringList, Value: !Join [',', [a, b]], Tier: Standard");
    let stack = reading(&list).unwrap();
    assert_eq!(stored(&stack), [["local-Stored", "StringList", "a,b"]]);
}

#[test]
fn a_stored_parameter_can_be_referred_to() {
    let source = with_parameter("Name: /app/key, Type: String, Value: !Ref Table");
    let source = replaced(
        &source,
        "NUMBER: 010",
        "NAME: !Ref Stored\n          VALUE: !Sub '${Stored.Value} ${Stored.Type}'",
    );
    let stack = reading(&source).unwrap();
    let variables = &stack.functions[0].environment;
    assert_eq!(variables["NAME"], "/app/key");
    assert_eq!(variables["VALUE"], "local-Table String");
    let of_itself = with_parameter("Type: String, Value: !GetAtt Stored.Value");
    refused(&of_itself, "  Stored:", "Stored");
}

#[test]
fn the_command_line_gives_stored_parameters_that_are_elsewhere() {
    let source = with_parameter("Name: /app/key, Type: String, Value: template");
    let given = with_parameters(&[("ssm:/app/key:3", "given"), ("ssm:other", "x")]);
    let stack = read(Path::new("stack/template.yaml"), &source, &given).unwrap();
    let last = &stored(&stack)[1..];
    assert_eq!(
        last,
        [["/app/key", "String", "given"], ["other", "String", "x"]]
    );
}

#[test]
fn stored_parameters_that_cloudformation_does_not_create_are_reported() {
    let secure = with_parameter("Type: SecureString, Value: v");
    remarked(
        &secure,
        "  Stored:",
        "a SecureString, which CloudFormation refuses",
    );
    for (properties, words) in [
        ("Value: v", "Type"),
        ("Type: String", "Value"),
        (
            "Type: Text, Value: v",
            "expected String, StringList or SecureString",
        ),
    ] {
        refused(&with_parameter(properties), "  Stored:", words);
    }
}
