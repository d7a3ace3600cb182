//! What routes lead to.

use super::*;

#[test]
fn stage_variables_stand_in_the_uri_of_an_integration() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:${!stageVariables.who}";
    let source = changed(
        "${Talk.Arn}/invocations\n      Timeout",
        &format!("{arn}/invocations\n      Timeout"),
    );
    let connect = &reading(&source).unwrap().api.routes["$connect"];
    assert_eq!(connect.integration.function(), Some("Talk"));
    let source = source.replace("who: talk", "who: walk");
    refused(
        &source,
        "      IntegrationUri",
        "no function here is called walk",
    );
}

#[test]
fn connect_needs_no_integration_and_other_routes_do() {
    let source = changed(
        "      Target: !Join [\"/\", [integrations, !Ref ToTalk]]\n",
        "",
    );
    let api = reading(&source).unwrap().api;
    assert!(!api.routes.contains_key("$connect") && api.access != Access::Open);
    let source = changed("      Target: !Sub integrations/${ToTalk}\n", "");
    refused(
        &source,
        "  Hello:",
        "the route hello-you needs the property Target",
    );
}

/// Only non-proxy integrations, which do not run here, validate messages against models.
#[test]
fn an_arn_in_place_of_a_uri_is_reported() {
    let source = changed(
        "!Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations\n      T",
        "!GetAtt Talk.Arn\n      T",
    );
    let stack = reading(&source).unwrap();
    assert_eq!(
        stack.api.routes["$connect"].integration.function(),
        Some("Talk")
    );
    warns(
        &stack,
        "is the ARN of a function; on AWS some such APIs answer 500",
    );
    let source = changed(
        "functions/${Talk.Arn}/invocations\n      T",
        "functions/x/invocations\n      T",
    );
    refused(
        &source,
        "      IntegrationUri",
        "expected the URI of a function, such as",
    );
}

#[test]
fn a_uri_may_name_any_region_and_account() {
    let source = changed(
        "!Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations\n      T",
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:talk/invocations\n      T",
    );
    let stack = reading(&source).unwrap();
    let function = stack.api.routes["$connect"].integration.function();
    assert_eq!(function, Some("Talk"));
}

#[test]
fn a_mock_integration_needs_no_backend() {
    let routes = |kind: &str| reading(&changed("AWS_PROXY", kind)).unwrap().api.routes;
    let passed_on = IntegrationResponse {
        statuses: None,
        template: None,
    };
    let mock = Integration::Mock(Mock {
        request: None,
        responses: vec![passed_on],
    });
    assert_eq!(routes("MOCK")["hello-you"].integration, mock);
}

#[test]
fn an_http_integration_has_a_url_and_parameters() {
    let http = |kind: &str, properties: &str| {
        let source = changed(
            "AWS_PROXY\n      IntegrationMethod: POST\n      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations",
            &format!("{kind}\n{properties}"),
        );
        reading(&source).map(|stack| {
            let hello = stack.api.routes["hello-you"].integration.clone();
            (hello, stack.warnings.join("\n"))
        })
    };
    let url = "      IntegrationUri: https://example.com/{room}\n";
    let parameters = "      IntegrationMethod: PUT\n      RequestParameters: { integration.request.path.room: route.request.body.to.room, \
                      integration.request.header.id: context.connectionId, integration.request.querystring.v: \"'1'\", \
                      integration.request.other.x: y }\n";
    let (found, warnings) = http("HTTP_PROXY", &format!("{url}{parameters}")).unwrap();
    let steps = |path: &str| path.split('.').map(ToOwned::to_owned).collect::<Vec<_>>();
    let request = HttpRequest {
        method: "PUT".to_owned(),
        url: "https://example.com/{room}".to_owned(),
        parameters: vec![
            (Target::Path("room".into()), Origin::Body(steps("to.room"))),
            (
                Target::Header("id".into()),
                Origin::Event(steps("requestContext.connectionId")),
            ),
            (Target::Query("v".into()), Origin::Static("1".into())),
        ],
        proxy: true,
    };
    let Integration::Service(service) = found else {
        panic!("{found:?}");
    };
    assert_eq!(service.action, Action::Http(request));
    assert!(
        warnings.contains("left out: the request parameter integration.request.other.x"),
        "{warnings}"
    );

    for (kind, properties, why) in [
        (
            "HTTP",
            "      ConnectionType: VPC_LINK\n      IntegrationUri: http://x/\n",
            "a VPC link is not reached",
        ),
        (
            "HTTP_PROXY",
            "      IntegrationUri: https://a.execute-api.us-east-1.amazonaws.com/\n",
            "is on AWS, which a local run does not reach",
        ),
        (
            "HTTP",
            "      IntegrationUri: https://ABC.lambda-url.eu-west-1.on.aws/\n",
            "is on AWS, which a local run does not reach",
        ),
        (
            "HTTP",
            "      IntegrationUri: http://x/\n      RequestTemplates: { $default: '#macro(a)1#end' }\n",
            "#macro in a mapping template is not evaluated",
        ),
    ] {
        let (found, warnings) = http(kind, properties).unwrap();
        assert!(matches!(found, Integration::Unsupported(_)), "{found:?}");
        let said = warnings.contains(why) && warnings.contains("answer \"Internal server error\"");
        assert!(said, "{warnings}");
    }
    for url in ["/relative", "ftp://x/", "example.com"] {
        fails(
            http("HTTP", &format!("      IntegrationUri: {url}\n")),
            "expected an http:// or https:// URL",
        );
    }
}

#[test]
fn an_integration_with_a_service_has_an_action_and_a_template() {
    let service = |uri: &str, more: &str| {
        let source = changed(
            "AWS_PROXY\n      IntegrationMethod: POST\n      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations",
            &format!("AWS\n      IntegrationUri: {uri}\n{more}"),
        );
        let stack = reading(&source).unwrap();
        let hello = stack.api.routes["hello-you"].integration.clone();
        (hello, stack.warnings.join("\n"))
    };
    let lambda = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:talk/invocations";
    let (event, _) = service(
        lambda,
        "      RequestParameters: { integration.request.header.X-Amz-Invocation-Type: \"'Event'\" }\n      \
         RequestTemplates: { other: x, $default: '$input.body' }\n",
    );
    let invoke = Service {
        action: Action::Invoke {
            function: "Talk".to_owned(),
            asynchronously: true,
        },
        request: Some(crate::mapping::Template::parse("$input.body").unwrap()),
        responses: vec![IntegrationResponse {
            statuses: None,
            template: None,
        }],
    };
    assert_eq!(event, Integration::Service(invoke));
    let (queue, _) = service(
        "arn:aws:apigateway:eu-west-1:sqs:path/123456789012/work",
        "",
    );
    let send = Action::Sqs {
        queue: Some("work".to_owned()),
    };
    assert!(
        matches!(&queue, Integration::Service(service) if service.action == send),
        "{queue:?}"
    );
    for (uri, more, why) in [
        (
            "arn:aws:apigateway:us-east-1:states:action/StartExecution",
            "",
            "the states integration (action/StartExecution) is not emulated",
        ),
        (
            lambda,
            "      RequestTemplates: { $default: '#macro(a)1#end' }\n",
            "#macro in a mapping template is not evaluated",
        ),
    ] {
        let (unsupported, warnings) = service(uri, more);
        assert!(matches!(unsupported, Integration::Unsupported(_)));
        assert!(warnings.contains(why), "{warnings}");
    }
}

#[test]
fn the_responses_of_an_integration_have_statuses_and_templates() {
    let responses = |response: &str| {
        let source =
            changed("AWS_PROXY", "MOCK").replace("IntegrationResponseKey: $default", response);
        let stack = reading(&source).unwrap();
        match stack.api.routes["hello-you"].integration.clone() {
            Integration::Mock(mock) => (mock.responses, stack.warnings.join("\n")),
            other => panic!("{other:?}"),
        }
    };
    let (found, _) = responses(
        r#"IntegrationResponseKey: /2\d\d/, ResponseTemplates: { "200": '{"id":"$context.connectionId"}' }"#,
    );
    let template = crate::mapping::Template::parse(r#"{"id":"$context.connectionId"}"#).unwrap();
    let wanted = IntegrationResponse {
        statuses: Some(r"2\d\d".to_owned()),
        template: Some(template),
    };
    assert_eq!(found, [wanted]);
    let (found, warnings) =
        responses("IntegrationResponseKey: $default, ResponseTemplates: { $default: '#parse(a)' }");
    assert_eq!((&found[0].statuses, &found[0].template), (&None, &None));
    assert!(
        warnings.contains("#parse in a mapping template is not evaluated"),
        "{warnings}"
    );
}
