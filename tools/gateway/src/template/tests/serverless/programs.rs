//! Services that are programs, and programs whose results are values.

use super::*;

#[test]
fn a_serverless_js_is_evaluated() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("chat.js", "");
    write("names.js", "module.exports.table = async () => 'rows';");
    write(
        "time.js",
        "module.exports = () => Math.round(performance.now() * 1e6);",
    );
    write(
        "serverless.js",
        "console.log('not part of it');\nmodule.exports = async () => ({ service: 's', provider: { name: 'aws', \
         runtime: 'nodejs20.x', environment: { TABLE: '${file(./names.js):table}', ONE: '${file(./time.js)}', TWO: '${file(./time.js)}' } }, functions: { talk: { handler: \
         'chat.f', events: [{ websocket: '$default' }] } } });",
    );
    let stack = load(
        &[folder.path().join("serverless.js")],
        &Overrides::default(),
    )
    .unwrap();
    assert_eq!(stack.functions[0].name, "s-dev-talk");
    assert_eq!(stack.functions[0].environment["TABLE"], "rows");
    let [one, two] = ["ONE", "TWO"].map(|name| &stack.functions[0].environment[name]);
    assert!(one.parse::<u64>().is_ok(), "{one}");
    assert_eq!(one, two, "a program is run once");

    write("serverless.js", "throw new Error('broken');");
    let errors = load(
        &[folder.path().join("serverless.js")],
        &Overrides::default(),
    )
    .unwrap_err();
    let errors = errors.to_string();
    assert!(
        errors.contains("Node.js cannot evaluate it") && errors.contains("broken"),
        "{errors}"
    );
}
