//! Conditions, and the intrinsics about lists and tables.

use super::*;

/// `WHOLE` with these sections before its resources.
fn with_sections(sections: &str) -> String {
    changed("Resources:\n", &format!("{sections}\nResources:\n"))
}

const CONDITIONS: &str = "Conditions:\n  IsProd: !Equals [!Ref Stage, prod]\n  IsDev: !Not [!Condition IsProd]\n  \
                          Either: !Or [!Condition IsProd, !Condition IsDev]\n  Both: !And [!Condition IsProd, !Condition IsDev]";

/// The variable `OVER` of `Talk`, written so.
fn variable(sections: &str, value: &str, stage: &str) -> Result<Option<String>, Errors> {
    let source = with_sections(sections).replace(
        r#"!Sub ["${x}-${AWS::Region}-${!kept}", { x: !Ref Table }]"#,
        value,
    );
    let stack = read(Path::new("t.yaml"), &source, &staged(Some(stage)))?;
    Ok(stack.functions[0].environment.get("OVER").cloned())
}

#[track_caller]
fn becomes(sections: &str, value: &str, wanted: &str) {
    let found = variable(sections, value, "dev").unwrap();
    assert_eq!(found.as_deref(), Some(wanted), "{value}");
}

#[test]
fn a_condition_chooses_between_values() {
    let over = |value, stage| variable(CONDITIONS, value, stage).unwrap();
    let choice = "!If [IsProd, live, !Sub \"${Stage}-test\"]";
    assert_eq!(over(choice, "prod").as_deref(), Some("live"));
    assert_eq!(over(choice, "dev").as_deref(), Some("dev-test"));
    let nested = "!If [Either, !If [Both, a, !If [IsDev, b, c]], d]";
    assert_eq!(over(nested, "dev").as_deref(), Some("b"));
    let nothing = "!If [IsProd, live, !Ref AWS::NoValue]";
    // `AWS::NoValue` overrides the value of Globals, as SAM merges them.
    assert_eq!(over(nothing, "dev"), None);
}

/// Names are made unique with the last part of the stack's id.
#[test]
fn the_id_of_the_stack_ends_with_a_uuid() {
    let uuid = "!Select [2, !Split ['/', !Ref AWS::StackId]]";
    becomes("", uuid, "00000000-0000-4000-8000-000000000000");
    let last = format!("!Select [4, !Split ['-', {uuid}]]");
    becomes("", &last, "000000000000");
}

#[test]
fn a_condition_chooses_between_whole_mappings() {
    let source = with_sections(CONDITIONS).replace(
        "hello: {",
        "gone: !If [IsDev, !Ref AWS::NoValue, { FunctionArn: !GetAtt Talk.Arn }]\n        hello: !If\n        - IsDev\n        - { FunctionArn: !GetAtt Talk.Arn }\n        - !Ref AWS::NoValue\n        other: {",
    );
    let stack = reading(&source).unwrap();
    let keys = stack.api.routes.keys();
    assert!(keys.eq(["$connect", "hello", "other"]));
}

#[test]
fn a_resource_exists_when_its_condition_is_true() {
    let table = "  Table:\n    Type: AWS::DynamoDB::Table\n";
    let source = |condition: &str| {
        with_sections(CONDITIONS)
            .replace(table, &format!("{table}    Condition: {condition}\n"))
            .replace("!Ref Table", "none")
    };
    assert_eq!(reading(&source("IsDev")).unwrap().tables.len(), 1);
    assert_eq!(reading(&source("IsProd")).unwrap().tables.len(), 0);
    refused(
        &source("IsTest"),
        "IsTest",
        "Condition of Table cannot be \"IsTest\" … Conditions",
    );
}

#[test]
fn invalid_conditions_are_reported() {
    for (condition, words) in [
        ("yes", "a condition must be Fn::Equals"),
        ("!Equals [a]", "a condition must be Fn::Equals"),
        ("!Condition B", "Condition cannot be B"),
        ("!Not [!Condition A]", "A is defined in terms of itself"),
        ("!Equals [!Ref Nobody, x]", "Nobody names neither"),
    ] {
        let source = with_sections(&format!("Conditions:\n  A: {condition}"));
        refused(&source, "  A: ", words);
    }
    refused_with(
        "NUMBER: 010",
        "NUMBER: !If [Nowhere, a, b]",
        "Fn::If cannot be \"Nowhere\" … Conditions",
    );
}

/// Without memory, thirty levels would take a billion steps.
#[test]
fn conditions_are_evaluated_once() {
    let steps =
        (0..30).map(|n| format!("\n  C{n}: !And [!Condition C{0}, !Condition C{0}]", n + 1));
    let sections = format!(
        "Conditions:{}\n  C30: !Equals [a, a]",
        steps.collect::<String>()
    );
    becomes(&sections, "!If [C0, yes, no]", "yes");
}

#[test]
fn lists_are_joined_split_and_selected_from() {
    becomes("", "!Join [\"-\", [a, !Ref Stage, 7]]", "a-dev-7");
    becomes("", "!Join [\"-\", !Split [\".\", a.b.c]]", "a-b-c");
    becomes("", "!Select [1, [a, b, c]]", "b");
    becomes("", "!Select [\"2\", !Split [\",\", \"x,y,z\"]]", "z");
    let wrong = changed("NUMBER: 010", "NUMBER: !Select [3, [a, b, c]]");
    refused(
        &wrong,
        "!Select",
        "the index of Fn::Select cannot be 3 … 3 values",
    );
    let wrong = changed("NUMBER: 010", "NUMBER: !Join [\"-\", a]");
    refused(&wrong, "!Join", "Fn::Join must be a list of values");
}

#[test]
fn text_is_encoded_and_zones_are_those_of_the_region() {
    becomes("", "!Base64 { Ref: Stage }", "ZGV2");
    becomes("", "!Select [1, !GetAZs '']", "us-east-1b");
    becomes(
        "",
        "!Join [',', !GetAZs sa-east-1]",
        "sa-east-1a,sa-east-1b,sa-east-1c",
    );
}

#[test]
fn mappings_are_looked_up() {
    let mappings = "Mappings:\n  Sizes:\n    dev: { Memory: 128 }\n    prod: { Memory: 512 }";
    becomes(mappings, "!FindInMap [Sizes, !Ref Stage, Memory]", "128");
    let wrong = changed("NUMBER: 010", "NUMBER: !FindInMap [Sizes, dev, Memory]");
    refused(
        &wrong,
        "!FindInMap",
        "Sizes.dev.Memory … Mappings has no such value",
    );
}
