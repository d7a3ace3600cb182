//! `papagaio load`.

use anyhow::Result;

use super::server::Server;
use super::{FAILING, Folder, PASSING, SKIPPED};

#[tokio::test]
async fn a_load_counts_clients_and_measures_each_line_that_waits() -> Result<()> {
    let server = Server::start().await?;
    let url = server.url();
    let folder = Folder::with(&[
        ("a.wscat", PASSING),
        ("b.wscat", FAILING),
        ("c.wscat", SKIPPED),
    ])?;
    let load = async |file: &str| {
        let options = "--json --clients 7 --rate 200";
        folder
            .run(&format!("load {options} --url {url} {file}"))
            .await
    };
    let said = load("a.wscat").await?;
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out)?;
    assert_eq!(json["passed"], 7, "{json}");
    for (index, text) in ["$ wscat -c ws://127.0.0.1:3001/dev", "< oi"]
        .into_iter()
        .enumerate()
    {
        assert_eq!(json["lines"][index]["text"], text, "{json}");
        assert_eq!(json["lines"][index]["count"], 7, "{json}");
    }
    let said = load("b.wscat").await?;
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out)?;
    assert_eq!(
        json["failures"]["the text differs (b.wscat:3:1)"], 7,
        "{json}"
    );
    assert_eq!(json["lines"][1], serde_json::Value::Null, "{json}");
    let said = load("c.wscat").await?;
    said.ended(2, "line 2 needs a local stack: restart the gateway");
    Ok(())
}

#[tokio::test]
async fn each_client_of_a_load_has_a_number_and_ids_of_its_own() -> Result<()> {
    let server = Server::start().await?;
    let url = server.url();
    let text = "\
$ wscat -c ws://127.0.0.1:3001/dev
> echo {\"client\":<$client>,\"id\":\"<$uuid>\"}
< {\"client\":<2..5>,\"id\":\"<$uuid>\"}
";
    let folder = Folder::with(&[("a.wscat", text)])?;
    let options = "--json --clients 5 --rate 200";
    let said = folder
        .run(&format!("load {options} --url {url} a.wscat"))
        .await?;
    let json: serde_json::Value = serde_json::from_str(&said.out)?;
    assert_eq!(
        json["passed"], 4,
        "only the first client is not among 2 to 5: {json}"
    );
    Ok(())
}
