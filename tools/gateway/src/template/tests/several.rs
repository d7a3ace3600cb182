//! Several templates in one run, and folders that stand for them.

mod outputs;
mod sam_config;

use super::*;

const API: &str = r"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: { Type: String, Default: dev }
  Data: { Type: String, Default: data }
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: !Ref Stage
      RouteSelectionExpression: $request.body.action
      Routes: { $default: { FunctionArn: !GetAtt Talk.Arn } }
  Talk:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: app.handler
      InlineCode: x
      Environment:
        Variables:
          ROWS: !ImportValue { 'Fn::Sub': '${Data}-rows' }
          NAME: !Ref AWS::StackName
";

const DATA: &str = r"
Parameters:
  Stage: { Type: String, Default: live }
  Name: { Type: String }
Conditions:
  IsLive: !Equals [!Ref Stage, live]
Resources:
  Talk:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub '${Name}-${Stage}'
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
Outputs:
  Rows: { Value: !Ref Talk, Export: { Name: !Sub '${AWS::StackName}-rows' } }
  Gone: { Condition: IsTest, Value: !Ref Nothing, Export: { Name: gone } }
";

fn loaded(folder: &TempDir, files: &[&str], parameters: &[(&str, &str)]) -> Result<Stack, Errors> {
    let files: Vec<_> = files.iter().map(|file| folder.path().join(file)).collect();
    load(&files, &with_parameters(parameters))
}

#[track_caller]
fn rows(stack: &Stack) -> &str {
    &stack.function("Talk").unwrap().environment["ROWS"]
}

#[test]
fn exports_of_one_template_are_imports_of_the_other() {
    let folder = folder_with(&[("api.yaml", API), ("data.yaml", DATA)]);
    let both = ["api.yaml", "data.yaml"];
    let stack = loaded(&folder, &both, &[("Name", "all")]).unwrap();
    assert_eq!(rows(&stack), "all-live", "Stage has another default there");
    assert_eq!(stack.tables[0].logical_id, "dataTalk");
    assert_eq!(stack.function("Talk").unwrap().environment["NAME"], "local");
    assert_eq!(stack.warnings, [""; 0]);

    let stack = loaded(&folder, &both, &[("Name", "all"), ("Stage", "test")]).unwrap();
    assert_eq!(rows(&stack), "all-test");
    assert_eq!(stack.api.stage, "test");

    fails(
        loaded(&folder, &both, &[]),
        "data.yaml:4:  … --parameter Name=VALUE",
    );
}

#[test]
fn an_import_that_no_template_exports_is_remarked_with_the_exports() {
    let folder = folder_with(&[("api.yaml", API), ("data.yaml", DATA)]);
    let parameters = [("Name", "all"), ("Data", "other")];
    let stack = loaded(&folder, &["api.yaml", "data.yaml"], &parameters).unwrap();
    assert_eq!(rows(&stack), "other-rows");
    warns(&stack, "the stacks here export data-rows");
}

#[test]
fn the_stack_of_a_template_with_a_common_name_has_the_name_of_its_folder() {
    let files = [
        ("chat/template.yaml", API),
        ("data/template.yaml", DATA),
        ("more/data/template.yaml", DATA),
    ];
    let folder = folder_with(&files);
    let files = files.map(|(name, _)| name);
    let stack = loaded(&folder, &files, &[("Name", "all")]).unwrap();
    let tables: Vec<_> = stack
        .tables
        .iter()
        .map(|table| &*table.logical_id)
        .collect();
    assert_eq!(tables, ["dataTalk", "data2Talk"]);
    assert_eq!(rows(&stack), "all-live");
}

const ROUTES: &str = r"
Resources:
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action } }
  Join: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: $connect } }
Outputs:
  Id: { Value: !Ref Api, Export: { Name: api } }
";

const DEPLOYMENT: &str = r"
Resources:
  Snapshot: { Type: AWS::ApiGatewayV2::Deployment, Properties: { ApiId: !ImportValue api } }
  Live:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !ImportValue api, StageName: live, DeploymentId: !Ref Snapshot }
";

#[test]
fn a_deployment_in_a_stack_of_its_own_contains_the_routes_of_the_other() {
    let folder = folder_with(&[("api.yaml", ROUTES), ("live.yaml", DEPLOYMENT)]);
    let stack = loaded(&folder, &["api.yaml", "live.yaml"], &[]).unwrap();
    assert_eq!(stack.api.stage, "live");
    assert_eq!(stack.warnings, [""; 0]);
}

#[test]
fn exports_that_contain_one_another_are_refused() {
    let outputs = r"
Outputs:
  One: { Value: !ImportValue two, Export: { Name: data-rows } }
  Two: { Value: !ImportValue data-rows, Export: { Name: two } }
";
    fails(
        reading(&format!("{API}{outputs}")),
        "is defined in terms of itself",
    );
}

const MANIFEST: &str = r#"{"artifacts": {
  "Data.assets": { "type": "cdk:asset-manifest", "properties": { "file": "Data.assets.json" } },
  "Data": { "type": "aws:cloudformation:stack", "properties": { "templateFile": "Data.template.json" } },
  "Chat": { "type": "aws:cloudformation:stack", "properties": { "templateFile": "Chat.template.json" } }
}}"#;

#[test]
fn all_stacks_in_the_output_of_the_cdk_are_served() {
    let (api, data) = (
        API.replace(
            "'Fn::Sub': '${Data}-rows'",
            "'Fn::Join': ['', ['Data:', Rows]]",
        ),
        DATA.replace("!Sub '${AWS::StackName}-rows'", "Data:Rows"),
    );
    let folder = folder_with(&[
        ("cdk.json", "{}"),
        ("cdk.out/manifest.json", MANIFEST),
        ("cdk.out/Data.template.json", &data),
        ("cdk.out/Chat.template.json", &api),
    ]);
    for place in ["", "cdk.out"] {
        let files = locate(&folder.path().join(place), None).unwrap();
        let stack = load(&files, &with_parameters(&[("Name", "all")])).unwrap();
        let talk = stack.function("ChatTalk").unwrap();
        assert_eq!(talk.environment["ROWS"], "all-live");
    }
}

#[test]
fn the_only_stage_of_a_cdk_app_is_served_with_and_without_a_pipeline_that_deploys_it() {
    let stage = r#""Prod": { "type": "cdk:cloud-assembly", "properties": { "directoryName": "assembly-Prod" } }"#;
    let stack = |name: &str| {
        format!(
            r#""{name}": {{ "type": "aws:cloudformation:stack", "properties": {{ "templateFile": "{name}.json" }} }}"#
        )
    };
    let app = format!(r#"{{"artifacts": {{ {} , {stage} }}}}"#, stack("Pipeline"));
    let without_pipeline = format!(r#"{{"artifacts": {{ {stage} }}}}"#);
    let api =
        r#"{ "Type": "AWS::ApiGatewayV2::Api", "Properties": { "ProtocolType": "WEBSOCKET" } }"#;
    let api = format!(r#"{{ "Resources": {{ "Api": {api} }} }}"#);
    for (manifest, pipeline, wanted) in [
        (&app, "{}", "assembly-Prod/Chat.json"),
        (&without_pipeline, "{}", "assembly-Prod/Chat.json"),
        (&app, &*api, "Pipeline.json"),
    ] {
        let chat = format!(r#"{{"artifacts": {{ {} }}}}"#, stack("Chat"));
        let folder = folder_with(&[
            ("manifest.json", manifest),
            ("Pipeline.json", pipeline),
            ("assembly-Prod/manifest.json", &chat),
            ("assembly-Prod/Chat.json", &api),
        ]);
        let files = locate(folder.path(), None).unwrap();
        assert_eq!(files, [folder.path().join(wanted)]);
    }
    let endless = without_pipeline.replace("assembly-Prod", ".");
    let folder = folder_with(&[("manifest.json", &endless)]);
    fails(locate(folder.path(), None), "its stacks belong to stages");
}

#[test]
fn the_services_of_a_serverless_compose_are_served_together() {
    let folder = folder_with(&[
        (
            "serverless-compose.yml",
            "services:\n  api: { path: api, dependsOn: data }\n  data: { path: data }\n",
        ),
        ("api/serverless.yml", ""),
        ("data/template.yaml", ""),
    ]);
    let files = locate(folder.path(), None).unwrap();
    assert_eq!(
        files,
        ["api/serverless.yml", "data/template.yaml"].map(|file| folder.path().join(file))
    );
}

#[test]
fn a_template_that_the_serverless_framework_packaged_is_refused_with_the_remedy() {
    let packaged = API.replace("InlineCode: x", "CodeUri: s3://bucket/service.zip");
    let folder = folder_with(&[(".serverless/stack.yaml", &packaged)]);
    fails(
        loaded(&folder, &[".serverless/stack.yaml"], &[]),
        "is on S3; … pass the serverless.yml that it was made of",
    );
}

#[test]
fn a_folder_without_a_template_is_refused_with_the_remedy() {
    let stages = r#"{"artifacts": {
      "assembly-Test": { "type": "cdk:cloud-assembly", "properties": { "directoryName": "assembly-Test" } },
      "assembly-Prod": { "type": "cdk:cloud-assembly", "properties": { "directoryName": "assembly-Prod" } }
    }}"#;
    for (files, words) in [
        (&[("other.yaml", "")][..], "there is no template.yaml, "),
        (
            &[
                (
                    "infra/chat.json",
                    "{ \"Resources\": { \"A\": { \"Type\": \"AWS::SNS::Topic\" } } }",
                ),
                ("api/serverless.yml", ""),
            ],
            "there are templates elsewhere; pass one with --template: ",
        ),
        (
            &[("node_modules/a/template.yaml", ""), ("infra/main.tf", "")],
            "infra/main.tf is a Terraform configuration, which is not read; describe the API in a SAM or CloudFormation template",
        ),
        (&[("Pulumi.yaml", "")], "Pulumi.yaml is a Pulumi program, "),
        (&[("sst.json", "{}")], "sst.json is an SST app, "),
        (&[(".arc", "")], ".arc is an Architect app, "),
        (
            &[(".chalice/config.json", "{}"), ("app.py", "")],
            "this is a Chalice app; run `chalice package out` in it, and pass --template out/sam.json",
        ),
        (
            &[("serverless-compose.yml", "services: {}")],
            "serverless-compose.yml: it lists no services with a path",
        ),
        (
            &[("serverless-compose.yml", "services: { api: { path: api } }")],
            "/api has no template",
        ),
        (&[("cdk.json", "{}")], "run `npx cdk synth`"),
        (
            &[("manifest.json", "{")],
            "cannot read its manifest.json: line 1: ",
        ),
        (&[("manifest.json", "{}")], "lists no stacks"),
        (
            &[("manifest.json", stages)],
            "pass one of them with --template: ",
        ),
        (
            &[("samconfig.toml", "a = [")],
            "cannot read the settings of sam: ",
        ),
        (
            &[(
                "samconfig.toml",
                "[default.build.parameters]\ntemplate_file = \"gone.yaml\"",
            )],
            "samconfig.toml: template_file cannot be … gone.yaml: there is no such file; pass --template FILE",
        ),
    ] {
        let folder = folder_with(files);
        fails(locate(folder.path(), None), words);
    }
    let unfinished = folder_with(&[("cdk.out/error.txt", "")]);
    fails(
        locate(&unfinished.path().join("cdk.out"), None),
        "it has no manifest.json, which `npx cdk synth` writes at its end; run it again",
    );
    let error = locate(Path::new("nowhere.yaml"), None)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("nowhere.yaml: there is no such file; paths are relative to /"),
        "{error}"
    );
}
