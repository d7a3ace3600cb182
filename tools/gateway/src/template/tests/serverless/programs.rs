//! Services that are programs, and programs whose results are values.

use super::*;

#[test]
fn a_serverless_js_is_evaluated() {
    let folder = folder_with(&[
        ("chat.js", ""),
        ("names.js", "module.exports.table = async () => 'rows';"),
        (
            "time.js",
            "module.exports = () => Math.round(performance.now() * 1e6);",
        ),
    ]);
    write(
        &folder,
        "serverless.js",
        "console.log('not part of it');\nmodule.exports = async () => ({ service: 's', provider: { name: 'aws', \
         runtime: 'nodejs20.x', environment: { TABLE: '${file(./names.js):table}', ONE: '${file(./time.js)}', TWO: '${file(./time.js)}' } }, functions: { talk: { handler: \
         'chat.f', events: [{ websocket: '$default' }] } } });",
    );
    let stack = load_one(&folder, "serverless.js").unwrap();
    assert_eq!(stack.functions[0].name, "s-dev-talk");
    assert_eq!(stack.functions[0].environment["TABLE"], "rows");
    let [one, two] = ["ONE", "TWO"].map(|name| &stack.functions[0].environment[name]);
    assert!(one.parse::<u64>().is_ok(), "{one}");
    assert_eq!(one, two, "a program is run once");

    write(&folder, "serverless.js", "throw new Error('broken');");
    fails(
        load_one(&folder, "serverless.js"),
        "Node.js cannot evaluate it … broken",
    );
}
