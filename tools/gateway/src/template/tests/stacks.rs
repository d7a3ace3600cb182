//! Nested stacks, whose templates are files beside the template.

use super::*;

const MAIN: &str = r#"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Prefix: { Type: String, Default: app }
Conditions:
  WithAdmin: !Equals [!Ref Prefix, other]
Globals:
  Function: { Runtime: provided.al2023, MemorySize: 512, CodeUri: outer }
Resources:
  Data:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: data/tables.yaml, Parameters: { Name: !Sub "${Prefix}-rows" } }
  Chat:
    Type: AWS::Serverless::Application
    DependsOn: Data
    Properties:
      Location: ./chat/template.yaml
      Parameters:
        Table: !GetAtt Data.Outputs.RowsName
        Names: "ana, bo"
  Admin:
    Type: AWS::Serverless::Application
    Condition: WithAdmin
    Properties: { Location: data/tables.yaml, Parameters: { Name: admin } }
  Away:
    Type: AWS::Serverless::Application
    Properties: { Location: { ApplicationId: "arn:aws:serverlessrepo:x", SemanticVersion: 1.0.0 } }
  Report:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          URL: !Sub "wss://${Chat.Outputs.ApiId}.execute-api.${AWS::Region}.amazonaws.com/${Chat.Outputs.Stage}"
          AWAY: !GetAtt Away.Outputs.Name
"#;

const TABLES: &str = r"
Parameters:
  Name: { Type: String }
Resources:
  Rows:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Ref Name
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
Outputs:
  RowsName: { Value: !Ref Rows }
";

const CHAT: &str = r#"
Parameters:
  Table: { Type: String }
  Names: { Type: CommaDelimitedList }
  Stage: { Type: String, Default: live }
Mappings:
  Settings: { live: { Timeout: 7 } }
Conditions:
  IsLive: !Equals [!Ref Stage, live]
Globals:
  Function:
    Runtime: python3.12
    Environment: { Variables: { TABLE: !Ref Table, SHARED: globals } }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: !Ref Stage
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Talk.Arn } }
  Talk:
    Type: AWS::Serverless::Function
    Condition: IsLive
    Properties:
      Handler: app.handler
      CodeUri: code
      Timeout: !FindInMap [Settings, !Ref Stage, Timeout]
      Environment:
        Variables:
          SHARED: own
          FIRST: !Select [0, !Ref Names]
          ALL: !Sub ["${Table}/${Stage}/${Api}/${own}/${!kept}", { own: !If [IsLive, yes it is, no] }]
Outputs:
  ApiId: { Value: !Ref Api }
  Stage: { Value: !Sub "${Stage}" }
"#;

fn project(files: &[(&str, &str)]) -> (TempDir, Result<Stack, Errors>) {
    let folder = folder_with(files);
    let stack = load_one(&folder, "template.yaml");
    (folder, stack)
}

fn all(chat: &str) -> (TempDir, Result<Stack, Errors>) {
    project(&[
        ("template.yaml", MAIN),
        ("data/tables.yaml", TABLES),
        ("chat/template.yaml", chat),
        ("chat/code/app.py", ""),
    ])
}

#[test]
fn resources_of_nested_stacks_are_part_of_the_template() {
    let (folder, stack) = all(CHAT);
    let stack = stack.unwrap();
    assert_eq!(stack.api.stage, "live");
    let default = &stack.api.routes["$default"].integration;
    assert_eq!(default.function(), Some("ChatTalk"));
    let tables: Vec<_> = stack.tables.iter().map(|table| &*table.name).collect();
    assert_eq!(tables, ["app-rows"], "Admin has a condition that is false");

    let talk = stack.function("ChatTalk").unwrap();
    let place = folder.path().join("./chat/code");
    assert_eq!(talk.code.folder(), Some(&place));
    assert_eq!(talk.timeout, Duration::from_secs(7));
    assert_eq!(talk.memory, 128, "Globals of the outer template");
    let variable = |name: &str| talk.environment[name].as_str();
    assert_eq!((variable("TABLE"), variable("SHARED")), ("app-rows", "own"));
    assert_eq!(variable("FIRST"), "ana");
    let all = format!("app-rows/live/{}/yes it is/${{kept}}", stack.api.id);
    assert_eq!(variable("ALL"), all);

    let report = stack.function("Report").unwrap();
    assert_eq!(report.memory, 512);
    let url = format!("wss://{}/live", stack.api.domain);
    assert_eq!(report.environment["URL"], url);
    let away = "the nested stack Away, whose template is not a file beside this one";
    warns(&stack, away);
    does_not_warn(&stack, "Chat");
}

#[test]
fn problems_in_a_nested_stack_name_its_file() {
    let (folder, stack) = all(&CHAT.replace("!GetAtt Talk.Arn", "!GetAtt Tal.Arn"));
    let place = folder.path().join("./chat/template.yaml:20: ");
    fails(stack, &place.to_string_lossy());

    let (_, stack) = all(&CHAT.replace("  ApiId:", "  Id:"));
    fails(stack, "the template of Chat has no output ApiId");

    let (_, stack) = all(&CHAT.replace("  Names: {", "  Key: { Type: String }\n  Names: {"));
    fails(stack, "Chat needs the property Parameters.Key");

    let (_, stack) = all("Resources: [");
    fails(stack, "chat/template.yaml:1: not a template");

    let (_, stack) = project(&[("template.yaml", MAIN)]);
    fails(
        stack,
        "template.yaml:10: the template of Data cannot be … data/tables.yaml",
    );
}

#[test]
fn stacks_that_contain_themselves_or_multiply_are_refused() {
    let itself = "Resources:\n  Again: { Type: AWS::Serverless::Application, Properties: { Location: template.yaml } }\n";
    let (_, stack) = project(&[("template.yaml", itself)]);
    fails(stack, "Again is defined in terms of itself");

    let circle = "Resources:\n  One: { Type: AWS::Serverless::Application, Properties: { Location: one.yaml, Parameters: { X: !GetAtt Two.Outputs.X } } }\n  \
                  Two: { Type: AWS::Serverless::Application, Properties: { Location: one.yaml, Parameters: { X: !GetAtt One.Outputs.X } } }\n";
    let one = "Parameters: { X: { Type: String } }\nResources: {}\nOutputs: { X: { Value: !Sub '${X}${X}' } }\n";
    let use_it = format!(
        "{circle}  F: {{ Type: AWS::Serverless::Function, Properties: {{ CodeUri: !GetAtt One.Outputs.X }} }}\n"
    );
    let (_, stack) = project(&[("template.yaml", &use_it), ("one.yaml", one)]);
    fails(stack, "is defined in terms of itself");
}

#[test]
fn nested_stacks_of_the_cdk_are_found_by_their_metadata() {
    let main = MAIN.replace(
        "      Location: ./chat/template.yaml\n",
        "      TemplateURL: !Sub https://s3.${AWS::URLSuffix}/hash.json\n",
    );
    let main = main.replace(
        "    DependsOn: Data\n",
        "    Metadata: { aws:asset:path: chat/template.yaml }\n",
    );
    let (_, stack) = project(&[
        ("template.yaml", &main),
        ("data/tables.yaml", TABLES),
        ("chat/template.yaml", CHAT),
        ("chat/code/app.py", ""),
    ]);
    assert!(stack.unwrap().function("ChatTalk").is_some());
}
