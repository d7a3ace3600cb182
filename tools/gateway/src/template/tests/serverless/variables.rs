//! Variables of a `serverless.yml`, and where their values come from.

use super::*;

/// The value of the variable MODE of the function `send`, or the problem.
fn mode(value: &str) -> Result<String, String> {
    let source = SERVERLESS.replace("${param:mode, 'plain'}", value);
    let stack = converted(&source).map_err(|e| e.to_string())?;
    let send = stack.function("SendLambdaFunction").unwrap();
    Ok(send.environment["MODE"].clone())
}

#[test]
fn variables_have_sources_and_defaults() {
    for (value, wanted) in [
        ("${self:custom.limits.0}", "5"),
        ("${file(more.yml):deep.name}", "found"),
        ("${opt:color, self:custom.color, 'blue'}", "blue"),
        ("${opt:region}-${aws:accountId}", "us-east-1-123456789012"),
        (
            "${self:custom.tables.${opt:which, 'connections'}}",
            "chat-dev-connections",
        ),
        ("a ${sls:stage} b", "a dev b"),
        ("${strToBool(${opt:on, '1'})}", "true"),
        ("${ssm:/key}", "ssm:/key"),
        ("${env:AWS_ACCOUNT_ID}", "123456789012"),
        ("${AWS::Region}", "${AWS::Region}"),
    ] {
        assert_eq!(mode(value).as_deref(), Ok(wanted), "{value}");
    }
}

#[test]
fn the_name_of_a_service_may_stand_in_a_mapping() {
    let source = SERVERLESS.replace("service: chat", "service: { name: chat }");
    let stack = converted(&source).unwrap();
    let send = stack.function("SendLambdaFunction").unwrap();
    assert_eq!(send.environment["TABLE"], "chat-dev-connections");
}

#[test]
fn a_stage_and_a_region_that_are_not_given_have_the_frameworks_defaults() {
    let source = SERVERLESS
        .replace("  stage: ${opt:stage, 'dev'}\n", "")
        .replace("${param:mode, 'plain'}", "${self:provider.region}");
    for (stage, wanted) in [
        (None, "chat-dev-connections"),
        (Some("qa"), "chat-qa-connections"),
    ] {
        let stack = read_beside_sources(&source, &staged(stage)).unwrap();
        let send = stack.function("SendLambdaFunction").unwrap();
        assert_eq!(send.environment["TABLE"], wanted);
        assert_eq!(send.environment["MODE"], "us-east-1");
    }
}

#[test]
fn references_of_the_plugin_for_pseudo_parameters_are_resolved() {
    let plugin = format!("{SERVERLESS}plugins: [serverless-pseudo-parameters]\n");
    for (value, wanted) in [
        ("rows-#{AWS::AccountId}", "rows-123456789012"),
        ("#{Connections}", "chat-dev-connections"),
        ("!Sub 'of-#{AWS::Region}'", "of-us-east-1"),
    ] {
        let value = if value.starts_with('!') {
            value.to_owned()
        } else {
            format!("\"{value}\"")
        };
        let source = plugin.replace("\"${param:mode, 'plain'}\"", &value);
        let stack = converted(&source).unwrap();
        let send = stack.function("SendLambdaFunction").unwrap();
        assert_eq!(send.environment["MODE"], wanted);
    }
    assert_eq!(mode("#{AWS::Region}").as_deref(), Ok("#{AWS::Region}"));
}

#[test]
fn parameters_are_those_of_the_stage_or_of_all_stages() {
    for (sections, wanted) in [
        (
            "params: { default: { mode: all }, dev: { mode: own } }",
            "own",
        ),
        (
            "params: { default: { mode: all }, prod: { mode: own } }",
            "all",
        ),
        (
            "stages: { default: { params: { mode: all } }, dev: { params: { mode: own } } }",
            "own",
        ),
        (
            "stages: { default: { params: { mode: all } }, prod: {} }",
            "all",
        ),
    ] {
        let source = format!("{SERVERLESS}{sections}\n");
        let stack = converted(&source).unwrap();
        let send = stack.function("SendLambdaFunction").unwrap();
        assert_eq!(send.environment["MODE"], wanted, "{sections}");
    }
}

#[test]
fn variables_without_a_value_are_reported_with_their_line() {
    let line = line_of(SERVERLESS, "param:mode");
    for (value, word) in [
        ("${self:custom.color}", "self:custom.color"),
        (
            "${opt:color}",
            "the variable opt:color has no value and no default",
        ),
        ("${opt:stage}", "pass --stage NAME"),
        (
            "${file(secrets.yml):key}",
            "no value and no default; there is no file secrets.yml beside the template",
        ),
        (
            "${self:functions.send.environment.MODE}",
            "defined in terms of itself",
        ),
    ] {
        let error = mode(value).unwrap_err();
        assert!(
            error.contains(&format!("serverless.yml:{line}: ")) && error.contains(word),
            "{value}: {error}"
        );
    }
    let none = "service: x\nprovider: { name: aws }\n";
    let error = converted(none).unwrap_err();
    assert!(
        error.to_string().contains("needs the property functions"),
        "{error}"
    );
}

/// What `${env:…}` gives with `.env` files beside a document with these lines, and the variables of the function.
fn with_dotenv(lines: &str) -> Result<Stack, Errors> {
    let environment = "environment: { KEY: '${env:DOTENV_KEY}', URL: '${env:DOTENV_URL}' }";
    let source =
        service("", lines).replace("nodejs20.x }", &format!("nodejs20.x, {environment} }}"));
    let files = [
        (
            ".env",
            "# keys\nexport DOTENV_KEY=plain\nDOTENV_HOST='a b'\nDOTENV_URL=\"http://${DOTENV_HOST}/\"\n",
        ),
        (".env.dev", "DOTENV_KEY=of-dev\n"),
    ];
    read_beside(&source, &files, &Overrides::default())
}

#[test]
fn variables_come_from_dotenv_files() {
    for lines in ["", "useDotenv: true\n", "frameworkVersion: ^4\n"] {
        let stack = with_dotenv(lines).unwrap();
        let environment = &stack.functions[0].environment;
        assert_eq!(environment["KEY"], "of-dev", "{lines}");
        assert_eq!(environment["URL"], "http://a b/", "{lines}");
        assert!(!environment.contains_key("DOTENV_HOST"), "{lines}");
    }
    let plugin = "frameworkVersion: '3'\nplugins: [serverless-dotenv-plugin]\n";
    let stack = with_dotenv(plugin).unwrap();
    assert_eq!(stack.functions[0].environment["DOTENV_HOST"], "a b");
}

#[test]
fn older_versions_of_the_framework_read_no_dotenv_files() {
    fails(with_dotenv("frameworkVersion: '3'\n"), "env:DOTENV_KEY");
    let source = service("", "frameworkVersion: '^3.38'\n");
    let stack = read_beside(&source, &[(".env", "A=1")], &Overrides::default()).unwrap();
    warns(&stack, "useDotenv: true");
}

#[test]
fn missing_variables_are_reported_with_the_way_to_set_them() {
    let source = service("", "")
        .replace("service: s", "service: ${opt:name}")
        .replace("nodejs20.x }", "nodejs20.x, stage: '${env:ABSENT_HERE}' }");
    let errors = converted(&source).unwrap_err().to_string();
    for remedy in [
        "pass --parameter name=VALUE",
        "set the environment variable ABSENT_HERE",
    ] {
        assert!(errors.contains(remedy), "{errors}");
    }
}

#[test]
fn only_the_missing_variable_is_reported_and_not_what_contains_it() {
    let lines = "custom:\n  files:\n    dev: dev.yml\n  settings: ${file(settings.yml)}\n";
    let value = "\"${env:NO_SUCH_VARIABLE} ${self:custom.settings.table.name} ${file(${self:custom.files.test}):mode}\"";
    let environment = format!("    environment:\n      MODE: {value}\n      SAME: {value}\n");
    let source = service(&environment, lines);
    let errors = converted(&source).unwrap_err().to_string();
    let (line, same) = (line_of(&source, "MODE"), line_of(&source, "SAME"));
    let wanted = [
        format!(
            "serverless.yml:{}: the variable file(settings.yml) has no value and no default; there is no file settings.yml \
             beside the template",
            line_of(&source, "settings:")
        ),
        format!(
            "serverless.yml:{line}: the variable env:NO_SUCH_VARIABLE has no value and no default; set the environment \
             variable NO_SUCH_VARIABLE, or write it to .env (also on line {same})"
        ),
        format!(
            "serverless.yml:{line}: the variable self:custom.files.test has no value and no default; custom.files has dev \
             (also on line {same})"
        ),
    ];
    for wanted in &wanted {
        assert!(errors.contains(wanted), "{wanted}: {errors}");
    }
    assert_eq!(errors.lines().count(), wanted.len(), "{errors}");
}

#[test]
fn the_command_line_has_values_of_what_is_on_aws() {
    let mode = |parameters: &[(&str, &str)]| {
        let source = SERVERLESS.replace("${param:mode, 'plain'}", "${ssm:/app/mode}");
        let stack = read_beside_sources(&source, &with_parameters(parameters)).unwrap();
        let send = stack.function("SendLambdaFunction").unwrap();
        (send.environment["MODE"].clone(), stack.warnings.join("\n"))
    };
    let (stand_in, warnings) = mode(&[]);
    assert_eq!(stand_in, "ssm:/app/mode");
    assert!(
        warnings.contains("pass --parameter ssm:/app/mode=VALUE"),
        "{warnings}"
    );
    assert_eq!(mode(&[("ssm:/app/mode", "dark")]).0, "dark");
}

#[test]
fn the_endpoint_of_the_service_itself_is_known() {
    let url = mode("${cf:chat-dev.ServiceEndpointWebsocket}/x").unwrap();
    let source = SERVERLESS.replace("${param:mode, 'plain'}", "x");
    let stack = converted(&source).unwrap();
    assert_eq!(url, format!("wss://{}/dev/x", stack.api.domain));
}

#[test]
fn values_of_a_file_may_refer_to_one_another_by_the_path_that_includes_it() {
    let source = "service: s\ncustom:\n  names: ${file(names.yml)}\nprovider: { name: aws, runtime: python3.12, stage: qa }\n\
                  functions:\n  talk:\n    handler: app.f\n    events: [{ websocket: $default }]\n    \
                  environment: { TABLE: \"${self:custom.names.table}\", CIRCLE: \"${self:custom.names.text}\" }\n";
    let names = "table: ${self:custom.names.prefix}-rows\nprefix: ${self:custom.names.${sls:stage}}\nqa: test\ntext: x\n";
    let folder = folder_with(&[("names.yml", names), ("app.py", "")]);
    let file = folder.path().join("serverless.yml");
    let stack = read(&file, source, &Overrides::default()).unwrap();
    assert_eq!(stack.functions[0].environment["TABLE"], "test-rows");

    let circle = names.replace("text: x", "text: ${self:custom.names.text}");
    write(&folder, "names.yml", &circle);
    fails(
        read(&file, source, &Overrides::default()),
        "is defined in terms of itself",
    );
}

#[test]
fn a_variable_needs_a_value_only_where_it_has_an_effect() {
    let source = SERVERLESS.replace(
        "provider:\n",
        "package: { artifact: \"${env:NOWHERE}\" }\nprovider:\n  deploymentBucket: ${env:NOWHERE}\n  \
         tags: { by: \"${opt:nobody}\" }\n",
    );
    let source = source.replace("custom:\n", "custom:\n  domain: ${env:NOWHERE}\n");
    assert_ne!(source, SERVERLESS);
    converted(&source).unwrap();
    let function = "  more:\n    handler: a.f\n    vpc: { subnetIds: [\"${env:NOWHERE}\"] }\n    events:\n      - websocket: more\n      \
                    - http: { path: /, method: get, authorizer: { arn: \"${env:NOWHERE}\" } }\n";
    let listed = format!("  -\n{}", function.replace("  ", "    "));
    for functions in [function, &listed] {
        let provider = "provider: { name: aws, runtime: nodejs20.x }";
        converted(&format!("service: s\n{provider}\nfunctions:\n{functions}")).unwrap();
    }
    let used = source.replace("${param:mode, 'plain'}", "${self:custom.domain}");
    let errors = converted(&used).unwrap_err().to_string();
    assert!(
        errors.contains("set the environment variable NOWHERE") && errors.lines().count() == 1,
        "{errors}"
    );
}

#[test]
fn problems_of_an_included_file_are_reported_where_it_is_included() {
    let source = service("", "  more: ${file(more-functions.yml)}\n");
    let files = [(
        "more-functions.yml",
        "\n\n\n\n\n\n\nhandler: src/none.f\nevents:\n  - websocket: none\n",
    )];
    let stack = read_beside(&source, &files, &Overrides::default()).unwrap();
    let place = format!("serverless.yml:{}: ", line_of(&source, "${file"));
    warns(&stack, &place);
}
