//! Loops and rules for parameters in nested stacks, and in templates after the first.

use super::*;

const MAIN: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Actions: { Type: CommaDelimitedList, Default: 'join,leave' }
  Mode: { Type: String, Default: quiet }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Chat.Outputs.JoinArn } }
  Chat:
    Type: AWS::Serverless::Application
    Properties:
      Location: chat.yaml
      Parameters:
        Actions: !Ref Actions
        Mode: !Sub '${Mode}'
        Api: !Ref Api
";

const CHAT: &str = r"
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Globals: { Function: { Runtime: python3.12, Timeout: 9 } }
Parameters:
  Actions: { Type: CommaDelimitedList, AllowedValues: [join, leave] }
  Mode: { Type: String, AllowedPattern: '[a-z]+' }
  Api: { Type: String, AllowedValues: [any, other], Default: any }
Conditions:
  IsQuiet: !Equals [!Ref Mode, quiet]
Resources:
  Fn::ForEach::Functions:
    - Action
    - !Ref Actions
    - ${Action}Function:
        Type: AWS::Serverless::Function
        Condition: IsQuiet
        Properties:
          Handler: app.handler
          InlineCode: x
          Environment: { Variables: { ACTION: !Ref Action, ROWS: !Ref Rows, MODE: !Sub '${Mode}-${Action}' } }
  Rows: { Type: AWS::Serverless::SimpleTable }
Outputs:
  JoinArn: { Value: !GetAtt joinFunction.Arn }
  Fn::ForEach::Arns:
    - Action
    - !Ref Actions
    - ${Action}Name: { Value: !Ref '${Action}Function', Export: { Name: !Sub 'chat-${Action}' } }
";

fn project(main: &str, chat: &str, first: &[&str]) -> Result<Stack, Errors> {
    let folder = folder_with(&[("main.yaml", main), ("chat.yaml", chat)]);
    let files: Vec<_> = first.iter().map(|file| folder.path().join(file)).collect();
    load(&files, &Overrides::default())
}

#[track_caller]
fn nested_fails(main: &str, chat: &str, words: &str) {
    fails(project(main, chat, &["main.yaml"]), words);
}

#[test]
fn loops_of_a_nested_stack_make_its_resources() {
    let stack = project(MAIN, CHAT, &["main.yaml"]).unwrap();
    for (id, action) in [("ChatjoinFunction", "join"), ("ChatleaveFunction", "leave")] {
        let function = stack.function(id).unwrap();
        let variable = |name: &str| function.environment[name].clone();
        assert_eq!(variable("ACTION"), action);
        assert_eq!(variable("ROWS"), "local-ChatRows");
        assert_eq!(variable("MODE"), format!("quiet-{action}"));
        assert_eq!(function.timeout, Duration::from_secs(9), "from Globals");
    }
    let route = &stack.api.routes["$default"];
    assert_eq!(route.integration.function(), Some("ChatjoinFunction"));
}

#[test]
fn loops_of_a_second_template_make_its_resources_and_exports() {
    let main = r"
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Talk.Arn } }
  Talk:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      InlineCode: x
      Environment: { Variables: { LEAVE: !ImportValue chat-leave } }
";
    let chat = CHAT.replace("AllowedValues: [join, leave] }", "Default: 'join, leave' }");
    let chat = chat.replace("'[a-z]+'", "'[a-z]+', Default: quiet");
    let stack = project(main, &chat, &["main.yaml", "chat.yaml"]).unwrap();
    let leave = stack.function("chatleaveFunction").unwrap();
    assert_eq!(leave.timeout, Duration::from_secs(9));
    assert_eq!(
        stack.function("Talk").unwrap().environment["LEAVE"],
        leave.name
    );
}

#[test]
fn values_that_break_the_rules_of_a_nested_stack_are_refused_where_they_are_given() {
    let place =
        "main.yaml:18: the parameter Actions cannot be join,sing: it must be one of join, leave";
    nested_fails(&MAIN.replace("join,leave", "join,sing"), CHAT, place);
    let place = "main.yaml:19: the parameter Mode cannot be QUIET: it must match [a-z]+";
    nested_fails(
        &MAIN.replace("Default: quiet", "Default: QUIET"),
        CHAT,
        place,
    );
    // Of a resource, the value is not known when the stacks are joined.
    let place = "main.yaml:20: the parameter Api cannot be none: it must be one of any, other";
    nested_fails(&MAIN.replace("!Ref Api\n", "none\n"), CHAT, place);
    let place = "chat.yaml:6: the parameter Mode cannot be A: it must match [a-z]+";
    let main = MAIN.replace("        Mode: !Sub '${Mode}'\n", "");
    nested_fails(
        &main,
        &CHAT.replace("'[a-z]+'", "'[a-z]+', Default: A"),
        place,
    );
}

#[test]
fn a_nested_stack_with_loops_needs_the_transform() {
    let chat = CHAT.replace(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n",
        "",
    );
    let words = "chat.yaml:10: a template with Fn::ForEach::Functions needs the property Transform: AWS::LanguageExtensions";
    nested_fails(MAIN, &chat, words);
}
