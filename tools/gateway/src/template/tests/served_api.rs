//! `--api`: which of several WebSocket APIs is served.

use super::*;

const TWO: &str = r"
Resources:
  Chat:
    Type: AWS::ApiGatewayV2::Api
    Properties: { ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }
  Say:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Chat, RouteKey: say, Target: !Sub 'integrations/${ToTalk}' }
  ToTalk:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Chat
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations
  Live:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Chat, StageName: live, AutoDeploy: true }
  Game:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: play
      RouteSelectionExpression: $request.body.move
      Routes: { roll: { FunctionArn: !GetAtt Talk.Arn } }
  Talk:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs22.x
      Handler: index.handler
      InlineCode: x
      Environment: { Variables: { GAME: !Sub 'https://${Game}.execute-api.${AWS::Region}.amazonaws.com/play' } }
  TalkPermission:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: !Ref Talk, Principal: apigateway.amazonaws.com }
";

fn serving(source: &str, api: Option<&str>) -> Result<Stack, Errors> {
    let overrides = Overrides {
        api: api.map(Into::into),
        ..Overrides::default()
    };
    read(Path::new("stack/template.yaml"), source, &overrides)
}

#[test]
fn the_command_line_selects_one_of_several_apis() {
    for (api, stage, route, other) in [
        ("Chat", "live", "say", "Game"),
        ("Game", "play", "roll", "Chat"),
    ] {
        let stack = serving(TWO, Some(api)).unwrap();
        assert_eq!(stack.api.stage, stage);
        assert!(stack.api.routes.keys().eq([route]));
        warns(
            &stack,
            &format!("left out: the WebSocket API {other}; --api {other}"),
        );
    }
}

#[test]
fn an_api_is_selected_by_a_name_that_exists() {
    fails(
        serving(TWO, Some("chat")),
        "--api cannot be chat: the WebSocket APIs here are Chat and Game",
    );
    fails(
        serving(TWO, None),
        "there are 2 WebSocket APIs, Chat (stack/template.yaml:3) and Game (stack/template.yaml:18); select one, for \
         example with --api Chat",
    );
}

#[test]
fn an_api_without_a_stage_is_left_out_beside_one_that_has_a_stage() {
    let bare = "  Bare:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: { ProtocolType: WEBSOCKET, \
                RouteSelectionExpression: $request.body.action }\n";
    let source = replaced(WHOLE, "Outputs:\n", &format!("{bare}Outputs:\n"));
    let stack = reading(&source).unwrap();
    assert_eq!(stack.api.stage, "dev");
    remarked(&source, "  Bare:", "left out: the WebSocket API Bare");
}
