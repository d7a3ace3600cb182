//! Mapping templates as text, and what they become.

use serde_json::json;

use super::*;

fn event() -> Json {
    json!({
        "requestContext": { "connectionId": "abc=", "connectedAt": 5, "identity": { "sourceIp": "::1" } },
        "stageVariables": { "table": "rows" },
        "headers": { "Host": "h", "Origin": "o" },
        "queryStringParameters": { "room": "lobby" },
    })
}

const BODY: &str =
    r#"{"text":"it's \"so\"","list":[{"n":1},{"n":2}],"MessageGroupId":"g","none":null}"#;

#[track_caller]
fn renders(template: &str, wanted: &str) {
    let parsed = Template::parse(template).unwrap();
    assert_eq!(
        parsed.render(&event(), BODY).as_deref(),
        Ok(wanted),
        "{template}"
    );
}

#[test]
fn references_are_replaced_by_their_values() {
    renders(
        "$context.connectionId at ${context.connectedAt}",
        "abc= at 5",
    );
    renders("$context.identity.sourceIp.", "::1.");
    renders(
        "$stageVariables.table, $stageVariables.get('table')",
        "rows, rows",
    );
    renders("$input.path('$.MessageGroupId')!", "g!");
    renders(
        "$input.path('$.list[0].n')$input.path(\"$['text']\")",
        "1it's \"so\"",
    );
    renders("$input.path('$.list[*].n')", "[1, 2]");
    renders("$input.json('$.list[0]')", r#"{"n":1}"#);
    renders("$input.json('$.absent')", "\"\"");
    renders("$input.body", BODY);
    renders("$context.absent|$input.path('$.absent')|$!absent|", "|||");
    // Not references.
    renders(
        "costs 5$, $, $unknown, ${unknown.x} and \\$default",
        "costs 5$, $, $unknown, ${unknown.x} and \\$default",
    );
}

#[test]
fn parameters_of_the_handshake_are_read() {
    renders("$input.params('room') $input.params('Origin')", "lobby o");
    renders("$input.params('absent')|", "|");
    renders(
        "$input.params().get('header'), $input.params().querystring.room",
        "{Host=h, Origin=o}, lobby",
    );
}

#[test]
fn text_is_encoded_for_its_place() {
    renders(
        "$util.escapeJavaScript($input.path('$.text'))",
        r#"it\'s \"so\""#,
    );
    renders(
        r#"$util.escapeJavaScript($input.path('$.text')).replaceAll("\\'","'")"#,
        r#"it's \"so\""#,
    );
    renders("$util.urlEncode($context.connectionId)", "abc%3D");
    renders("$util.base64Encode('a')$util.base64Decode('YQ==')", "YQ==a");
    renders("$util.urlDecode($util.urlEncode('a&b c'))", "a&b c");
    renders("$util.parseJson('{\"a\": [7]}').a[0]", "7");
}

#[test]
fn variables_are_set_and_used() {
    renders("#set($id = $context.connectionId)<$id>", "<abc=>");
    renders("#set ( $a = 'x' ) \r\n#set($b = \"$a ${a}\")\n$b", "x x");
    renders(
        "#set($q = '\"')$util.urlEncode(\"{\n${q}a${q}}\")",
        "%7B%0A%22a%22%7D",
    );
    renders("#set($ttl = $context.connectedAt + 86400)$ttl", "86405");
    renders("#set($a = 2 * (3 - 1) / 3 % 5)$a", "1");
    renders("#set($a = ['x', 'y'])$a[1] $a.size() $a.get(0)", "y 2 x");
}

#[test]
fn branches_and_loops_are_evaluated() {
    for (test, wanted) in [
        ("$input.path('$.text') == \"g\"", "no"),
        ("$input.path('$.MessageGroupId') == 'g' && 1 < 2", "yes"),
        ("!$input.path('$.absent')", "yes"),
        ("$input.path('$.none') || $absent", "no"),
        ("$input.path('$.list').size() >= 2", "yes"),
        ("$input.params('room').startsWith('lob')", "yes"),
    ] {
        renders(&format!("#if({test})yes#{{else}}no#end"), wanted);
    }
    renders("#if(false)a#elseif(true)b#else c#end", "b");
    renders(
        "[#foreach($item in $input.path('$.list')){\"n\": $item.n}#if($foreach.hasNext), #end#end]",
        "[{\"n\": 1}, {\"n\": 2}]",
    );
    renders(
        "#foreach($a in [1, 2])#foreach($b in [3, 4])$a$b#end$foreach.index #end",
        "13140 23241 ",
    );
    renders("a## a comment\nb#* another *#c #hash", "abc #hash");
}

#[test]
fn lines_that_hold_only_a_directive_leave_no_blank_line() {
    renders(
        "#if($context.connectedAt == 5) \r\nAction=Publish\n#elseif(false)\nno\n#else\nno\n#end\n",
        "Action=Publish\n",
    );
    renders(
        "#foreach($n in [1, 2])\n$n;\n#end\n#{if}(false)\nno\n#{else}\nyes\n#{end}\n.",
        "1;\n2;\nyes\n.",
    );
}

#[test]
fn other_constructs_are_refused() {
    let deep = "#if(true)".repeat(100);
    let nested = format!("#set($x = {}1)", "(".repeat(10_000));
    let chain = format!("#set($x = 1{})", "+1".repeat(10_000));
    let steps = format!("$a{}", ".b".repeat(10_000));
    for (template, wanted) in [
        ("#macro(x)#end", "#macro"),
        ("#if($a)x", "#if without #end"),
        ("x#end", "#end without"),
        ("#foreach($x of $y)$x#end", "#foreach($x of"),
        ("$util.parseXml($input.body).a", "$util.parseXml"),
        ("$input.path('$..a')", "$input.path('$..a')"),
        ("$input.path('$.a').stream()", "$input.path('$.a').stream"),
        ("#set($x.y = 1)", "#set($x.y"),
        (&deep, "directives nested deeper"),
        (&nested, "expressions nested deeper"),
        (&chain, "more than 100 operands"),
        (&steps, "$a with more than 100 steps"),
    ] {
        let refused = Template::parse(template).unwrap_err();
        assert!(refused.starts_with(wanted), "{refused}");
    }
}

#[test]
fn results_are_bounded() {
    for (template, wanted) in [
        (
            "#set($a = 'xxxxxxxx')#foreach($i in [1,2,3,4,5,6,7,8,9,10])#foreach($j in [1,2,3])#set($a = \"$a$a\")#end#end",
            "larger than 1 MB",
        ),
        (
            "#set($l = [1,2,3,4,5,6,7,8,9,10,11])#foreach($i in $l)#foreach($j in $l)#foreach($k in $l)x#end#end#end",
            "more than 1000 iterations",
        ),
    ] {
        let parsed = Template::parse(template).unwrap();
        let refused = parsed.render(&event(), BODY).unwrap_err();
        assert!(refused.contains(wanted), "{refused}");
    }
}

proptest::proptest! {
    #[test]
    fn templates_never_panic(template in r#"[#$!{}()\[\]a-z.,'"0-9+*/ =<&|\\]{0,80}"#, body in ".{0,40}") {
        if let Ok(parsed) = Template::parse(&template) {
            let _ = parsed.render(&event(), &body);
        }
    }
}
