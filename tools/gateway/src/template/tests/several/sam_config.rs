//! The settings of `samconfig.toml`, and the output of `sam build`.

use super::*;

const SETTINGS: &str = r#"
version = 0.1
[default.global.parameters]
stack_name = "chat"
[default.build.parameters]
template_file = "api.yaml"
build_dir = "built"
[default.deploy.parameters]
parameter_overrides = "Stage=\"test\" Data=settings Else=1"
[prod.deploy.parameters]
parameter_overrides = ["Stage=prod"]
"#;

#[test]
fn parameters_have_the_values_of_samconfig() {
    let folder = folder_with(&[("api.yaml", API), ("samconfig.toml", SETTINGS)]);
    let stack = loaded(&folder, &["api.yaml"], &[("Data", "given")]).unwrap();
    assert_eq!(stack.api.stage, "test");
    assert_eq!(rows(&stack), "given-rows");
    assert_eq!(stack.function("Talk").unwrap().environment["NAME"], "chat");
    let file = folder.path().join("samconfig.toml");
    let file = file.display();
    assert_eq!(
        stack.warnings[..2],
        [
            format!("{file}: parameter_overrides sets Stage"),
            format!("{file}: the template does not have the parameters Else"),
        ]
    );
    let overrides = Overrides {
        environment: Some("prod".into()),
        ..Overrides::default()
    };
    let files = locate(folder.path(), None).unwrap();
    assert_eq!(load(&files, &overrides).unwrap().api.stage, "prod");
}

#[test]
fn an_environment_that_samconfig_does_not_have_is_refused() {
    let folder = folder_with(&[
        ("api.yaml", API),
        ("samconfig.toml", SETTINGS),
        ("none/api.yaml", API),
    ]);
    let overrides = Overrides {
        environment: Some("staging".into()),
        ..Overrides::default()
    };
    for (file, words) in [
        (
            "api.yaml",
            "--config-env cannot be staging: the file has default and prod",
        ),
        (
            "none/api.yaml",
            "--config-env cannot be staging: there is no samconfig.toml",
        ),
    ] {
        fails(load(&[folder.path().join(file)], &overrides), words);
    }
}

#[test]
fn what_sam_has_built_is_found_in_its_folder() {
    let api = API.replace("InlineCode: x", "CodeUri: code");
    let api = api.replace("python3.12", "provided.al2023");
    let nested = "Resources:\n  Chat: { Type: AWS::Serverless::Application, Properties: { Location: chat/template.yaml } }\n";
    for (file, built, id) in [
        ("chat/template.yaml", "chat/.aws-sam/build/Talk", "Talk"),
        ("template.yaml", ".aws-sam/build/Chat/Talk", "ChatTalk"),
    ] {
        let bootstrap = format!("{built}/bootstrap");
        let folder = folder_with(&[
            ("template.yaml", nested),
            ("chat/template.yaml", &api),
            (&bootstrap, ""),
        ]);
        let stack = loaded(&folder, &[file], &[]).unwrap();
        let found = stack.function(id).unwrap().code.folder();
        assert_eq!(found, Some(&folder.path().join(built)));
    }
    let folder = folder_with(&[
        ("template.yaml", &api),
        ("samconfig.toml", SETTINGS),
        ("built/Talk/bootstrap", ""),
    ]);
    let stack = loaded(&folder, &["template.yaml"], &[]).unwrap();
    let found = stack.function("Talk").unwrap().code.folder();
    assert_eq!(found, Some(&folder.path().join("built/Talk")));
}
