//! What a stage deploys, and which functions API Gateway may invoke.

use super::*;

#[test]
fn one_of_several_stages_is_served() {
    let other = "  Other:\n    Type: AWS::ApiGatewayV2::Stage\n    Properties: { ApiId: !Ref Api, StageName: other, \
                 AutoDeploy: true }\n";
    let source = format!("{WHOLE}{other}");
    let stage = |stage: Option<&str>| read(Path::new("t.yaml"), &source, &staged(stage));
    assert_eq!(stage(None).unwrap().api.stage, "live");
    assert_eq!(stage(Some("other")).unwrap().api.stage, "other");
    fails(stage(Some("third")), "the stages live, other");
    remarked(&source, "  Other:", "left out: the stage Other … --stage");
}

#[test]
fn a_permission_for_another_route_is_reported() {
    let source = |arn: &str| {
        changed(
            "Principal: apigateway.amazonaws.com }",
            &format!(
                "Principal: apigateway.amazonaws.com, SourceArn: !Sub \"arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:{arn}\" }}"
            ),
        )
    };
    for wide in ["${Api}/*", "${Api}/*/*", "*/*/*"] {
        assert_eq!(reading(&source(wide)).unwrap().warnings, [""; 0], "{wide}");
    }
    let elsewhere =
        source("${Api}/*").replace("${AWS::Region}:${AWS::AccountId}", "eu-west-1:012345678901");
    assert_eq!(reading(&elsewhere).unwrap().warnings, [""; 0]);
    for narrow in ["${Api}/*/$connect", "${Api}/other/*", "other/*"] {
        remarked(
            &source(narrow),
            "  Talk:",
            "SourceArn … AWS answers with 500",
        );
    }
}

#[test]
fn a_stage_without_a_deployment_is_refused() {
    let source = changed("      DeploymentId: !Ref Snapshot\n", "");
    refused(&source, "  Live:", "AutoDeploy: true … AWS serves nothing");
    let automatic = source.replace("StageName: live", "StageName: live\n      AutoDeploy: true");
    assert!(reading(&automatic).is_ok());
    let named = source.replace(
        "Properties: { ApiId: !Ref Api }",
        "Properties: { ApiId: !Ref Api, StageName: live }",
    );
    assert!(reading(&named).is_ok());
    refused(
        &without("Live").replace("${Live}", "live"),
        "  Api:",
        "Api has no stage: add an AWS::ApiGatewayV2::Stage with ApiId: !Ref Api",
    );
}

#[test]
fn a_route_that_may_be_deployed_too_late_is_reported() {
    let source = changed("DependsOn: [Connect, Hello]", "DependsOn: Connect");
    let stack = reading(&source).unwrap();
    assert_eq!(stack.warnings.len(), 1);
    warns(
        &stack,
        "the route Hello … Forbidden … DependsOn of Snapshot",
    );
}

/// CloudFormation accepts `WHOLE`, but not with a function of the API that refers to the stage.
#[test]
fn circular_dependencies_are_reported() {
    let source = changed(
        "      FunctionName: talk\n",
        "      FunctionName: talk\n      Environment: { Variables: { STAGE: !Sub \"${Live}\" } }\n",
    );
    let stack = reading(&source).unwrap();
    assert_eq!(stack.warnings.len(), 1);
    let circle = "template.yaml:7: circular dependency: Talk needs Live needs Snapshot needs Connect needs Guard needs \
                  Talk; CloudFormation refuses";
    warns(&stack, circle);
    let named = source.replace("!Sub \"${Live}\"", "live");
    assert_eq!(reading(&named).unwrap().warnings, [""; 0]);
}

#[test]
fn a_missing_permission_is_reported() {
    for source in [
        without("TalkPermission"),
        changed("Principal: apigateway", "Principal: events"),
    ] {
        remarked(&source, "  Talk:", "invoke Talk … the handshake with 500");
    }
    let by_arn = changed("FunctionName: !Ref Talk", "FunctionName: !GetAtt Talk.Arn");
    let role = "CredentialsArn: arn:aws:iam::123456789012:role/r";
    let by_role = without("TalkPermission").replace("IntegrationMethod: POST", role);
    for source in [by_arn, by_role] {
        assert_eq!(reading(&source).unwrap().warnings, [""; 0]);
    }
}
